"""A live migration that fails has the same end and the same reasons in the log as in nova."""
from unittest import mock

import regressions
from nova.compute import instance_actions, power_state
from nova.conductor import manager
from nova.tests.functional import test_servers as nova_servers


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


class RefusedClaim(nova_servers.ServerMovingTestsFromFlatToNested):
    """Placement's reason for a refused claim is in nova's log, as in nova."""

    test_force_evacuate_from_flat_to_nested = None

    def test_force_live_migrate_from_flat_to_nested(self):
        """nova's test ends with its own text of NoValidHost, for which the rules have another one."""
        ended = self.assertRaises(AssertionError, super().test_force_live_migrate_from_flat_to_nested)
        self.assertIn("There is not enough capacity on the host for the instance", str(ended))
        self.assertIn("Unable to allocate inventory: Inventory for 'CUSTOM_MAGIC'", self.stdlog.logger.output)
        self.assertIn("Unable to claim resources on the forced host", self.stdlog.logger.output)
