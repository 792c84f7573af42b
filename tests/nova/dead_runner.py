"""A runner that does not answer holds one task for `timeout`, and not every RPC thread of nova."""
import nova.tests.functional  # noqa: F401  first: it patches Python

import time
from unittest import mock

from broken_answers import SOURCE, TARGET, finished, over
from broken_fixture import BrokenRunnerTest
from broken_runner import holds, says, task
from swaparoo_nova import breaker, call
from swaparoo_nova.config import Settings
from swaparoo_nova.moves import Moves
from swaparoo_nova.runner import Runner, RunnerUnavailable

MOVE = {"kind": "move", "source": SOURCE, "target": TARGET, "target_is_new": True}
REVERT = {"kind": "revert", "server": TARGET, "migration": SOURCE}


class DeadRunner(BrokenRunnerTest):
    def setUp(self):
        super().setUp()
        self.broken = self.runner(lambda channel, request: self.behave(channel, request))
        self.behave = holds(over)
        self.settings = Settings(endpoint=self.broken.endpoint, timeout=0.6, task_timeout=1.5, fallback="nova")
        self.nova = Runner(self.settings)

    def fails(self, task):
        """The time until it fails, and whether it may have begun."""
        began = time.monotonic()
        with self.assertRaises(RunnerUnavailable) as raised:
            self.nova.run(task, lambda effect: {}, None)
        return time.monotonic() - began, raised.exception.begun

    def test_after_one_task_the_others_fail_at_once(self):
        self.assertTrue(self.fails(MOVE)[1])
        requests = self.broken.requests
        for _ in range(100):
            took, begun = self.fails(MOVE)
            self.assertFalse(begun)
            self.assertLess(took, 0.5)
        # Those of the thread that looks after the first task.
        self.assertLess(self.broken.requests - requests, 10)

    def test_with_fallback_nova_they_are_moved_by_nova(self):
        self.fails(MOVE)
        own = mock.Mock(return_value=True)
        self.assertTrue(Moves(lambda: self.nova).move(own, None, mock.MagicMock(global_id=None), SOURCE, TARGET, True))
        own.assert_called_once()

    def test_a_revert_waits_for_it_in_any_case(self):
        self.fails(MOVE)
        self.assertTrue(self.fails(REVERT)[1])

    def test_they_go_on_when_the_thread_of_the_first_one_gets_an_answer(self):
        self.behave = says(task())
        self.patch(breaker, "OPEN_SECONDS", 60.0)
        with mock.patch.object(call.Call, "look", side_effect=RunnerUnavailable("no answer", begun=True, silent=True)):
            self.fails(MOVE)
        self.behave = finished({"kind": "nothing-to-move"})
        until = time.monotonic() + 10
        while time.monotonic() < until:
            try:
                return self.nova.run(MOVE, lambda effect: {}, None)
            except RunnerUnavailable:
                time.sleep(0.05)
        self.fail("the breaker stays open")

    def test_one_task_tries_again_after_a_while(self):
        self.fails(MOVE)
        self.patch(breaker, "OPEN_SECONDS", 0.0)
        self.fails(REVERT)
        self.patch(breaker, "OPEN_SECONDS", 60.0)
        self.behave = finished({"kind": "nothing-to-move"})
        # The first answer closes the breaker.
        for _ in range(2):
            self.assertEqual("nothing-to-move", self.nova.run(MOVE, lambda effect: {}, None).outcome.kind)
