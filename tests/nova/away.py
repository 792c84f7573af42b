"""The runner or Placement cannot be reached: nova behaves as without Placement or, if configured, moves the allocations
itself. What the runner has begun it ends when it is back, also if nova has given up by then."""
import time
from unittest import mock

import nova.conf
import regressions
import environment
from nova.compute import instance_actions
from swaparoo_nova.cold_adapter import ColdMigrationAdapter

CONF = nova.conf.CONF


class _Away(regressions.LiveServerKeeps):
    test_cold_migration_without_a_host = None
    test_live_migration_without_a_host = None

    def until_it_holds(self, server, before):
        """Wait until the server holds what it held, and no other consumer holds anything."""
        until = time.monotonic() + 180
        while True:
            try:
                return self._holds_as_before(server, before)
            except AssertionError:
                if time.monotonic() > until:
                    raise
            time.sleep(0.5)

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
        self._assert_resize_migrate_action_fail(self.server, instance_actions.MIGRATE, "not_begun")
        self._holds_as_before(self.server, {self.source: [self.server["id"]], self.target: []})
        self.assertEqual("ACTIVE", self.admin_api.get_server(self.server["id"])["status"])
        self.assertEqual(unavailable + 1, self.installed.moves.unavailable + self.installed.tasks.unavailable)

    def test_a_live_migration_does_not_begin_and_the_server_stays_active(self):
        self.set_up()
        self.api.post_server_action(self.server["id"], {"os-migrateLive": {"host": None, "block_migration": "auto"}})
        self._wait_for_action_fail_completion(
            self.server, instance_actions.LIVE_MIGRATION, "conductor_live_migrate_instance"
        )
        self._wait_for_migration_status(self.server, ["error"])
        self._holds_as_before(self.server, {self.source: [self.server["id"]], self.target: []})
        self.assertEqual("ACTIVE", self.admin_api.get_server(self.server["id"])["status"])

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


class GivenUp(_Away):
    """The runner dies during a migration, and comes back after nova has given the migration up."""

    def set_up(self):
        self.installed = environment.current.installed
        # The other tests' second is too short for a runner that must still work here.
        self.set_options(timeout=10)
        self.addCleanup(self.installed.forget)
        self.addCleanup(environment.current.service.start)
        self.server, self.source, self.target = self._create_server()

    def migrates_in_vain(self, traceback):
        self.api.post_server_action(self.server["id"], {"migrate": None})
        self._assert_resize_migrate_action_fail(self.server, instance_actions.MIGRATE, traceback)
        environment.current.service.start()
        self.until_it_holds(self.server, {self.source: [self.server["id"]], self.target: []})

    def test_what_it_was_giving_back_is_given_back(self):
        self.set_up()
        self._disable_target_host(self.target)
        kill = mock.Mock(side_effect=environment.current.service.kill)
        environment.current.front.interrupt(2, True, kill)
        self.addCleanup(environment.current.front.go_on)
        self.migrates_in_vain("not_begun" if CONF.swaparoo.tasks else "NoValidHost")
        kill.assert_called_once()


class GivenUpTask(GivenUp):
    """The same with `tasks = true`, after a host was claimed."""

    test_what_it_was_giving_back_is_given_back = None

    def test_a_claim_is_taken_back_and_the_record_has_ended(self):
        self.set_up()
        select = ColdMigrationAdapter.select_destinations
        killed = []

        def killed_inside(adapter, effect):
            reply = select(adapter, effect)
            environment.current.service.kill()
            killed.append(reply)
            return reply

        with mock.patch.object(ColdMigrationAdapter, "select_destinations", killed_inside):
            self.migrates_in_vain("not_begun")
        self.assertEqual(1, len(killed))
        self._wait_for_migration_status(self.server, ["error"])
        # And nothing is left in the way of the next one.
        self.set_options(timeout=30)
        self._migrate_server(self.server)


class PlacementAway(_Away):
    """A proxy in front of Placement answers writes with 504, longer than the attempts of one move."""

    def test_what_a_record_holds_is_given_back_afterwards(self):
        self.server, self.source, self.target = self._create_server()
        self._disable_target_host(self.target)
        environment.current.front.lose(first=2, last=7)
        self.addCleanup(environment.current.front.go_on)
        self.api.post_server_action(self.server["id"], {"migrate": None})
        self._assert_resize_migrate_action_fail(self.server, instance_actions.MIGRATE, "NoValidHost")
        self._holds_as_before(self.server, {self.source: [self.server["id"]], self.target: []})
