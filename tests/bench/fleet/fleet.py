"""Runners on one PostgreSQL whose commits take 5 ms: what one runner reaches, and what three reach.

    cargo xtask bench fleet

builds everything and runs this script. Each runner has a model of Placement in its own process, and clients of its own,
which wait for the end of a move before they start the next one (../load/moves.lua). A move waits for three commits one after
another, and commits are shared: so each client can do one move in three times the time of a commit, if deciding and
writing cost nothing. That is what group commit allows.

The time of a commit is PostgreSQL's `commit_delay` and the disk's own. The CPU column is the share of all processors that all
processes together have used: where it is near 100 %, the processors are the limit and not the commits.
"""
import argparse
import contextlib
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "load"))

import load
import service
from service import say, total

COMMIT_MS = 5
COMMITS_A_MOVE = 3
RUNNERS = (1, 3)
CLIENTS = (4, 16, 64)
ALLOWED_AIM, THREE_AIM = 0.7, 2.5


def main():
    options = arguments()
    load.allow_open_files()
    memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
    rounds = []
    with tempfile.TemporaryDirectory(prefix="fleet-", dir=memory) as folder, databases(options.postgres) as new:
        for number in range(options.rounds):
            kinds = load.turns([(clients, runners) for clients in CLIENTS for runners in RUNNERS], number)
            measured = {}
            for clients, runners in kinds:
                say(f"round {number + 1} of {options.rounds}: {runners} {'runner' if runners == 1 else 'runners'}, {clients} clients each")
                measured[clients, runners] = measurement(options, folder, new(), clients, runners)
            rounds.append(measured)
    print(table(rounds, options))


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--seconds", type=load.at_least_one, default=5, metavar="N", help="of each (default: 5)")
    parser.add_argument("--rounds", type=load.at_least_one, default=3, metavar="N", help="default: 3")
    parser.add_argument("--program", type=load.executable, metavar="FILE", required=True, help="the built `swaparoo`")
    parser.add_argument("--postgres", type=load.executable, metavar="FILE", required=True,
                        help="the built example `postgres` of tests/databases")
    return parser.parse_args()


@contextlib.contextmanager
def databases(program):
    """A function that makes a new database and returns its URL."""
    command = [program, str(COMMIT_MS * 1000)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        def new():
            process.stdin.write("\n")
            process.stdin.flush()
            return process.stdout.readline().strip() or sys.exit("PostgreSQL has ended; its error is above")
        yield new
        process.stdin.close()


def measurement(options, folder, journal, clients, runners):
    with contextlib.ExitStack() as stack:
        started = [start(stack, options.program, folder, journal, clients, first=n == 0) for n in range(runners)]
        used, passed = busy()
        before = [running.metrics() for running, _ in started]
        loads = [service.wrk(running.url, file, clients, options.seconds) for running, file in started]
        said = [service.finished(process) for process in loads]
        used, passed = (now - then for now, then in zip(busy(), (used, passed)))
        after = [running.idle() for running, _ in started]
        grown = lambda name: sum(total(a, name) - total(b, name) for a, b in zip(after, before))
        return {
            "rate": sum(one["moves"] / one["seconds"] for one in said),
            "p50": statistics.median(one["p50_us"] / 1e3 for one in said),
            "commit": 1e3 * grown("swaparoo_journal_commit_seconds_sum") / grown("swaparoo_journal_commit_seconds_count"),
            "shared": grown("swaparoo_tasks_total") / grown("swaparoo_journal_commit_seconds_count"),
            "cpu": used / passed,
        }


def start(stack, program, folder, journal, clients, first):
    """One runner, and the file of its clients' pairs of consumers."""
    own = stack.enter_context(tempfile.TemporaryDirectory(dir=folder))
    warm, *pairs = service.pairs(1 + clients)
    placement, file = pathlib.Path(own, "placement.json"), pathlib.Path(own, "pairs")
    placement.write_text(service.state(source for source, _ in (warm, *pairs)))
    file.write_text("".join(f"{source} {target}\n" for source, target in pairs))
    embedded, kept = f'embedded = "{placement}"', f'url = "{journal}"'
    if first:
        pathlib.Path(own, "swaparoo.toml").write_text(service.CONFIG.format(placement=embedded, journal=kept))
        subprocess.run([program, "db", "sync", "--config", "swaparoo.toml"], cwd=own, check=True, stdout=subprocess.DEVNULL)
    running = stack.enter_context(service.serving(program, own, embedded, kept))
    for source, target in [warm, warm[::-1]] * 10:
        running.move(source, target)
    return running, file


def busy():
    """The ticks in which the processors worked since the start of the system, and all ticks."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def table(rounds, options):
    median = lambda kind, name: statistics.median(measured[kind][name] for measured in rounds)
    lines = [f"medians of {options.rounds} rounds of {options.seconds} s each; commits take {COMMIT_MS} ms", ""]
    lines.append("clients  runners   moves/s   p50 ms  commit ms  moves/commit   CPU  of what group commit allows")
    for clients in CLIENTS:
        for runners in RUNNERS:
            kind = clients, runners
            allowed = clients * runners * 1e3 / (COMMITS_A_MOVE * COMMIT_MS)
            lines.append(
                f"{clients:>7}{runners:>9}{median(kind, 'rate'):>10.0f}{median(kind, 'p50'):>9.1f}"
                f"{median(kind, 'commit'):>11.1f}{median(kind, 'shared'):>14.2f}{median(kind, 'cpu'):>6.0%}"
                f"{median(kind, 'rate') / allowed:>8.2f}")
    return "\n".join([*lines, "", *ratios(rounds)])


def ratios(rounds):
    yield f"{'':<44}{'median':>8}{'lowest':>9}{'highest':>9}   aim"
    for clients in CLIENTS:
        allowed = clients * 1e3 / (COMMITS_A_MOVE * COMMIT_MS)
        one = [measured[clients, 1]["rate"] for measured in rounds]
        three = [measured[clients, 3]["rate"] for measured in rounds]
        of_allowed = [rate / allowed for rate in one]
        of_one = [more / rate for more, rate in zip(three, one, strict=True)]
        yield load.ratio(f"{clients} clients: one runner / what is allowed", of_allowed, ALLOWED_AIM, 44, at_least=True)
        yield load.ratio(f"{clients} clients each: three runners / one", of_one, THREE_AIM, 44, at_least=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted")
