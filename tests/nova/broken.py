"""nova treats invalid answers like an unavailable runner: in bounded time and memory, with one log line that names the
reason, and never as a success."""
import nova.tests.functional  # noqa: F401  first: it patches Python

import threading
import time
import tracemalloc
import types
from unittest import mock

from broken_answers import CASES, OK, SOURCE, TARGET, finished, over
from broken_fixture import BrokenRunnerTest, RecordingRunner
from broken_runner import asks, drips, says, task
from nova import exception, objects
from oslo_messaging import MessagingTimeout
from swaparoo_nova import call
from swaparoo_nova.facts import Facts
from swaparoo_nova.moves import Moves
from swaparoo_nova.runner import RunnerUnavailable
from swaparoo_nova.tasks import Tasks

# Limits far above the real values; without limits in the package, they would be exceeded.
SECONDS = 15
BYTES = 64 << 20
HELD = [{"provider": SOURCE, "resources": [{"class": "VCPU", "amount": 1}]}]


class Moving(BrokenRunnerTest):
    """Each row of CASES, over TCP and over a Unix socket."""

    def is_away(self, behave, says, path):
        broken = self.runner(behave, path)
        watched = RecordingRunner(endpoint=broken.endpoint, fallback="nova")
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        moved = []

        def move():
            context = mock.MagicMock(global_id=None)
            moved.append(Moves(lambda: watched).move(self.own, None, context, SOURCE, TARGET, True))

        with self.assertLogs(level="WARNING") as logged:
            moving = threading.Thread(target=move, daemon=True)
            moving.start()
            moving.join(SECONDS)
            self.assertFalse(moving.is_alive(), f"it has not ended within {SECONDS} s")
        _, peak = tracemalloc.get_traced_memory()
        self.assertEqual([None], moved, watched.raised)
        self.assertIs(RunnerUnavailable, type(watched.raised))
        self.assertTrue(watched.raised.begun)
        self.assertEqual(1, len(logged.output), logged.output)
        self.assertIn(says, logged.output[0])
        self.assertTrue(logged.records[0].getMessage().isprintable(), logged.output)
        self.assertLess(len(logged.output[0]), 1000)
        self.assertLess(peak - before, BYTES)
        # There are pauses between requests; without them there would be thousands.
        self.assertLess(broken.requests, 60)


def _test(name):
    behave, says = CASES[name]

    def test(self):
        for way, path in (("tcp", None), ("unix", str(self.folder / "runner.sock"))):
            with self.subTest(way):
                self.is_away(behave, says, path)
    return test


for _name in CASES:
    setattr(Moving, f"test_{_name}", _test(_name))


class Others(BrokenRunnerTest):
    """Calls other than `move_allocations` also fall back as for an unavailable runner."""

    def setUp(self):
        super().setUp()
        broken = self.runner(says(b"<html>", content_type="text/html"))
        self.watched = RecordingRunner(endpoint=broken.endpoint, fallback="nova")
        self.moves = Moves(lambda: self.watched)
        self.context = mock.MagicMock(global_id=None)
        self.instance, self.migration = mock.MagicMock(uuid=SOURCE), mock.MagicMock(uuid=TARGET)

    def logs_once(self):
        return self.assertLogs("swaparoo_nova", "WARNING")

    def is_away(self, logged):
        self.assertTrue(self.watched.raised.begun)
        self.assertEqual(1, len(logged.output), logged.output)
        self.assertIn("not JSON (text/html", logged.output[0])

    def test_replace(self):
        node = mock.MagicMock(uuid=TARGET)
        with mock.patch.object(objects.ComputeNode, "get_by_host_and_nodename", return_value=node):
            with self.logs_once() as logged, self.assertRaises(exception.MigrationPreCheckError):
                self.moves.replace(self.own, self.context, self.instance, self.migration)
        self.is_away(logged)

    def test_revert(self):
        with self.logs_once() as logged:
            self.assertIsNone(self.moves.revert(self.own, self.context, None, self.instance, self.migration))
        self.is_away(logged)

    def test_revert_on_compute(self):
        with self.logs_once() as logged:
            reverted = self.moves.revert_on_compute(self.own, None, self.context, self.instance, self.migration)
        self.assertIs(False, reverted)
        self.is_away(logged)

    def migrates(self, cast):
        """`tasks = true`."""
        adapter = mock.MagicMock(cast=cast, server=SOURCE, runner_task=lambda: {"kind": "migrate"})
        nova_task = types.SimpleNamespace(context=self.context, instance=self.instance)
        Tasks(lambda: self.watched)._run(self.own, nova_task, adapter)
        return nova_task

    def test_a_whole_migration(self):
        with self.logs_once() as logged, self.assertRaises(exception.MigrationPreCheckError):
            self.migrates(cast=False)
        self.is_away(logged)

    def test_a_migration_that_began_goes_on(self):
        """A cast to a compute service must not be rolled back after any answer of the runner."""
        with self.logs_once() as logged:
            self.migrates(cast=True)
        self.is_away(logged)

    def test_a_migration_that_is_said_to_have_begun(self):
        """A migration has not started if nova has sent no cast."""
        broken = self.runner(says(task("finished", kind="migrate", outcome={"kind": "started"})))
        self.watched = RecordingRunner(endpoint=broken.endpoint, fallback="nova")
        with self.logs_once() as logged, self.assertRaises(exception.MigrationPreCheckError):
            self.migrates(cast=False)
        self.assertIn("nova has sent no cast", logged.output[0])


class Unanswered(BrokenRunnerTest):
    """nova itself fails when it looks for an answer. Its exception does not leave the package as it is."""

    def test_a_compute_node_that_nova_cannot_find_out(self):
        context = mock.MagicMock(global_id=None)
        self.patch(objects.Instance, "get_by_uuid", lambda *args, **kwargs: types.SimpleNamespace(host="h", node="n"))
        broken = self.runner(says(asks({"kind": "find-compute-node", "server": SOURCE})))
        watched = RecordingRunner(endpoint=broken.endpoint, fallback="nova")
        cause = "asks for find-compute-node, and nova raises MessagingTimeout: no reply"
        self.patch(objects.ComputeNode, "get_by_host_and_nodename", mock.Mock(side_effect=MessagingTimeout("no reply")))
        with self.assertRaisesRegex(RunnerUnavailable, cause) as unavailable:
            watched.run({"kind": "move"}, Facts(context), None)
        self.assertTrue(unavailable.exception.begun)
        self.assertIsInstance(unavailable.exception.__cause__, MessagingTimeout)


class Redirects(BrokenRunnerTest):
    """Redirects are not followed, and the token is not sent elsewhere."""

    def test_none_is_followed(self):
        other = self.runner(says(task("finished", outcome={"kind": "nothing-to-move"})))
        for status in (301, 302, 303, 307, 308):
            broken = self.runner(says(b"", status=status, location=f"{other.endpoint}/v1/tasks"))
            watched = RecordingRunner(endpoint=broken.endpoint, token="secret")
            redirects = f"redirects to '{other.endpoint}/v1/tasks', which is not foll"
            with self.assertRaisesRegex(RunnerUnavailable, redirects) as unavailable:
                watched.run({"kind": "move"}, lambda effect: {}, None)
            self.assertTrue(unavailable.exception.begun)
        self.assertEqual(0, other.requests)


class Bounds(BrokenRunnerTest):
    """With the package's real constants."""

    def test_an_answer_by_the_byte(self):
        """`timeout`, and ten seconds for the last answer."""
        broken = self.runner(drips(OK + b"content-length: 100000\r\n\r\n", over))
        with mock.patch.object(call, "MARGIN_SECONDS", 10):
            began = time.monotonic()
            with self.assertRaises(RunnerUnavailable):
                RecordingRunner(endpoint=broken.endpoint, timeout=1).run({"kind": "move"}, lambda effect: {}, None)
        self.assertLess(time.monotonic() - began, 1 + 10 + 5)

    def test_what_nova_takes_for_an_answer_is_not_counted(self):
        def behave(channel, request):
            replied = behave.replied = behave.replied or request.path.endswith(b"/replies")
            ended = task("finished", outcome={"kind": "nothing-to-move"})
            says(ended if replied else asks({"kind": "find-server", "server": SOURCE}))(channel, request)

        behave.replied = False

        def answer(effect):
            time.sleep(1.2)
            return {"kind": "server", "state": "present"}

        watched = RecordingRunner(endpoint=self.runner(behave).endpoint, task_timeout=1)
        self.assertEqual("nothing-to-move", watched.run({"kind": "move"}, answer, None).outcome.kind)

    def test_a_runner_that_comes_to_itself(self):
        """After an invalid answer the request is repeated with the same key."""
        keys = []

        def behave(channel, request):
            keys.extend(line for line in request.head.split(b"\r\n") if line.lower().startswith(b"idempotency-key"))
            held = {"kind": "moved", "allocations": HELD}
            (says(b"<html>") if len(keys) < 2 else finished(held))(channel, request)

        watched = RecordingRunner(endpoint=self.runner(behave).endpoint, timeout=5)
        ended = watched.run({"kind": "move"}, lambda effect: {}, None)
        self.assertEqual({SOURCE: {"resources": {"VCPU": 1}}}, ended.outcome.allocations)
        self.assertEqual((2, 1), (len(keys), len(set(keys))))
