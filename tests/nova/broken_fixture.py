"""What the tests of nova with a broken runner share."""
import tempfile
import types
import unittest
from pathlib import Path
from unittest import mock

from broken_answers import over
from broken_runner import BrokenRunner
from nova import objects
from swaparoo_nova import call, runner
from swaparoo_nova.config import Settings
from swaparoo_nova.runner import Runner


class RecordingRunner:
    """A Runner that stores the exceptions that it raised."""

    def __init__(self, **settings):
        self._runner = Runner(Settings(**{"timeout": 0.6, "task_timeout": 1.5, **settings}))
        self.settings = self._runner.settings
        self.raised = None

    def run(self, *args):
        try:
            return self._runner.run(*args)
        except BaseException as error:
            self.raised = error
            raise


class BrokenRunnerTest(unittest.TestCase):
    """Starts broken runners, and nova's side of them with short timeouts."""

    def setUp(self):
        over.clear()
        self.addCleanup(over.set)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        # The time for a complete answer, in addition to the runner's own wait.
        self.patch(call, "MARGIN_SECONDS", 0.4)
        self.patch(runner, "MOST_QUESTIONS", 20)
        # nova answers the runner's questions.
        objects.register_all()
        flavor = objects.Flavor(vcpus=1, memory_mb=512, root_gb=1, ephemeral_gb=0, swap=0, extra_specs={})
        there = types.SimpleNamespace(
            deleted=False, host="compute-1", node="node-1", vm_state="active", task_state=None, flavor=flavor)
        self.patch(objects.Instance, "get_by_uuid", lambda *args, **kwargs: there)

    def patch(self, *args):
        patched = mock.patch.object(*args)
        patched.start()
        self.addCleanup(patched.stop)

    def runner(self, behave, path=None):
        broken = BrokenRunner(behave, path)
        self.addCleanup(broken.close)
        return broken

    def own(self, *args):
        """nova's own code, which must not run, since the runner may have begun."""
        self.fail("nova moved the allocations itself")
