"""The evacuation of a compute node: the requests to Placement for each server, and the time for each.

    cargo xtask bench evacuate

builds and prepares everything and runs this script. A running service with its journal migrates each server on one
node by a whole `migrate` task: the server's allocations go to a migration record, the scheduler claims the destination,
and the cast is sent. This process plays nova's conductor, which answers each task's questions over HTTP, and the
scheduler, whose claims are not counted as requests.
 one by one    each task starts when the previous one has ended
 at once       all tasks start together, and each write is a separate request (placement.batch = 1)
 batched       the same, but writes to one provider are sent together (the default of placement.batch)

All swaps write to the same resource provider, and each write raises its generation. Two Placements are measured: the
model behind a socket (`swaparoo placement`), and the real one, which keeps connections, uses sqlite and handles one
request at a time. So writes never conflict there, and their cost is only Placement's own time. Writes do conflict if
several of Placement's workers write at once: --placement also measures such a Placement (without its CPU time).

Each round runs all kinds, in alternating order and with new servers; the ratios compare numbers of the same round. The
service itself counts requests and retries. The CPU times of the three processes show what limits a run. The script
fails unless every task ends as `started`, each migration holds what its server held, each server holds its claim, and
both nodes hold nothing else. Apart from that, the exit code says whether the measurement worked, not its result.
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

import conductor
import node
import real_placement
import service
from load import at_least_one, executable
from service import say

KINDS = ("one by one", "at once", "batched")
BATCH = {"one by one": 1, "at once": 1, "batched": 64}
# The first migrations open connections and fill caches.
WARM_UP = 5
REQUESTS = "swaparoo_placement_request_seconds_count"
COMMITS = "swaparoo_journal_commit_seconds"


def main():
    options = arguments()
    load, processors = os.getloadavg()[0], os.cpu_count()
    if load > processors:
        say(f"{processors} processors are busy with a load of {load:.1f}: everything is slower than on a quiet machine")
    with tempfile.TemporaryDirectory(prefix="evacuate-", dir=options.program.parent) as folder:
        for name, placement in placements(options, folder):
            with placement as (process, url):
                rounds = measure(options, folder, name, process, url)
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
    yield "the model over HTTP", service.running([options.program, "placement", "--listen", "127.0.0.1:0"], folder)
    yield "the real Placement", real_placement.process()
    if options.placement:
        yield options.placement, contextlib.nullcontext((None, options.placement.rstrip("/")))


def measure(options, folder, name, process, url):
    """All rounds, each as {kind: measured values}."""
    rounds = []
    for number in range(options.rounds):
        measured = {}
        for kind in KINDS if number % 2 == 0 else KINDS[::-1]:
            say(f"{name}, round {number + 1} of {options.rounds}: {options.servers} servers {kind}")
            measured[kind] = evacuation(options, folder, process, url, kind)
        rounds.append(measured)
    return rounds


def evacuation(options, folder, process, url, kind):
    with tempfile.TemporaryDirectory(dir=folder) as own:
        token = pathlib.Path(own, "token")
        token.write_text("admin\n")
        token.chmod(0o600)
        placement = f'url = "{url}"\ntoken_file = "{token}"\nbatch = {BATCH[kind]}'
        servers = WARM_UP + options.servers
        with service.serving(options.program, own, placement, f'file = "{own}/journal.db"') as running, \
                node.Node(url, servers) as source, node.Node(url, servers) as destination:
            conductors = conductor.of(source, destination, servers)
            leave(running, conductors[:WARM_UP], "one by one")
            before = now(running, process)
            leave(running, conductors[WARM_UP:], kind)
            measured = report(before, now(running, process), options.servers)
            source.check(one.migration for one in conductors)
            destination.check(one.server for one in conductors)
            return measured


def leave(running, conductors, kind):
    """Each conductor has its own connection, and its own thread if they work at the same time."""
    def see_through(one):
        ended = one.see_through(service.Service(running.process, running.url))
        if ended != "started":
            sys.exit(f"the migration of {one.server} ended as {ended}")

    with concurrent.futures.ThreadPoolExecutor(1 if kind == "one by one" else len(conductors)) as threads:
        list(threads.map(see_through, conductors))


def now(running, placement):
    """The time, the service's metrics, and the CPU time of each process."""
    cpu = {"service": running.cpu(), "placement": service.cpu(placement) if placement else 0}
    cpu["conductor"] = time.process_time() * 1e3
    # A new connection, since the service may have closed the old one, which was idle during the run.
    metrics = service.Service(running.process, running.url).idle()
    return time.perf_counter(), metrics, cpu


def report(before, after, servers):
    grown = lambda name, part="": of(after[1], name, part) - of(before[1], name, part)
    if grown("swaparoo_tasks_total", 'outcome="started"') != servers or grown("swaparoo_tasks_total") != servers:
        sys.exit(f"not all of {servers} tasks ended as started: {after[1]['swaparoo_tasks_total']}")
    answers = lambda method: grown("swaparoo_placement_request_seconds_sum", method) * 1e3 / grown(REQUESTS, method)
    return {
        "ms": (after[0] - before[0]) * 1e3 / servers,
        "requests": grown(REQUESTS) / servers,
        # Without batching, this is the number of writes: each is a POST.
        "posts": grown(REQUESTS, 'method="POST"') / servers,
        "conflicts": grown(REQUESTS, 'status="409"') / servers,
        "get ms": answers('method="GET"'),
        "post ms": answers('method="POST"'),
        "commits": grown(f"{COMMITS}_count") / servers,
        "deciding": grown("swaparoo_step_seconds_sum") * 1e3 / servers,
        **{name: (after[2][name] - before[2][name]) / servers for name in after[2]},
    }


def of(metrics, name, part):
    """The sum of the metric's series that have this label."""
    return sum(value for labels, value in metrics.get(name, {}).items() if part in labels)


def table(name, rounds, options):
    lines = [f"{name}: {options.servers} servers leave a node; medians of {options.rounds} rounds", ""]
    lines.append(
        "                        Placement's requests a task  an answer takes   commits  deciding  CPU ms a task of the")
    lines.append(
        "             ms a task     all    POST     409    GET ms  POST ms   a task ms a task  service Placement "
        "conductor")
    for kind in KINDS:
        value = lambda key: statistics.median(measured[kind][key] for measured in rounds)
        lines.append(
            f"{kind:<11}{value('ms'):>11.2f}{value('requests'):>8.2f}{value('posts'):>8.3f}{value('conflicts'):>8.3f}"
            f"{value('get ms'):>10.1f}{value('post ms'):>9.1f}{value('commits'):>9.2f}"
            f"{value('deciding'):>10.2f}{value('service'):>9.2f}{value('placement'):>10.2f}{value('conductor'):>10.2f}")
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
