"""nova's three tests of bug 1848343, with the correct end: no allocations of a deleted server are left. Also the case
that the bug's first fix broke: a live server whose migration finds no host keeps its allocations.
"""
from nova.compute import instance_actions
from nova.tests.functional.regressions import test_bug_1848343 as nova_1848343


class NothingIsLeft(nova_1848343.DeletedServerAllocationRevertTest):
    """nova's three ways to delete a server during its migration."""

    def _assert_no_allocations(self, server):
        held = {}
        for provider in self._get_all_providers():
            allocations = self._get_allocations_by_provider_uuid(provider["uuid"])
            if allocations:
                held[provider["name"]] = allocations
        self.assertEqual({}, held, "server %s is gone, and these are still held" % server["id"])


class LiveServerKeeps(nova_1848343.DeletedServerAllocationRevertTest):
    """No host is found for an existing server: it keeps its allocations on its own host, and there are no others."""

    # nova's own three tests run above.
    test_migration_task_rollback = None
    test_live_migration_task_rollback = None
    test_migrate_on_compute_fail = None

    def _holds_as_before(self, server, before):
        after = {
            provider["name"]: self._get_allocations_by_provider_uuid(provider["uuid"])
            for provider in self._get_all_providers()
        }
        self.assertEqual(before, {name: sorted(held) for name, held in after.items()})
        self.assertFlavorMatchesAllocation(
            server["flavor"], server["id"], self._get_provider_uuid_by_host(server["OS-EXT-SRV-ATTR:host"])
        )

    def _server_without_a_way_out(self):
        server, source, target = self._create_server()
        self._disable_target_host(target)
        return server, {source: [server["id"]], target: []}

    def test_cold_migration_without_a_host(self):
        server, before = self._server_without_a_way_out()
        self.api.post_server_action(server["id"], {"migrate": None})
        self._assert_resize_migrate_action_fail(server, instance_actions.MIGRATE, "NoValidHost")
        self._holds_as_before(server, before)

    def test_live_migration_without_a_host(self):
        server, before = self._server_without_a_way_out()
        self.api.post_server_action(server["id"], {"os-migrateLive": {"host": None, "block_migration": "auto"}})
        self._wait_for_action_fail_completion(
            server, instance_actions.LIVE_MIGRATION, "conductor_live_migrate_instance"
        )
        self._holds_as_before(server, before)
