"""Connections to a runner: a Unix socket, and TCP with a token; and a runner that does not answer."""
import nova.tests.functional  # noqa: F401  first: it patches Python

import socket
import tempfile
import threading
import unittest
from pathlib import Path

import environment
import swaparoo_nova
from broken_runner import BrokenRunner, says
from swaparoo_nova import runner_version
from swaparoo_nova.config import Settings
from swaparoo_nova.runner import Runner, RunnerUnavailable
from swaparoo_nova.transport import Transport

TASK = {
    "kind": "move", "source": "c0ffee00-0000-0000-0000-000000000001", "target": "c0ffee00-0000-0000-0000-000000000002",
}


class Doors(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def unavailable(self, **settings):
        with self.assertRaises(RunnerUnavailable) as raised:
            Runner(Settings(**{"timeout": 1, **settings})).run(TASK, lambda effect: {}, None)
        return raised.exception

    def test_a_unix_socket(self):
        answer = Transport(Settings(endpoint=environment.current.service.socket)).ask("GET", "/v1/tasks", None, {}, 5)
        self.assertEqual(200, answer.status)

    def test_tcp_with_a_token(self):
        tokens = self.folder / "tokens"
        tokens.touch(mode=0o600)
        tokens.write_text("tasks the-token-of-the-conductor\n")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        service = environment.Service(environment.program(), environment.current.front.url, tcp=f"127.0.0.1:{port}", tokens=tokens)
        self.addCleanup(service.stop)
        endpoint = f"http://127.0.0.1:{port}"
        known = Transport(Settings(endpoint=endpoint, token="the-token-of-the-conductor"))
        self.assertEqual(200, known.ask("GET", "/v1/tasks", None, {}, 5).status)
        stranger = self.unavailable(endpoint=endpoint, token="another")
        self.assertIn("swaparoo.unauthorized", str(stranger))
        self.assertFalse(stranger.begun)

    def test_without_a_listener_nothing_has_begun(self):
        self.assertFalse(self.unavailable(endpoint=str(self.folder / "none.sock")).begun)
        self.assertFalse(self.unavailable(endpoint="http://127.0.0.1:1").begun)

    def test_after_a_closed_connection_it_may_have_begun(self):
        path = str(self.folder / "rude.sock")
        rude = socket.socket(socket.AF_UNIX)
        self.addCleanup(rude.close)
        rude.bind(path)
        rude.listen()

        def hang_up():
            while True:
                try:
                    called, _ = rude.accept()
                except OSError:
                    return
                called.recv(65536)
                called.close()

        threading.Thread(target=hang_up, daemon=True).start()
        self.assertTrue(self.unavailable(endpoint=path).begun)


class Versions(unittest.TestCase):
    """The package and the runner tell each other their versions."""

    def compared(self, endpoint):
        with self.assertLogs("swaparoo_nova.runner_version", "INFO") as logged:
            runner_version.compare(Transport(Settings(endpoint=endpoint)))
        record, = logged.records
        return record.levelname, record.getMessage()

    def other(self, *args, **kwargs):
        heads = []
        answer = says(*args, **kwargs)

        def behave(channel, request):
            heads.append(request.head)
            answer(channel, request)

        broken = BrokenRunner(behave)
        self.addCleanup(broken.close)
        return broken.endpoint, heads

    def test_the_same_series(self):
        self.assertEqual(
            ("INFO", f"the runner has version {swaparoo_nova.__version__}"),
            self.compared(environment.current.service.socket))

    def test_another_series_is_an_error(self):
        endpoint, heads = self.other({"info": {"version": "7.3.1"}})
        level, says_ = self.compared(endpoint)
        self.assertEqual("ERROR", level)
        self.assertIn("the runner has version 7.3.1", says_)
        self.assertIn(f"user-agent: swaparoo-nova/{swaparoo_nova.__version__} nova/".encode(), heads[0].lower())

    def test_what_is_no_runner(self):
        for answer in (b"<html>", b"{}", b'{"info": {"version": 7}}'):
            level, says_ = self.compared(self.other(answer)[0])
            self.assertEqual("WARNING", level)
            self.assertIn("does not say its version", says_)
