"""`migration_task.py PLACEMENT_URL TOKEN NODE SERVER MIGRATION`: nova 34's own MigrationTask, up to NoValidHost.

nova's task, its report client and its rollback are the real ones, configured by nova's options. The records of nova's
database are fakes, and the scheduler finds no host. Prints the exception of the conductor, and the status that the
migration record was saved with, as JSON.
"""
import json
import sys
import tempfile
from unittest import mock

import nova.conf
from nova import context, exception, objects
from nova.conductor.tasks import migrate

CONF = """\
[placement]
auth_type = admin_token
endpoint = {url}
token = {token}
endpoint_override = {url}
"""


class Task(migrate.MigrationTask):
    """Starts at the migration record, since the code before it uses no allocations."""

    def _execute(self):
        self._preallocate_migration()
        raise exception.NoValidHost(reason="")


def main(url, token, node, server, migration):
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(CONF.format(url=url, token=token))
        file.flush()
        nova.conf.CONF([], project="nova", default_config_files=[file.name])
    objects.register_all()
    record = mock.Mock(uuid=migration, status="pre-migrating")
    instance = mock.MagicMock(uuid=server, host="source", node="source")
    task = Task(context.get_admin_context(), instance, instance.flavor, None, None, None, None, None, None, None)
    with mock.patch.object(objects.MigrationList, "get_by_filters", return_value=mock.Mock(objects=[record])), \
            mock.patch.object(objects.ComputeNode, "get_by_host_and_nodename", return_value=mock.Mock(uuid=node)):
        try:
            task.execute()
            raised = None
        except Exception as error:  # any exception that nova would raise
            raised = type(error).__name__
    print(json.dumps({"raised": raised, "status": record.status}))


main(*sys.argv[1:])
