"""`nova_moves.py URL TOKEN MOVES`: nova's own client moves a server's allocations back and forth.

It is configured by nova's options in a file, like nova-conductor's client. Logging keeps Python's defaults, which cost
less than the setup of nova's services.
"""
import sys
import tempfile

import nova.conf
from nova import context
from nova.scheduler.client import report as nova_report

import to_and_fro

CONF = """\
[placement]
auth_type = admin_token
endpoint = {url}
token = {token}
endpoint_override = {url}
"""


def main(url, token, moves):
    client, admin = configured(url, token), context.get_admin_context()

    def move(source, target):
        moved = client.move_allocations(admin, source, target)
        if moved is not True:
            sys.exit(f"nova's client did not move {source} to {target}: it returned {moved}")

    _, server, migration = to_and_fro.scene(url, token)
    to_and_fro.report(move, server, migration, int(moves))


def configured(url, token):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(CONF.format(url=url, token=token))
        file.flush()
        nova.conf.CONF([], project="nova", default_config_files=[file.name])
    return nova_report.SchedulerReportClient()


main(*sys.argv[1:])
