"""A compute node is evacuated: what Placement is asked for each server, and how long each takes.

    cargo xtask bench evacuate

builds and sets up what this needs and runs it. All servers on one node give their allocations to a migration record
each, as tasks of a running service with its journal:
 one by one    the next is asked for when the one before has ended
 at once       all are asked for together, and each write is a request of its own (placement.batch = 1)
 batched       the same, and writes to one provider go together (placement.batch as the configuration has it)

All of them write to the same resource provider, whose generation each write raises. Placement is, in turn, the model
behind a socket (`swaparoo placement`) and the real one, with connections kept, on sqlite and a request at a time: so
writes never meet there, and what they cost is Placement's own time. Where several of Placement's workers write at once
they do meet: --placement measures such a one, too.

The kinds take turns, in another order each round, with new servers each time; the ratios are made of each round's own
numbers. Requests and retries are the service's own count of them. Every task must end as `moved`, each migration must
hold what its server held, and the node as much as before, or this fails. Otherwise the exit code says whether it could
be measured, not what came out.
"""
import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import statistics
import sys
import tempfile
import time

for neighbour in ("load", "whole_move"):
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / neighbour))

import node
import real_placement
import service
from load import at_least_one, executable
from service import say, total

KINDS = ("one by one", "at once", "batched")
BATCH = {"one by one": 1, "at once": 1, "batched": 64}
# Who asks for all at once does so over as many connections.
CLIENTS = 8
# The first moves open connections and fill caches.
WARM_UP = 20
REQUESTS = "swaparoo_placement_request_seconds_count"


def main():
    options = arguments()
    load, processors = os.getloadavg()[0], os.cpu_count()
    if load > processors:
        say(f"{processors} processors are busy with a load of {load:.1f}: all is slower than on a quiet machine")
    with tempfile.TemporaryDirectory(prefix="evacuate-", dir=options.program.parent) as folder:
        for name, placement in placements(options, folder):
            with placement as url:
                rounds = measure(options, folder, name, url)
            print(table(name, rounds, options) + "\n", flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--servers", type=at_least_one, default=500, metavar="N", help="on the node (default: 500)")
    parser.add_argument("--rounds", type=at_least_one, default=3, metavar="N", help="default: 3")
    parser.add_argument("--placement", metavar="URL", help="another Placement, which takes the token `admin`")
    parser.add_argument("--program", type=executable, metavar="FILE", required=True, help="the built `swaparoo`")
    return parser.parse_args()


def placements(options, folder):
    yield "the model over HTTP", model(options, folder)
    yield "the real Placement", real_placement.running()
    if options.placement:
        yield options.placement, contextlib.nullcontext(options.placement.rstrip("/"))


@contextlib.contextmanager
def model(options, folder):
    with service.running([options.program, "placement", "--listen", "127.0.0.1:0"], folder) as (_, url):
        yield url


def measure(options, folder, name, url):
    """All rounds, each as {kind: what was measured}."""
    rounds = []
    for number in range(options.rounds):
        measured = {}
        for kind in KINDS if number % 2 == 0 else KINDS[::-1]:
            say(f"{name}, round {number + 1} of {options.rounds}: {options.servers} servers {kind}")
            measured[kind] = evacuation(options, folder, url, kind)
        rounds.append(measured)
    return rounds


def evacuation(options, folder, url, kind):
    with tempfile.TemporaryDirectory(dir=folder) as own:
        token = pathlib.Path(own, "token")
        token.write_text("admin\n")
        placement = f'url = "{url}"\ntoken_file = "{token}"\nbatch = {BATCH[kind]}'
        with service.serving(options.program, own, placement, f'file = "{own}/journal.db"') as running:
            with node.Node(url, 1 + options.servers) as full:
                warm, *pairs = service.pairs(1 + options.servers)
                for server, _ in (warm, *pairs):
                    full.give(server)
                for source, target in [warm, warm[::-1]] * (WARM_UP // 2):
                    running.move(source, target)
                before = running.idle()
                began = time.perf_counter()
                leave(running, pairs, kind)
                after = running.idle()
                seconds = time.perf_counter() - began
                measured = report(before, after, seconds, options.servers)
                full.check(pairs)
                return measured


def leave(running, pairs, kind):
    if kind == "one by one":
        for source, target in pairs:
            running.move(source, target)
        return

    def ask(some):
        connection = service.Service(running.process, running.url)
        for source, target in some:
            connection.ask("POST", "/v1/tasks", service.task(source, target))

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(ask, (pairs[number::CLIENTS] for number in range(CLIENTS))))


def report(before, after, seconds, servers):
    grown = lambda name, part="": of(after, name, part) - of(before, name, part)
    moved = grown("swaparoo_tasks_total", 'outcome="moved"')
    if moved != servers or grown("swaparoo_tasks_total") != servers:
        sys.exit(f"{moved:.0f} of {servers} tasks ended as moved: {after['swaparoo_tasks_total']}")
    # Where there is no batching, nothing is counted: each write is a POST.
    posts = grown(REQUESTS, 'method="POST"')
    return {
        "ms": seconds * 1e3 / servers,
        "requests": grown(REQUESTS) / servers,
        "posts": posts / servers,
        "conflicts": grown(REQUESTS, 'status="409"') / servers,
        "post ms": grown("swaparoo_placement_request_seconds_sum", 'method="POST"') * 1e3 / posts,
        "get ms": grown("swaparoo_placement_request_seconds_sum", 'method="GET"') * 1e3
        / grown(REQUESTS, 'method="GET"'),
    }


def of(metrics, name, part):
    """A metric's series whose labels have this among them, together."""
    return sum(value for labels, value in metrics.get(name, {}).items() if part in labels)


def table(name, rounds, options):
    lines = [f"{name}: {options.servers} servers leave a node; medians of {options.rounds} rounds", ""]
    lines.append("                             Placement's requests a task       an answer takes")
    lines.append("                 ms a task      all    POST     409       GET ms   POST ms")
    for kind in KINDS:
        value = lambda key: statistics.median(measured[kind][key] for measured in rounds)
        lines.append(
            f"{kind:<14}{value('ms'):>12.2f}{value('requests'):>9.2f}{value('posts'):>8.3f}{value('conflicts'):>8.3f}"
            f"{value('get ms'):>13.1f}{value('post ms'):>10.1f}")
    lines += ["", f"{'time a task':<28}{'median':>8}{'lowest':>9}{'highest':>9}"]
    for some, other in (("at once", "one by one"), ("batched", "one by one"), ("batched", "at once")):
        values = [measured[some]["ms"] / measured[other]["ms"] for measured in rounds]
        lines.append(
            f"{some + ' / ' + other:<28}{statistics.median(values):>8.2f}{min(values):>9.2f}{max(values):>9.2f}")
    return "\n".join(lines)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted")
