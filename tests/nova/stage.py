"""The ground of nova's own tests: a real runner, and the tests' Placement where it can be reached from outside.

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

from nova import monkey_patch
from nova.tests.functional import fixtures as nova_fixtures
from placement import deploy

if monkey_patch.is_patched():
    import eventlet
    import eventlet.wsgi
    # A wait for a process must let the others go on.
    from eventlet.green import subprocess
else:
    import subprocess

# As the tests' Placement has it.
TOKEN = "admin"
READY_SECONDS = 60

CONFIG = """\
[listen]
socket = "{folder}/swaparoo.sock"
{tcp}
[placement]
url = "{placement}"
token_file = "{folder}/token"
[journal]
file = "{folder}/journal.db"
[policies]
default = "{policy}"
"""


class Front:
    """An address whose Placement is that of the test which runs."""

    def __init__(self):
        self.app = None
        self.requests = 0
        self._interrupt = None
        self.url = "http://127.0.0.1:%d" % (_green if monkey_patch.is_patched() else _threaded)(self)
        own = nova_fixtures.PlacementFixture.setUp

        def set_up(fixture):
            own(fixture)
            self.app = deploy.loadapp(fixture.conf_fixture.conf)

        nova_fixtures.PlacementFixture.setUp = set_up

    def __call__(self, environ, start_response):
        # A runner asks for the versions before it takes tasks, which is before the first test runs.
        if environ["REQUEST_METHOD"] == "GET" and environ["PATH_INFO"] in ("", "/"):
            start_response("200 OK", [("Content-Type", "application/json")])
            return [b'{"versions": []}']
        self.requests += 1
        if self.app is None:
            start_response("503 no test runs", [])
            return [b""]
        if environ["REQUEST_METHOD"] == "GET" or self._interrupt is None:
            return self.app(environ, start_response)
        return self._interrupted(environ, start_response)

    def interrupt(self, nth, before, act):
        """Does `act` at the nth write from now on: before the Placement of the test sees it, or after it has done it."""
        self._interrupt = (nth, before, act)

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
        """Nothing."""


def _threaded(app):
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, app, _Threads, _Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


class Service:
    """`swaparoo serve`, on a journal and a socket of its own."""

    def __init__(self, program, placement, policy="standard", tcp=None, tokens=None):
        self._program = program
        self._folder = tempfile.TemporaryDirectory(prefix="swaparoo-nova-")
        self.folder = Path(self._folder.name)
        self.socket = str(self.folder / "swaparoo.sock")
        token = self.folder / "token"
        token.touch(mode=0o600)
        token.write_text(TOKEN)
        tcp = f'tcp = "{tcp}"\n[auth]\ntokens = "{tokens}"' if tcp else ""
        config = CONFIG.format(folder=self.folder, placement=placement, policy=policy, tcp=tcp)
        (self.folder / "swaparoo.toml").write_text(config)
        self._process = None
        self.start()

    def start(self):
        """Starts it, unless it runs, and waits until it answers."""
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
        """As the kernel does it when there is no memory left."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self):
        """Ends it, and takes its files away."""
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()
        self._folder.cleanup()

    def kinds(self):
        """Of the tasks that it was given."""
        listed = subprocess.run(
            [self._program, "tasks", "list", "--socket", self.socket, "--limit", "1000", "--json"],
            check=True, capture_output=True,
        )
        return {task["kind"] for task in json.loads(listed.stdout)["tasks"]}

    def log(self):
        """What it has said so far."""
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
    """What the tests of this process run on."""

    front: Front
    service: Service
    # What swaparoo_nova.install has put in.
    installed: object


# Set by under.py before the first test.
current = None


def program():
    """The program under test."""
    return os.environ["SWAPAROO_PROGRAM"]
