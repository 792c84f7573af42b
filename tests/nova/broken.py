"""nova treats invalid answers like an unavailable runner: in bounded time and memory, with one log line that names the
reason, and never as a success."""
import nova.tests.functional  # noqa: F401  first: it patches Python

import gzip
import json
import tempfile
import threading
import time
import tracemalloc
import types
import unittest
from pathlib import Path
from unittest import mock

import broken_runner
from broken_runner import BrokenRunner, asks, drips, floods, holds, says, sends, task
from keystoneauth1 import exceptions as ks_exc
from nova import objects
from swaparoo_nova import call, runner
from swaparoo_nova.config import Settings
from swaparoo_nova.moves import Moves
from swaparoo_nova.runner import Runner, RunnerUnavailable
from swaparoo_nova.tasks import Tasks

SOURCE, TARGET = "c0ffee00-0000-0000-0000-000000000001", "c0ffee00-0000-0000-0000-000000000002"
# Limits far above the real values; without limits in the package, they would be exceeded.
SECONDS = 15
BYTES = 64 << 20
OK = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
MIB = bytes(1 << 20)
HELD = [{"provider": SOURCE, "resources": [{"class": "VCPU", "amount": 1}]}]


def finished(outcome, **fields):
    return says(task("finished", outcome=outcome, **fields))


def failed(failure, **fields):
    return says(task("failed", failure=failure, **fields))


def waiting(waiting_for):
    return says(task("waiting", waiting_for=waiting_for))


def asks_for_ever(channel, request):
    """Another question each time."""
    asks_for_ever.first += 1
    server = {"kind": "find-server", "server": SOURCE}
    says(asks(server, first=asks_for_ever.first))(channel, request)


asks_for_ever.first = 0


def another_afterwards(channel, request):
    """Answer the POST correctly, and each GET with the end of another task."""
    another = SOURCE.replace("c0ffee", "badbad")
    ended = task("finished", id=another, outcome={"kind": "nothing-to-move"})
    says(task() if request.method == b"POST" else ended)(channel, request)


# Set at the end of each test, to stop the broken runner.
over = threading.Event()

# The runner's behaviour, and the text about it in the log line.
CASES = {
    "html": (says(b"<html>502</html>", content_type="text/html"), "not JSON (text/html"),
    "nothing": (says(b""), "not JSON"),
    "no_content": (says(b"", status=204), "not JSON"),
    "an_empty_object": (says({}), "id is None"),
    "a_list": (says([]), "id is None"),
    "null": (says(b"null"), "id is None"),
    "deep_lists": (says(b"[" * 200_000), "recursion"),
    "deep_objects": (says(b'{"a":' * 200_000 + b"1" + b"}" * 200_000), "recursion"),
    "millions_of_lists": (says(b"[" + b"[]," * 2_500_000 + b"[]]"), "more than 500000 values"),
    "many_lists": (says(b"[" + b"[]," * 240_000 + b"[]]"), "id is None"),
    "no_utf_8": (says(b'{"id": "\xff"}'), "not JSON"),
    "half_a_character": (says(json.dumps(task("failed", failure={"code": "x", "detail": "\ud800"}))
                              .encode()), "surrogates not allowed"),
    "nan": (says(b'{"id": NaN}'), "not JSON"),
    "a_number_without_end": (says(b'{"id": ' + b"9" * 100_000 + b"}"), "not JSON"),
    "no_state": (says(task(None)), "state is None"),
    "an_unknown_state": (says(task("resting")), "its state is 'resting'"),
    "always_running": (says(task("running")), "is still running after"),
    "always_queued": (says(task("queued")), "is still queued after"),
    "always_waiting_for_nothing": (says(task("waiting")), "is still waiting after"),
    "the_same_question_for_ever": (says(asks({"kind": "find-server", "server": SOURCE})), "is still waiting after"),
    "another_question_for_ever": (asks_for_ever, "asks more than 20 questions"),
    "finished_without_an_outcome": (finished(None), "outcome is None"),
    "finished_with_nothing": (finished({}), "kind is None"),
    "finished_with_an_unknown_outcome": (finished({"kind": "all-right"}), "does not end with the outcome 'all-right'"),
    "finished_as_another_task": (finished({"kind": "started"}), "does not end with the outcome 'started'"),
    "finished_and_failed": (finished({"kind": "nothing-to-move"}, failure={"code": "leaked"}), "finished and has fail"),
    "moved_and_no_allocations": (finished({"kind": "moved"}), "allocations is None"),
    "moved_and_no_amount": (finished({"kind": "moved", "allocations": [
        {"provider": SOURCE, "resources": [{"class": "VCPU", "amount": "1"}]}]}), "amount is '1'"),
    "moved_and_a_negative_amount": (finished({"kind": "moved", "allocations": [
        {"provider": SOURCE, "resources": [{"class": "VCPU", "amount": -1}]}]}), "amount is -1"),
    "failed_without_a_failure": (failed(None), "failure is None"),
    "failed_with_a_strange_code": (failed({"code": ["leaked"], "detail": ""}), "code is ['leaked']"),
    "failed_with_a_strange_cause": (failed({"code": "nova-failed", "detail": "", "data": {"cause": {"error": []}}}),
                                    "error is []"),
    "parked_without_a_reason": (says(task("parked")), "parked is None"),
    "parked_with_a_letter_to_the_terminal": (says(task("parked", parked="a\x1b[2J\n\u202eb")), "is parked: a [2J  b"),
    "a_strange_id": (says(task(id="../policies")), "'../policies'"),
    "another_task_afterwards": (another_afterwards, f"instead of {broken_runner.ID}"),
    "a_task_of_another_kind": (says(task(kind="release")), "'release' instead of move"),
    "waiting_for_text": (waiting("all"), "waiting_for is 'all'"),
    "waiting_for_a_strange_index": (waiting([{"kind": "reply", "index": True, "effect": {}}]), "index is True"),
    "waiting_for_no_effect": (waiting([{"kind": "reply", "index": 0, "effect": "all"}]), "effect is 'all'"),
    "an_unknown_question": (says(asks({"kind": "find-peace"})), "'find-peace' in a move"),
    "a_question_without_a_server": (says(asks({"kind": "find-server"})), "server is None"),
    "no_answer": (holds(over), "no whole answer within"),
    "hangs_up": (sends(), "no whole answer"),
    "half_an_answer": (sends(OK, b"content-length: 1000\r\n\r\n{"), "no whole answer"),
    "headers_that_are_none": (sends(OK, b"no colon\r\n: x\r\n\r\n{}"), "HeaderParsingError"),
    "not_http": (sends(b"SSH-2.0-OpenSSH_9.2\r\n"), "no whole answer"),
    "a_body_by_the_byte": (drips(OK + b"content-length: 100000\r\n\r\n", over), "no whole answer within"),
    "a_body_by_the_byte_until_it_closes": (drips(OK + b"\r\n", over), "no whole answer within"),
    "a_head_by_the_byte": (drips(b"HTTP/1.1 200 OK\r\nx: ", over, b"x"), "no whole answer within"),
    "a_chunk_by_the_byte": (drips(OK + b"transfer-encoding: chunked\r\n\r\nFFFFF\r\n", over), "no whole answer within"),
    "a_chunk_s_size_by_the_byte": (drips(OK + b"transfer-encoding: chunked\r\n\r\n", over, b"0"), "no whole answer"),
    "a_gigabyte": (floods(OK + b"content-length: 1000000000\r\n\r\n", MIB, over), "more than 8 MiB"),
    "a_body_without_end": (floods(OK + b"\r\n", MIB, over), "more than 8 MiB"),
    "chunks_without_end": (floods(OK + b"transfer-encoding: chunked\r\n\r\n", b"100000\r\n" + MIB + b"\r\n", over),
                           "more than 8 MiB"),
    "a_chunk_of_less_than_nothing": (floods(OK + b"transfer-encoding: chunked\r\n\r\n-1\r\n", MIB, over),
                                     "no whole answer"),
    "headers_without_end": (floods(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 1000, over), "no whole answer"),
    "continue_without_end": (floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, over), "no whole answer"),
    "a_small_body_that_is_large": (says(gzip.compress(bytes(100 << 20)), content_encoding="gzip"), "encoded as 'gzip'"),
    "retry_after_that_is_no_number": (says(b"", status=503, retry_after="\u00b2"), "503: this is not a runner's error"),
    "retry_after_in_thirty_years": (says(b"", status=503, retry_after="1000000000"), "503: this is not a runner's error"),
    "retry_after_beyond_float": (says(b"", status=503, retry_after="9" * 4000), "503: this is not a runner's error"),
    "retry_after_at_a_date": (says(b"", status=503, retry_after="Fri, 27 Nov 2099 00:00:00 GMT"), "503: this is not"),
    "a_strange_error": (says({"errors": [{"code": ["x"], "detail": {}}]}, status=400), "400: this is not a runner's error"),
    "no_error": (says({"errors": []}, status=404), "404: this is not a runner's error"),
    "a_proxy_s_error": (says(b"<html>", status=403, content_type="text/html"), "403: this is not a runner's error"),
    "upgrade": (says(b"", status=101), "101: this is not a runner's error"),
}


class _Watched:
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


class _Broken(unittest.TestCase):
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
        there = types.SimpleNamespace(deleted=False, vm_state="active", task_state=None)
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


class Moving(_Broken):
    """Each row of CASES, over TCP and over a Unix socket."""

    def is_away(self, behave, says, path):
        broken = self.runner(behave, path)
        watched = _Watched(endpoint=broken.endpoint, fallback="nova")
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


class Others(_Broken):
    """Calls other than `move_allocations` also fall back as for an unavailable runner."""

    def setUp(self):
        super().setUp()
        broken = self.runner(says(b"<html>", content_type="text/html"))
        self.watched = _Watched(endpoint=broken.endpoint, fallback="nova")
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
            with self.logs_once() as logged, self.assertRaises(ks_exc.ConnectFailure):
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
        with self.logs_once() as logged, self.assertRaises(ks_exc.ConnectFailure):
            self.migrates(cast=False)
        self.is_away(logged)

    def test_a_migration_that_began_goes_on(self):
        """A cast to a compute service must not be rolled back, whatever the runner answers."""
        with self.logs_once() as logged:
            self.migrates(cast=True)
        self.is_away(logged)

    def test_a_migration_that_is_said_to_have_begun(self):
        """A migration has not started if nova has sent no cast."""
        broken = self.runner(says(task("finished", kind="migrate", outcome={"kind": "started"})))
        self.watched = _Watched(endpoint=broken.endpoint, fallback="nova")
        with self.logs_once() as logged, self.assertRaises(ks_exc.ConnectFailure):
            self.migrates(cast=False)
        self.assertIn("nova has sent no cast", logged.output[0])


class Redirects(_Broken):
    """Redirects are not followed, and the token is not sent elsewhere."""

    def test_none_is_followed(self):
        other = self.runner(says(task("finished", outcome={"kind": "nothing-to-move"})))
        for status in (301, 302, 303, 307, 308):
            broken = self.runner(says(b"", status=status, location=f"{other.endpoint}/v1/tasks"))
            watched = _Watched(endpoint=broken.endpoint, token="secret")
            redirects = f"redirects to '{other.endpoint}/v1/tasks', which is not foll"
            with self.assertRaisesRegex(RunnerUnavailable, redirects) as unavailable:
                watched.run({"kind": "move"}, lambda effect: {}, None)
            self.assertTrue(unavailable.exception.begun)
        self.assertEqual(0, other.requests)


class Bounds(_Broken):
    """With the package's real constants."""

    def test_an_answer_by_the_byte(self):
        """`timeout`, and ten seconds for the last answer."""
        broken = self.runner(drips(OK + b"content-length: 100000\r\n\r\n", over))
        with mock.patch.object(call, "MARGIN_SECONDS", 10):
            began = time.monotonic()
            with self.assertRaises(RunnerUnavailable):
                _Watched(endpoint=broken.endpoint, timeout=1).run({"kind": "move"}, lambda effect: {}, None)
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

        watched = _Watched(endpoint=self.runner(behave).endpoint, task_timeout=1)
        self.assertEqual("nothing-to-move", watched.run({"kind": "move"}, answer, None).outcome.kind)

    def test_a_runner_that_comes_to_itself(self):
        """After an invalid answer the request is repeated with the same key."""
        keys = []

        def behave(channel, request):
            keys.extend(line for line in request.head.split(b"\r\n") if line.lower().startswith(b"idempotency-key"))
            held = {"kind": "moved", "allocations": HELD}
            (says(b"<html>") if len(keys) < 2 else finished(held))(channel, request)

        watched = _Watched(endpoint=self.runner(behave).endpoint, timeout=5)
        ended = watched.run({"kind": "move"}, lambda effect: {}, None)
        self.assertEqual({SOURCE: {"resources": {"VCPU": 1}}}, ended.outcome.allocations)
        self.assertEqual((2, 1), (len(keys), len(set(keys))))
