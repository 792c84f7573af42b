"""Durable moves through the running service: the cost of its journal, and the effect of a slow Placement.

    cargo xtask bench load

builds everything and runs this script; the client is wrk (https://github.com/wg/wrk). Two parts:
 - Placement is the model in the service's own process, so a move costs little more than the service's own work. 1, 8
   and 64 clients each wait for the end of a move before they start the next one, with the journal in a file and with
   the journal off, in alternating order. Each measurement has its own service and journal.
 - Placement is a process that answers 200 ms later, and 1,000 clients do the same: slow.py.

The journal is on the disk of the measured program, and each commit is synced. The model rewrites its file after each
change, which a real Placement does not do. So the file is in memory (/dev/shm) if the system has it, and as small as
possible, with only one consumer for each client. The table shows the model's share of the time: the larger it is, the
less visible is the journal.

wrk measures the latencies. It counts a slow move also for the moves that its client would have started meanwhile. The
CPU time is that of the service's process, including the model. The script fails unless every move ends as `moved`.
Apart from that, the exit code says whether the measurement worked, not its result.
"""
import argparse
import itertools
import os
import pathlib
import resource
import statistics
import sys
import tempfile

import service
import slow
from service import say, total

CLIENTS = (1, 8, 64)
JOURNALS = ("on", "off")
# The first moves open files and fill caches.
WARM_UP = 50

# The aims: the journal's factor on the time of a move with the most clients, and the tail of the latencies.
JOURNAL_AIM = 2
TAIL_AIM = 10

# Enough for 1,000 clients with two connections to Placement each, and for both ends of them in delay.py.
OPEN_FILES = 8192


def main():
    options = arguments()
    allow_open_files()
    load, processors = os.getloadavg()[0], os.cpu_count()
    if load > processors:
        say(f"{processors} processors are busy with a load of {load:.1f}: everything is slower than on a quiet machine")
    with tempfile.TemporaryDirectory(prefix="load-", dir=options.program.parent) as folder:
        rounds = measure(options, folder)
        print(table(rounds, options), flush=True)
        print("\n" + slow.measure(options, folder))


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--seconds", type=at_least_one, default=5, metavar="N", help="of each measurement (default: 5)")
    parser.add_argument("--rounds", type=at_least_one, default=3, metavar="N", help="default: 3")
    parser.add_argument("--program", type=executable, metavar="FILE", required=True, help="the built `swaparoo`")
    return parser.parse_args()


def at_least_one(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return int(text)


def executable(text):
    path = pathlib.Path(text).absolute()
    if not path.is_file() or not os.access(path, os.X_OK):
        raise argparse.ArgumentTypeError(f"{text} is not a program")
    return path


def allow_open_files():
    """Raises this process's limit of open files, which its child processes inherit."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY not in (now, most) and most < OPEN_FILES:
        sys.exit(f"at most {most} files may be open here, and {OPEN_FILES} are needed: raise `ulimit -Hn`")
    if now != resource.RLIM_INFINITY and now < OPEN_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, most))


def measure(options, folder):
    """All rounds, each as {(clients, journal): measured values}."""
    rounds = []
    for number in range(options.rounds):
        measured = {}
        for clients, journal in turns(list(itertools.product(CLIENTS, JOURNALS)), number):
            say(f"round {number + 1} of {options.rounds}: {clients} clients, journal {journal}")
            measured[clients, journal] = measurement(options, folder, clients, journal)
        rounds.append(measured)
    return rounds


def turns(kinds, number):
    """In alternating order, so that no kind always runs first."""
    return kinds if number % 2 == 0 else kinds[::-1]


def measurement(options, folder, clients, journal):
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else folder
    with tempfile.TemporaryDirectory(dir=folder) as own, tempfile.TemporaryDirectory(dir=memory) as model:
        warm, *pairs = service.pairs(1 + clients)
        placement, file = pathlib.Path(model, "placement.json"), pathlib.Path(own, "pairs")
        placement.write_text(service.state(source for source, _ in (warm, *pairs)))
        file.write_text("".join(f"{source} {target}\n" for source, target in pairs))
        kept = {"on": f'file = "{own}/journal.db"', "off": "off = true"}[journal]
        with service.serving(options.program, own, f'embedded = "{placement}"', kept) as running:
            for source, target in [warm, warm[::-1]] * (WARM_UP // 2):
                running.move(source, target)
            return loaded(running, file, clients, options.seconds)


def loaded(running, file, clients, seconds):
    """wrk's results, and the cost of each move in the service's process, including moves that wrk did not wait for."""
    before, cpu = running.idle(), running.cpu()
    said = service.finished(service.wrk(running.url, file, clients, seconds))
    after, cpu = running.idle(), running.cpu() - cpu
    grown = lambda name: total(after, name) - total(before, name)
    moves = grown("swaparoo_tasks_total")
    return {
        "rate": said["moves"] / said["seconds"],
        "p50": said["p50_us"] / 1e3,
        "p99": said["p99_us"] / 1e3,
        "tail": said["p99_us"] / said["p50_us"],
        "cpu": cpu / moves,
        "model": grown("swaparoo_placement_request_seconds_sum") * 1e3 / moves,
        "commits": grown("swaparoo_journal_commit_seconds_count") / moves,
        "memory": running.memory(),
    }


def table(rounds, options):
    lines = [f"medians of {options.rounds} rounds of {options.seconds} s each", ""]
    lines.append("                                                        of a move:")
    lines.append("clients  journal    moves/s   p50 ms   p99 ms  p99/p50  CPU ms  model ms  commits  RSS MiB")
    for clients, journal in rounds[0]:
        value = lambda name: statistics.median(measured[clients, journal][name] for measured in rounds)
        lines.append(
            f"{clients:>7}  {journal:<7}{value('rate'):>11.0f}{value('p50'):>9.2f}{value('p99'):>9.2f}"
            f"{value('tail'):>9.1f}{value('cpu'):>8.3f}{value('model'):>10.3f}{value('commits'):>9.2f}{value('memory'):>9.0f}")
    return "\n".join([*lines, "", *ratios(rounds)])


def ratios(rounds):
    yield f"{'journal on / off':<28}{'median':>8}{'lowest':>9}{'highest':>9}   aim"
    for clients in CLIENTS:
        of = lambda name: [r[clients, "on"][name] / r[clients, "off"][name] for r in rounds]
        aim = JOURNAL_AIM if clients == max(CLIENTS) else None
        yield ratio(f"{counted(clients)}: time a move", [1 / rate for rate in of("rate")], aim)
        yield ratio(f"{counted(clients)}: CPU time", of("cpu"))
    yield ""
    yield f"{'p99 / p50':<28}{'median':>8}{'lowest':>9}{'highest':>9}   aim"
    for clients, journal in rounds[0]:
        yield ratio(f"{counted(clients)}, journal {journal}", [r[clients, journal]["tail"] for r in rounds], TAIL_AIM)


def counted(clients):
    return "1 client" if clients == 1 else f"{clients} clients"


def ratio(label, values, aim=None, width=28, at_least=False):
    """A line of the table: the aim is an upper bound, or with `at_least` a lower one."""
    middle = statistics.median(values)
    numbers = f"{label:<{width}}{middle:>8.2f}{min(values):>9.2f}{max(values):>9.2f}"
    if aim is None:
        return numbers
    is_reached = middle >= aim if at_least else middle < aim
    return f"{numbers}   {'>=' if at_least else '<'} {aim}: {'reached' if is_reached else 'missed'}"


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted")
