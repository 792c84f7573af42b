"""More patience for nova's own tests, which poll for five seconds: too short on a machine that runs other tests, too."""
from nova.tests.functional import integrated_helpers

# The functions that poll. Others call these.
POLLS = ["_wait_for_server_parameter", "_wait_for_instance_action_event", "_wait_for_migration_status", "_wait_for_log"]
REPEATS = 8


def install():
    """Repeat each poll that ended without its result. Polls change nothing, and a passing one takes no longer."""
    for name in POLLS:
        poll = getattr(integrated_helpers.InstanceHelperMixin, name)
        setattr(integrated_helpers.InstanceHelperMixin, name, _patient(poll))


def _patient(poll):
    def patient(*args, **kwargs):
        for _ in range(REPEATS - 1):
            try:
                return poll(*args, **kwargs)
            except AssertionError:
                pass
        return poll(*args, **kwargs)

    return patient
