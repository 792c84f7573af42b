"""`move.py URL SOURCE TARGET`: zun's own client moves a consumer's allocations in the Placement at URL.

Only the adapter is made here, as zun makes it, since its session needs a Keystone. Prints what `move_allocations` returns, or the name of its exception.
"""
import sys

from keystoneauth1 import session, token_endpoint
from keystoneauth1.loading import adapter

from zun.common import clients, context
from zun.scheduler.client import report

url, source, target = sys.argv[1:]


def placement(self):
    auth = token_endpoint.Token(url, "admin")
    return adapter.Adapter().load_from_options(session=session.Session(), auth=auth), {"service_type": "placement"}


clients.OpenStackClients.placement = placement
admin = context.get_admin_context()
client = report.SchedulerReportClient(admin)
try:
    print(client.move_allocations(admin, source, target))
except Exception as error:
    print(type(error).__name__)
