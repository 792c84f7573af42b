"""A whole move, by nova's own client and by Swaparoo, against the same real Placement in one run.

    cargo xtask bench moves

builds and prepares everything and runs this script with the Python of target/venv, which has nova 34 and
openstack-placement 16. Each client moves the allocations of its own server (three resources of one node) to a migration
record and back:
 nova      SchedulerReportClient.move_allocations, configured by nova's options
 swaparoo  the loop of the host under the policy `standard`; the component makes each decision
 bare      the move's three requests, one after another, by Python's http.client with prepared bodies: the share of
           Placement and of the connection in the others' time

Each round runs all clients, in alternating order. The latency of a move is measured within the client. Its CPU time is
the difference between a process that does the moves and one that does none, so start-up and warm-up do not count;
Placement's own CPU time is not included. The ratios compare numbers of the same round. Connections are kept, as by the
servers that Placement is deployed with.

The exit code says whether the measurement worked, not its result.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

import real_placement

HERE = pathlib.Path(__file__).resolve().parent

# The aims for Swaparoo's latency and CPU time, as shares of those of nova's client.
LATENCY_AIM = 0.7
CPU_AIM = 1 / 20


def main():
    options = arguments()
    load, processors = os.getloadavg()[0], os.cpu_count()
    if load > processors:
        say(f"{processors} processors are busy with a load of {load:.1f}: latencies are longer than on a quiet machine")
    clients = {
        "nova": [sys.executable, "-W", "ignore", HERE / "nova_moves.py"],
        "swaparoo": [options.program],
        "bare": [sys.executable, HERE / "bare_moves.py"],
    }
    say("start Placement")
    with real_placement.running() as url:
        rounds = measure(clients, url, options)
    print(table(rounds, options))


def say(line):
    """Progress goes to standard error, the table to standard output."""
    print(f"== {line}", file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False)
    parser.add_argument("--moves", type=at_least_one, default=60, metavar="N", help="in each round (default: 60)")
    parser.add_argument("--rounds", type=at_least_one, default=10, metavar="N", help="default: 10")
    parser.add_argument("--program", type=executable, metavar="FILE", required=True, help="the built benchmark `moves`")
    return parser.parse_args()


def at_least_one(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return int(text)


def executable(text):
    path = os.path.abspath(text)
    if not os.path.isfile(path) or not os.access(path, os.X_OK):
        raise argparse.ArgumentTypeError(f"{text} is not a program")
    return path


def measure(clients, url, options):
    """All rounds, each as {client: {"ms": the latency of each move, "cpu": the CPU time of a move}}."""
    say("one run of each client without moves, which fills the caches of disk and compiler")
    for command in clients.values():
        spent(command, url, 0)
    rounds = []
    for number in range(options.rounds):
        measured = {}
        for name in turns(list(clients), number):
            say(f"round {number + 1} of {options.rounds}: {name}, {options.moves} moves")
            _, idle = spent(clients[name], url, 0)
            ms, busy = spent(clients[name], url, options.moves)
            measured[name] = {"ms": ms, "cpu": (busy - idle) / options.moves}
        rounds.append(measured)
    return rounds


def turns(names, number):
    """In alternating order, so that no client always runs first."""
    return names if number % 2 == 0 else names[::-1]


def spent(command, url, moves):
    """Runs a client; returns the latency of each move and the CPU time of its process, both in milliseconds."""
    command = [*command, url, real_placement.TOKEN, str(moves)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with process.stdout:
        output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{command[-4]} ended with exit code {process.returncode}; its error is above")
    return [us / 1e3 for us in json.loads(output)["microseconds"]], (usage.ru_utime + usage.ru_stime) * 1e3


def table(rounds, options):
    total = options.rounds * options.moves
    lines = [f"{total} moves by each client, {options.moves} in each round", ""]
    lines.append(f"{'':<22}{'median ms':>11}{'p95 ms':>10}{'CPU ms a move':>16}")
    for name in rounds[0]:
        ms = sorted(latency for measured in rounds for latency in measured[name]["ms"])
        cpu = statistics.median(measured[name]["cpu"] for measured in rounds)
        label = "three bare requests" if name == "bare" else name
        lines.append(f"{label:<22}{statistics.median(ms):>11.2f}{ms[int(len(ms) * 0.95)]:>10.2f}{cpu:>16.3f}")
    lines += ["", f"{'swaparoo / nova':<22}{'median':>11}{'lowest':>10}{'highest':>10}   aim"]
    lines.append(ratio("median latency", [median(r["swaparoo"]) / median(r["nova"]) for r in rounds], LATENCY_AIM))
    lines.append(ratio("CPU time", [r["swaparoo"]["cpu"] / r["nova"]["cpu"] for r in rounds], CPU_AIM))
    lines += ["", "Of the median, the client's own (less the three bare requests):"]
    for name in ("nova", "swaparoo"):
        own = statistics.median(median(measured[name]) - median(measured["bare"]) for measured in rounds)
        lines.append(f"{name:<22}{own:>11.2f} ms")
    return "\n".join(lines)


def ratio(label, ratios, aim):
    reached = "reached" if statistics.median(ratios) <= aim else "missed"
    numbers = f"{statistics.median(ratios):>11.3f}{min(ratios):>10.3f}{max(ratios):>10.3f}"
    return f"{label:<22}{numbers}   <= {aim:g}: {reached}"


def median(client):
    return statistics.median(client["ms"])


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted")
