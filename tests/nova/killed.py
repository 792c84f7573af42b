"""The runner is killed at the critical moments of a migration, and restarted: the end is correct."""
import threading

import regressions
import environment


class _Killed:
    def kill_at_write(self, nth, before):
        """Kill the runner at its nth write from now: before Placement receives it, or before the answer is sent."""
        front, service = environment.current.front, environment.current.service
        self.kills = 0

        def kill():
            self.kills += 1
            service.kill()
            threading.Timer(0.5, service.start).start()

        front.interrupt(nth, before, kill)
        self.addCleanup(lambda: self.assertEqual(1, self.kills, "the runner was to be killed once"))


class Swap(_Killed, regressions.LiveServerKeeps):
    """During the swap to the migration record: the migration continues normally."""

    test_cold_migration_without_a_host = None
    test_live_migration_without_a_host = None

    def _resizes(self, before):
        server, source, target = self._create_server()
        held = self._get_allocations_by_server_uuid(server["id"])
        self.kill_at_write(1, before)
        self._migrate_server(server)
        migration = self.get_migration_uuid_for_instance(server["id"])
        taken = self._get_allocations_by_server_uuid(migration)
        self.assertEqual(_resources(held), _resources(taken))
        self._confirm_resize(server)
        self.assertEqual({}, self._get_allocations_by_server_uuid(migration))
        now = self._get_allocations_by_server_uuid(server["id"])
        self.assertEqual([self._get_provider_uuid_by_host(target)], list(now))

    def test_killed_before_the_swap_is_done(self):
        self._resizes(before=True)

    def test_killed_before_the_swap_is_heard_of(self):
        self._resizes(before=False)


class GiveBack(_Killed, regressions.LiveServerKeeps):
    """While a live server's allocations are restored."""

    test_cold_migration_without_a_host = None
    test_live_migration_without_a_host = None

    def test_killed_before_it_is_given_back(self):
        self.kill_at_write(2, before=True)
        super().test_cold_migration_without_a_host()

    def test_killed_before_that_is_heard_of(self):
        self.kill_at_write(2, before=False)
        super().test_live_migration_without_a_host()


class Drop(_Killed, regressions.NothingIsLeft):
    """While the allocations of a deleted server are removed."""

    def test_migration_task_rollback(self):
        self.kill_at_write(2, before=True)
        super().test_migration_task_rollback()

    def test_live_migration_task_rollback(self):
        self.kill_at_write(2, before=False)
        super().test_live_migration_task_rollback()

    def test_migrate_on_compute_fail(self):
        self.kill_at_write(2, before=False)
        super().test_migrate_on_compute_fail()


def _resources(allocations):
    return {provider: held["resources"] for provider, held in allocations.items()}
