"""The runner is killed in the middle of a migration, at its worst moments, and started again: the end is right."""
import threading

import regressions
import stage

# nova's tests wait for some ten seconds; a runner that is started again may take some of them, so they wait so often.
WAITS = 4


class _Killed:
    def kill_at_write(self, nth, before):
        """At the runner's nth write from now on: before Placement sees it, or when it has done it and nobody hears."""
        front, service = stage.current.front, stage.current.service
        self.kills = 0

        def kill():
            self.kills += 1
            service.kill()
            threading.Timer(0.5, service.start).start()

        front.interrupt(nth, before, kill)
        self.addCleanup(lambda: self.assertEqual(1, self.kills, "the runner was to be killed once"))

    def _wait_for_server_parameter(self, *args, **kwargs):
        return self._patiently(super()._wait_for_server_parameter, *args, **kwargs)

    def _wait_for_instance_action_event(self, *args, **kwargs):
        return self._patiently(super()._wait_for_instance_action_event, *args, **kwargs)

    def _patiently(self, wait, *args, **kwargs):
        for _ in range(WAITS - 1):
            try:
                return wait(*args, **kwargs)
            except self.failureException:
                pass
        return wait(*args, **kwargs)


class Swap(_Killed, regressions.LiveServerKeeps):
    """While the migration record is given the server's allocations: all goes on as if nothing had been."""

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
    """While a live server is given its own back."""

    test_cold_migration_without_a_host = None
    test_live_migration_without_a_host = None

    def test_killed_before_it_is_given_back(self):
        self.kill_at_write(2, before=True)
        super().test_cold_migration_without_a_host()

    def test_killed_before_that_is_heard_of(self):
        self.kill_at_write(2, before=False)
        super().test_live_migration_without_a_host()


class Drop(_Killed, regressions.NothingIsLeft):
    """While nobody is to hold anything any more of a server that is gone."""

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
