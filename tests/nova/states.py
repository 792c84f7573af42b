"""A live migration that the rules refuse has the same end as in nova: a server that nova would leave alone stays as it is."""
from unittest import mock

import regressions
from nova.compute import instance_actions, power_state
from nova.conductor import manager


class KeepsItsState(regressions.LiveServerKeeps):
    """nova's exceptions have nova's classes, by which the conductor decides."""

    test_cold_migration_without_a_host = None
    test_live_migration_without_a_host = None

    def test_a_server_that_was_shut_off_meanwhile_is_not_set_to_error(self):
        server, source, target = self._create_server()
        build = manager.ComputeTaskManager._build_live_migrate_task

        def shut_off(conductor, context, instance, *args, **kwargs):
            instance.power_state = power_state.SHUTDOWN
            return build(conductor, context, instance, *args, **kwargs)

        with mock.patch.object(manager.ComputeTaskManager, "_build_live_migrate_task", shut_off):
            self.api.post_server_action(server["id"], {"os-migrateLive": {"host": None, "block_migration": "auto"}})
            self._wait_for_action_fail_completion(
                server, instance_actions.LIVE_MIGRATION, "conductor_live_migrate_instance"
            )
        self._wait_for_migration_status(server, ["error"])
        self.assertEqual("ACTIVE", self.admin_api.get_server(server["id"])["status"])
        self._holds_as_before(server, {source: [server["id"]], target: []})
