"""The environment of nova's own tests: a real runner, and the tests' Placement at an address that the runner can reach.

nova's functional tests run under eventlet, which has to patch Python first, or with OS_NOVA_DISABLE_EVENTLET_PATCHING=1
under threads, as nova's services do: import nova.tests.functional before this.
"""
import dataclasses
import json
import os
import signal
import socket
import socketserver
import tempfile
import threading
import time
import wsgiref.simple_server
from pathlib import Path

from nova.tests.functional import fixtures as nova_fixtures
from placement import deploy

try:
    from eventlet.patcher import is_monkey_patched
    PATCHED = is_monkey_patched("socket")
except ImportError:
    PATCHED = False

if PATCHED:
    import eventlet
    import eventlet.wsgi
    # Waiting for a process must not block other green threads.
    from eventlet.green import subprocess
else:
    import subprocess

# The token of the tests' Placement.
TOKEN = "admin"
READY_SECONDS = 60

CONFIG = """\
[listen]
socket = "{folder}/swaparoo.sock"
{tcp}
[placement]
url = "{placement}"
{access}
[journal]
file = "{folder}/journal.db"
[policies]
default = "{policy}"
{more}"""


class Front:
    """An address that forwards to the Placement of the running test."""

    def __init__(self):
        self.app = None
        self.requests = 0
        self._interrupt = None
        self._lost, self._writes = range(0), 0
        self.url = "http://127.0.0.1:%d" % (_green if PATCHED else _threaded)(self)
        own = nova_fixtures.PlacementFixture.setUp

        def set_up(fixture):
            own(fixture)
            self.app = deploy.loadapp(fixture.conf_fixture.conf)

        nova_fixtures.PlacementFixture.setUp = set_up

    def __call__(self, environ, start_response):
        # A runner asks for the versions before it accepts tasks, which is before the first test runs.
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"] in ("", "/"):
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b'{"versions": []}']
        self.requests += 1
        if self.app is None:
            start_response("503 no test runs", [])
            return [b""]
        if environ["REQUEST_METHOD"] != "GET" and self._is_lost():
            start_response("504 Gateway Timeout", [("Content-Type", "text/html")])
            return [b"<html>the proxy does not reach Placement</html>"]
        if environ["REQUEST_METHOD"] == "GET" or self._interrupt is None:
            return self.app(environ, start_response)
        return self._interrupted(environ, start_response)

    def interrupt(self, nth, before, act):
        """Call `act` at the nth write from now: before the test's Placement receives it, or after it is done."""
        self._interrupt = (nth, before, act)

    def lose(self, first, last):
        """Answer 504 to the writes from the `first` to the `last` one from now; they are not done."""
        self._lost = range(first, last + 1)
        self._writes = 0

    def go_on(self):
        """Interrupt and lose nothing any more."""
        self._interrupt, self._lost = None, range(0)

    def _is_lost(self):
        self._writes += 1
        return self._writes in self._lost

    def _interrupted(self, environ, start_response):
        nth, before, act = self._interrupt
        self._interrupt = (nth - 1, before, act) if nth > 1 else None
        if nth == 1 and before:
            act()
            start_response("503 interrupted", [])
            return [b""]
        done = self.app(environ, start_response)
        if nth == 1:
            act()
        return done


def _green(app):
    listener = eventlet.listen(("127.0.0.1", 0))
    eventlet.spawn(eventlet.wsgi.server, listener, app, log_output=False)
    return listener.getsockname()[1]


class _Threads(socketserver.ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class _Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *args):
        """Log nothing."""


def _threaded(app):
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, app, _Threads, _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


class Service:
    """`swaparoo serve` with its own journal and socket."""

    def __init__(self, program, placement, policy="standard", tcp=None, tokens=None, access=None, more=""):
        self._program = program
        self._folder = tempfile.TemporaryDirectory(prefix="swaparoo-nova-")
        self.folder = Path(self._folder.name)
        self.socket = str(self.folder / "swaparoo.sock")
        token = self.folder / "token"
        token.touch(mode=0o600)
        token.write_text(TOKEN)
        tcp = f'tcp = "{tcp}"\n[auth]\ntokens = "{tokens}"' if tcp else ""
        access = access or f'token_file = "{token}"'
        config = CONFIG.format(folder=self.folder, placement=placement, policy=policy, tcp=tcp, access=access, more=more)
        (self.folder / "swaparoo.toml").write_text(config)
        self._process = None
        self.start()

    def start(self):
        """Start it, unless it runs, and wait until it answers."""
        if self._process is not None and self._process.poll() is None:
            return
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [self._program, "serve", "--config", str(self.folder / "swaparoo.toml")], stdout=log, stderr=log
            )
        until = time.monotonic() + READY_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("swaparoo serve did not start: " + (self.folder / "log").read_text())
            time.sleep(0.05)

    def kill(self):
        """Kill it with SIGKILL, as the kernel does when memory runs out."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self):
        """Stop it, and remove its files."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        self._folder.cleanup()

    def kinds(self):
        """The kinds of its tasks."""
        listed = subprocess.run(
            [self._program, "tasks", "list", "--socket", self.socket, "--limit", "1000", "--json"],
            check=True, capture_output=True,
        )
        return {task["kind"] for task in json.loads(listed.stdout)["tasks"]}

    def log(self):
        """Its output so far."""
        return (self.folder / "log").read_text()

    def _answers(self):
        channel = socket.socket(socket.AF_UNIX)
        try:
            channel.connect(self.socket)
        except OSError:
            return False
        finally:
            channel.close()
        return True


@dataclasses.dataclass
class Current:
    """The environment of this process's tests."""

    front: Front
    service: Service
    # The result of swaparoo_nova.install.
    installed: object


# Set by run_mode.py before the first test.
current = None


def program():
    """The program under test."""
    return os.environ["SWAPAROO_PROGRAM"]
