"""Several runners with one database: nova asks the next one if one does not answer or cannot work."""
import nova.tests.functional  # noqa: F401  first: it patches Python

import unittest

from broken_answers import SOURCE, TARGET, finished, over
from broken_fixture import BrokenRunnerTest
from broken_runner import holds, says, task
from swaparoo_nova.config import Misconfigured, Settings
from swaparoo_nova.runner import Runner, RunnerUnavailable

MOVE = {"kind": "move", "source": SOURCE, "target": TARGET, "target_is_new": True}
NO_LISTENER = "http://127.0.0.1:1"
WORKS = finished({"kind": "nothing-to-move"})


def stopping(channel, request):
    """A runner that is being stopped, and says that this takes a minute."""
    error = {"error": {"code": "swaparoo.stopping", "detail": "the service is stopping"}}
    says(error, status=503, retry_after="60")(channel, request)


class SeveralRunners(BrokenRunnerTest):
    def over(self, *behaviours):
        """nova's client of these runners, and the runners."""
        runners = [self.runner(behave) for behave in behaviours]
        return self.of(*(runner.endpoint for runner in runners)), runners

    def of(self, *endpoints):
        return Runner(Settings(endpoint=", ".join(endpoints), timeout=0.6, task_timeout=6))

    def outcome(self, nova):
        return nova.run(MOVE, lambda effect: {}, None).outcome.kind

    def test_the_next_one_if_one_does_not_work(self):
        for behave in (stopping, holds(over), says(b"<html>"), lambda channel, request: None):
            nova, (bad, good) = self.over(behave, WORKS)
            self.assertEqual("nothing-to-move", self.outcome(nova))
            self.assertEqual((1, 1), (bad.requests, good.requests))

    def test_the_next_one_if_there_is_no_listener(self):
        good = self.runner(WORKS)
        nova = self.of(NO_LISTENER, str(self.folder / "none.sock"), good.endpoint)
        self.assertEqual("nothing-to-move", self.outcome(nova))

    def test_the_one_that_works_is_asked_from_then_on(self):
        nova, (bad, good) = self.over(stopping, WORKS)
        for _ in range(3):
            self.outcome(nova)
        self.assertEqual((1, 3), (bad.requests, good.requests))

    def test_in_the_middle_of_a_task(self):
        """The first one dies after it has accepted the task, and the second one has taken it over."""
        def accepts(channel, request):
            if request.method == b"POST":
                says(task())(channel, request)

        nova, (dying, heir) = self.over(accepts, WORKS)
        self.assertEqual("nothing-to-move", self.outcome(nova))
        self.assertEqual((2, 1), (dying.requests, heir.requests))

    def test_each_is_asked_before_the_task_counts_as_not_answered(self):
        nova, runners = self.over(holds(over), holds(over), stopping)
        with self.assertRaises(RunnerUnavailable) as raised:
            self.outcome(nova)
        self.assertTrue(raised.exception.begun and raised.exception.silent)
        self.assertTrue(all(runner.requests for runner in runners))

    def test_if_none_can_be_reached_nothing_has_begun(self):
        with self.assertRaises(RunnerUnavailable) as raised:
            self.outcome(self.of(NO_LISTENER, "http://127.0.0.1:2"))
        self.assertFalse(raised.exception.begun)


class Addresses(unittest.TestCase):
    def test_each_is_checked(self):
        for endpoint, says_ in (
            ("http://one:1, two:2", "endpoint is 'two:2'"),
            ("http://one:1,,http://two:2", "between two commas there is no address"),
            ("http://one:1, http://one:1/", "names 'http://one:1' twice"),
        ):
            with self.assertRaisesRegex(Misconfigured, says_):
                Settings(endpoint=endpoint)

    def test_a_token_goes_to_none_of_them_in_plain_text(self):
        with self.assertRaisesRegex(Misconfigured, "the token could be read on the network"):
            Settings(endpoint="https://one:1, http://two:2", token="secret")
