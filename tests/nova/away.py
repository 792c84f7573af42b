"""The runner cannot be reached: nova behaves as without Placement or, if configured, moves the allocations itself."""
import nova.conf
import regressions
import environment
from nova.compute import instance_actions

CONF = nova.conf.CONF


class _Away(regressions.LiveServerKeeps):
    test_cold_migration_without_a_host = None
    test_live_migration_without_a_host = None

    def set_up(self, **options):
        """Make the runner unreachable, with a short timeout."""
        self.installed = environment.current.installed
        self.set_options(timeout=1, **options)
        self.addCleanup(self.installed.forget)
        self.server, self.source, self.target = self._create_server()
        environment.current.service.kill()
        self.addCleanup(environment.current.service.start)

    def set_options(self, **options):
        for name, value in options.items():
            self.addCleanup(CONF.set_default, name, CONF.swaparoo[name], group="swaparoo")
            CONF.set_default(name, value, group="swaparoo")
        self.installed.forget()


class AsWithoutPlacement(_Away):
    """`fallback = fail`, the default."""

    def test_a_migration_does_not_begin(self):
        self.set_up()
        unavailable = self.installed.moves.unavailable + self.installed.tasks.unavailable
        self.api.post_server_action(self.server["id"], {"migrate": None})
        self._assert_resize_migrate_action_fail(self.server, instance_actions.MIGRATE, "ConnectFailure")
        self._holds_as_before(self.server, {self.source: [self.server["id"]], self.target: []})
        self.assertEqual("ACTIVE", self.admin_api.get_server(self.server["id"])["status"])
        self.assertEqual(unavailable + 1, self.installed.moves.unavailable + self.installed.tasks.unavailable)

    def test_nothing_is_given_back_when_it_dies(self):
        """As in nova, which logs it; the migration record keeps the allocations, and `swaparoo audit` finds them."""
        self.set_up()
        environment.current.service.start()
        # A second is too short for a runner that works on a busy machine.
        self.set_options(timeout=30)
        self._migrate_server(self.server)
        environment.current.service.kill()
        self.set_options(timeout=1)
        self.api.post_server_action(self.server["id"], {"revertResize": None})
        self._wait_for_server_parameter(
            self.server, {"OS-EXT-SRV-ATTR:host": self.source, "status": "ACTIVE"}, max_retries=30
        )
        migration = self.get_migration_uuid_for_instance(self.server["id"])
        self.assertEqual(
            [self._get_provider_uuid_by_host(self.source)], list(self._get_allocations_by_server_uuid(migration))
        )


class ByNova(_Away):
    """`fallback = nova`."""

    def test_nova_migrates_by_itself_and_says_so(self):
        self.set_up(fallback="nova")
        before = self.installed.moves.fallbacks + self.installed.tasks.fallbacks
        self._migrate_server(self.server)
        self.assertGreater(self.installed.moves.fallbacks + self.installed.tasks.fallbacks, before)
        self._confirm_resize(self.server)
        held = self._get_allocations_by_server_uuid(self.server["id"])
        self.assertEqual([self._get_provider_uuid_by_host(self.target)], list(held))
