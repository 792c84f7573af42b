"""A running `swaparoo serve` for one benchmark, and the resources that its process uses."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import uuid

HERE = pathlib.Path(__file__).resolve().parent
LISTENING = "listening on "
# A series of /metrics: name, labels, value.
SERIES = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
TICKS = os.sysconf("SC_CLK_TCK")

# As in `whole_move/to_and_fro.py`.
RESOURCES = {"VCPU": 2, "MEMORY_MB": 2048, "DISK_GB": 20}
# Room for all consumers.
INVENTORIES = {name: {"total": 2_000_000_000} for name in RESOURCES}

CONFIG = """\
[listen]
socket = ""
tcp = "127.0.0.1:0"
connections_per_peer = 1024
[placement]
{placement}
[journal]
{journal}
[log]
filter = "warn"
"""


def say(line):
    """Progress goes to standard error, the tables to standard output."""
    print(f"== {line}", file=sys.stderr, flush=True)


def pairs(count):
    """This many pairs of consumers; the first of each pair will have allocations."""
    return [(str(uuid.uuid4()), str(uuid.uuid4())) for _ in range(count)]


def task(source, target):
    return {"kind": "move", "source": source, "target": target, "target_is_new": True}


def state(holders):
    """The content of a state file of Placement in which these consumers hold three resources of one node."""
    node = str(uuid.uuid4())
    consumer = {"project_id": "bench", "user_id": "bench", "generation": 1, "allocations": {node: RESOURCES}}
    provider = {"name": "node", "generation": 1, "inventories": INVENTORIES}
    return json.dumps({"version": 1, "providers": {node: provider}, "consumers": dict.fromkeys(holders, consumer)})


class Service:
    """The process, and one kept connection to it."""

    def __init__(self, process, url):
        self.process, self.url = process, url
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)

    def ask(self, method, path, body=None):
        """The body of the answer; any status other than 2xx ends the benchmark."""
        headers = {"content-type": "application/json"} if body else {}
        self.connection.request(method, path, body and json.dumps(body), headers)
        answer = self.connection.getresponse()
        content = answer.read().decode()
        if answer.status // 100 != 2:
            sys.exit(f"the service answered {answer.status} to {method} {path}: {content}")
        return content

    def move(self, source, target):
        """Does one move completely, without measuring it."""
        answer = json.loads(self.ask("POST", "/v1/tasks?wait=30", task(source, target)))
        if answer["state"] != "finished":
            sys.exit(f"a move did not finish: {answer}")

    def metrics(self):
        """Each metric of /metrics with its series, as {name: {labels: value}}."""
        found = {}
        for line in self.ask("GET", "/metrics").splitlines():
            if series := SERIES.fullmatch(line):
                name, labels, value = series.groups(default="")
                found.setdefault(name, {})[labels] = float(value)
        return found

    def idle(self):
        """Waits until no task is open; returns the metrics at that time."""
        while total(metrics := self.metrics(), "swaparoo_tasks_open") > 0:
            time.sleep(0.01)
        return metrics

    def cpu(self):
        """Milliseconds of CPU time so far, in user mode and in the kernel."""
        return cpu(self.process)

    def memory(self):
        """Resident memory in MiB."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s*(\d+) kB", status)[1]) / 1024


def cpu(process):
    """Milliseconds of CPU time of a process, in user mode and in the kernel."""
    # proc_pid_stat(5): the name, which may contain spaces, ends with the last parenthesis; utime and stime are the
    # fields 14 and 15.
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICKS


def total(metrics, name):
    """The sum of all series of a metric; 0 if the metric has not been used yet."""
    return sum(metrics.get(name, {}).values())


@contextlib.contextmanager
def serving(program, folder, placement, journal):
    """Starts the service with these lines in its configuration, and stops it gracefully."""
    config = CONFIG.format(placement=placement, journal=journal)
    pathlib.Path(folder, "swaparoo.toml").write_text(config)
    # In the parent folder, so that the policy is compiled once for all services.
    cache = {"XDG_CACHE_HOME": str(pathlib.Path(folder).parent / "cache")}
    with running([program, "serve", "--config", "swaparoo.toml"], folder, cache) as (process, url):
        yield Service(process, url)


@contextlib.contextmanager
def running(command, folder, environment=()):
    """Starts a program that prints its address, yields its process and URL, and stops it."""
    environment = {name: value for name, value in os.environ.items() if name != "RUST_LOG"} | dict(environment)
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            line = process.stdout.readline()
            if not line.startswith(LISTENING):
                sys.exit(f"{command[0]} ended before it listened; its error is above")
            yield process, line.removeprefix(LISTENING).strip()
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        finally:
            process.kill()


def wrk(url, file, clients, seconds):
    """Starts wrk with this many clients on the pairs in this file."""
    command = ["wrk", "--threads", "1", "--connections", str(clients), "--duration", f"{seconds}s", "--timeout", "35s",
               "--script", HERE / "moves.lua", url, "--", file]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def finished(process):
    """The output of moves.lua; a move with another end stops the benchmark."""
    output = process.communicate()[0]
    lines = [line for line in output.splitlines() if line.startswith("{")]
    if process.returncode != 0 or not lines:
        sys.exit(f"wrk failed:\n{output}")
    said = json.loads(lines[-1])
    if said["errors"] or said["broken"]:
        sys.exit(f"{said['errors']} moves did not end as they should, {said['broken']} connections broke")
    return said
