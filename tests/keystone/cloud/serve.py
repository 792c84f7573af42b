"""A small real cloud on loopback: two Keystones, a Placement and a nova API, each in its own process.

Listens on a free port for each, starts them with their configuration in a temporary folder, and prints their addresses
as one line of JSON on standard output. When its standard input ends, it stops them and removes the folder.
"""
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent


def bound():
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    listening.set_inheritable(True)
    return listening


# Bound here, so that each service knows the others' URLs before one of them runs.
sockets = {name: bound() for name in ("keystone", "hasty", "placement", "nova")}
urls = {name: "http://%s:%d" % listening.getsockname() for name, listening in sockets.items()}
services = []


def start(folder, name, script):
    config = folder / name
    config.mkdir()
    values = {"dir": folder, "seconds": 6 if name == "hasty" else 3600, **urls}
    text = (HERE / f"{script}.conf.in").read_text()
    for key, value in values.items():
        text = text.replace(f"@{key.upper()}@", str(value))
    (config / f"{script}.conf").write_text(text)
    for policy in HERE.glob(f"{script}.policy.yaml"):
        shutil.copy(policy, config / "policy.yaml")
    listening = sockets[name].fileno()
    command = [sys.executable, HERE / f"run_{script}.py", config, str(listening), json.dumps(urls)]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": (config / "stderr").open("w")}
    services.append(subprocess.Popen(command, pass_fds=[listening], cwd=config, **streams))
    return config, services[-1]


def wait_for(config, service):
    """Wait until it prints that it is ready. If it ends instead, the reason is in its log or on standard error."""
    if service.stdout.readline() != b"ready\n":
        words = [f"{path.name}: {path.read_text()[-2000:]}" for path in config.glob("*") if path.suffix in ("", ".log")]
        sys.exit(f"{config.name} ended before it listened\n" + "\n".join(words))


def run(folder):
    (folder / "keys").mkdir(mode=0o700)
    others = [start(folder, "placement", "placement"), start(folder, "nova", "nova")]
    # The one with short tokens uses the first one's database and keys, so it starts when they exist.
    wait_for(*start(folder, "keystone", "keystone"))
    for started in (*others, start(folder, "hasty", "keystone")):
        wait_for(*started)
    print(json.dumps(urls), flush=True)
    sys.stdin.read()


with tempfile.TemporaryDirectory(prefix="swaparoo-cloud-") as made:
    try:
        run(pathlib.Path(made))
    finally:
        for service in services:
            service.kill()
            service.wait()
