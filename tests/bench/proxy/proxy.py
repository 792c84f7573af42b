"""Requests to Placement, directly and through the proxy, in turns.

    cargo xtask bench proxy

builds everything and runs this script. Placement is the model, as a process of its own (`swaparoo placement`). One client with a
kept connection to each sends a read, a write that is no move, and a move to a new consumer directly and through the proxy, in
turns, so that other load of the machine slows both. Then several clients read as fast as they can. The proxy has a
journal on the disk of the measured program, no nova, and first observes and then decides. The script fails unless every answer is as
expected; the exit code says nothing about the times.
"""
import argparse
import http.client
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "load"))
from service import running, state  # noqa: E402

CLIENTS = (1, 8)


def main():
    options = arguments()
    with tempfile.TemporaryDirectory(prefix="proxy-", dir=options.program.parent) as folder:
        print(f"{'':<28}{'direct ms':>10}{'observe ms':>12}{'decide ms':>11}{'observe x':>11}{'decide x':>10}", flush=True)
        measure(options, pathlib.Path(folder))


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--requests", type=int, default=400, metavar="N", help="of each kind and way (default: 400)")
    parser.add_argument("--seconds", type=float, default=5, metavar="N", help="of the part with several clients (default: 5)")
    parser.add_argument("--program", type=lambda text: pathlib.Path(text).absolute(), required=True, metavar="FILE")
    return parser.parse_args()


class Way:
    """A kept connection to Placement or to the proxy."""

    def __init__(self, url):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
        self.connection.connect()

    def ask(self, method, path, body=None, expected=(200, 204)):
        """The answer's body and the milliseconds that it took."""
        headers = {"x-auth-token": "admin", "openstack-api-version": "placement 1.28", "content-type": "application/json"}
        began = time.perf_counter()
        self.connection.request(method, path, body and json.dumps(body), headers)
        answer = self.connection.getresponse()
        content = answer.read()
        took = (time.perf_counter() - began) * 1000
        if answer.status not in expected:
            sys.exit(f"{answer.status} to {method} {path}: {content.decode()}")
        return content and json.loads(content), took

    def read(self, consumer):
        return self.ask("GET", f"/allocations/{consumer}")


def measure(options, folder):
    """Prints a line for each kind of request, and one for each number of clients."""
    held = [[str(uuid.uuid4())] for _ in range(3)]
    (folder / "state.json").write_text(state([holder for [holder] in held]))
    placement = [options.program, "placement", "--listen", "127.0.0.1:0", "--state", "state.json"]
    with running(placement, folder) as (_, url):
        (folder / "token").touch(mode=0o600)
        (folder / "token").write_text("admin")
        with proxy(options, folder, url, "observe") as observing, proxy(options, folder, url, "decide") as deciding:
            ways = [Way(at) for at in (url, observing, deciding)]
            for name, kind in (("a read", reading), ("a write", writing), ("a move", moving)):
                times = [[] for _ in ways]
                for turn in range(options.requests):
                    for way, holder, of in zip(ways, held, times):
                        took = kind(way, holder)
                        if turn > options.requests // 10:
                            of.append(took)
                line(name, [statistics.median(of) for of in times])
            for clients in CLIENTS:
                rates = [rate(at, held[0][0], clients, options.seconds) for at in (url, observing, deciding)]
                print(f"{f'reads a second, {clients} clients':<28}" + "".join(f"{each:>11.0f}" for each in rates))


def line(name, medians):
    direct, observe, decide = medians
    print(f"{name:<28}{direct:>10.3f}{observe:>12.3f}{decide:>11.3f}{observe / direct:>11.2f}{decide / direct:>10.2f}", flush=True)


def reading(way, holder):
    return way.read(holder[0])[1]


def writing(way, holder):
    held, _ = way.read(holder[0])
    held["allocations"] = {node: {"resources": of["resources"]} for node, of in held["allocations"].items()}
    return way.ask("PUT", f"/allocations/{holder[0]}", held)[1]


def moving(way, holder):
    source, target = holder[0], str(uuid.uuid4())
    held, _ = way.read(source)
    owner = {key: held[key] for key in ("project_id", "user_id")}
    body = {
        source: {"allocations": {}, "consumer_generation": held["consumer_generation"], **owner},
        target: {"allocations": held["allocations"], "consumer_generation": None, **owner},
    }
    holder[0] = target
    return way.ask("POST", "/allocations", body)[1]


def rate(url, consumer, clients, seconds):
    """Reads a second by this many threads of this one process, which is the slowest part for many of them."""
    done, end = [0] * clients, time.perf_counter() + seconds

    def go(number):
        way = Way(url)
        while time.perf_counter() < end:
            way.read(consumer)
            done[number] += 1

    threads = [threading.Thread(target=go, args=(number,)) for number in range(clients)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return sum(done) / seconds


class proxy:
    """A running proxy; its value is its address."""

    def __init__(self, options, folder, placement, mode):
        self.command = [options.program, "proxy", "--listen", "127.0.0.1:0", "--placement", placement, "--token-file", "token",
                        "--mode", mode, "--journal", f"{mode}.db", "--tcp", "127.0.0.1:0"]
        self.folder = folder

    def __enter__(self):
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, env={**os.environ, "RUST_LOG": "warn"}, stdout=subprocess.PIPE, text=True)
        said = self.process.stdout.readline()
        self.process.stdout.readline()
        if " moves at " not in said:
            sys.exit("the proxy ended before it listened; its error is above")
        return said.rpartition(" ")[2].strip()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)


if __name__ == "__main__":
    main()
