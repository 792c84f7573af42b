"""The real Placement for one benchmark: the server and the configuration of tests/real, in its own folder."""
import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile

REAL = pathlib.Path(__file__).resolve().parents[2] / "real"
LISTENING = "listening on "
# The administrator's token with auth_strategy = noauth2.
TOKEN = "admin"


@contextlib.contextmanager
def running():
    """Starts Placement on a free port of loopback, yields its URL, and stops it."""
    with process() as (_, url):
        yield url


@contextlib.contextmanager
def process():
    """The same; yields the process and the URL."""
    with tempfile.TemporaryDirectory(prefix="swaparoo-placement-") as folder:
        config = (REAL / "placement.conf.in").read_text()
        for name, value in {"@DIR@": folder, "@DATABASE@": folder, "@RETRIES@": "10"}.items():
            config = config.replace(name, value)
        pathlib.Path(folder, "placement.conf").write_text(config)
        with open(pathlib.Path(folder, "stderr"), "w") as stderr:
            server = subprocess.Popen(
                [sys.executable, REAL / "serve.py", "--keep-alive"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
                cwd=folder, env={**os.environ, "OS_PLACEMENT_CONFIG_DIR": folder}, text=True,
            )
            try:
                yield server, listening(server, folder)
            finally:
                # It stops when its standard input ends.
                server.communicate()


def listening(server, folder):
    for line in server.stdout:
        if line.startswith(LISTENING):
            return line.removeprefix(LISTENING).strip()
    # oslo.log writes the reason to the log, not to standard error.
    said = [path.read_text() for name in ("stderr", "placement.log") if (path := pathlib.Path(folder, name)).exists()]
    sys.exit("Placement ended before it listened:\n" + "\n".join(said))
