"""The ground of nova's own tests: a real runner, and the tests' Placement where it can be reached from outside.

nova's functional tests run under eventlet, which has to patch Python first: import nova.tests.functional before this.
"""
import collections
import dataclasses
import json
import os
import signal
import socket
import tempfile
import time
from pathlib import Path

import eventlet
import eventlet.wsgi
from eventlet.green import subprocess
from nova.tests.functional import fixtures as nova_fixtures
from placement import deploy

# As the tests' Placement has it.
TOKEN = "admin"
READY_SECONDS = 60

CONFIG = """\
[listen]
socket = "{folder}/swaparoo.sock"
[placement]
url = "{placement}"
token_file = "{folder}/token"
[journal]
file = "{folder}/journal.db"
[policies]
default = "{policy}"
[tasks]
caller_patience = "{patience}"
"""


class Front:
    """An address whose Placement is that of the test which runs."""

    def __init__(self):
        self.app = None
        self.requests = 0
        self._interrupt = None
        listener = eventlet.listen(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % listener.getsockname()[1]
        eventlet.spawn(eventlet.wsgi.server, listener, self, log_output=False)
        own = nova_fixtures.PlacementFixture.setUp

        def set_up(fixture):
            own(fixture)
            self.app = deploy.loadapp(fixture.conf_fixture.conf)

        nova_fixtures.PlacementFixture.setUp = set_up

    def __call__(self, environ, start_response):
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


class Service:
    """`swaparoo serve`, on a journal and a socket of its own."""

    def __init__(self, program, placement, policy="standard", patience="60s"):
        self._program = program
        self._folder = tempfile.TemporaryDirectory(prefix="swaparoo-nova-")
        self.folder = Path(self._folder.name)
        self.socket = str(self.folder / "swaparoo.sock")
        token = self.folder / "token"
        token.touch(mode=0o600)
        token.write_text(TOKEN)
        config = CONFIG.format(folder=self.folder, placement=placement, policy=policy, patience=patience)
        (self.folder / "swaparoo.toml").write_text(config)
        self._process = None
        self.start()

    def start(self):
        """Starts it, and waits until it answers."""
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

    def ended_tasks(self):
        """How many of each kind came to which end."""
        listed = subprocess.run(
            [self._program, "tasks", "list", "--socket", self.socket, "--limit", "1000", "--json"],
            check=True, capture_output=True,
        )
        ends = collections.Counter(
            "%s %s" % (task["kind"], (task["outcome"] or {}).get("kind") or (task["failure"] or {}).get("code"))
            for task in json.loads(listed.stdout)["tasks"]
        )
        return dict(sorted(ends.items()))

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


# Set by under.py before the first test.
current = None


def program():
    """The program under test."""
    return os.environ["SWAPAROO_PROGRAM"]
