"""A slow Placement: 1,000 moves are open all the time, and meanwhile the script requests the service's policies.

Placement is `swaparoo placement` behind delay.py. A move waits for two answers, one after another, so 1,000 clients can
do at most 2,500 moves a second. The actual number depends on the processors, which the service shares here with wrk,
Placement and the delay.
"""
import pathlib
import statistics
import sys
import tempfile
import time

import service
from service import HERE, say, total

IN_FLIGHT = 1000
ANSWER_MS = 200
# The pause between two requests for the policies.
PAUSE = 0.005
# How often the service's metrics are read, in seconds.
LOOK = 0.25
SECONDS = 40

# All of them, except those whose clients have just received their answers.
FULL = 0.9

# The aims: requests for policies do not wait for Placement, and memory does not grow while the number of open moves
# stays the same.
POLICIES_AIM = 1
GROWTH_AIM = 1.1


def measure(options, folder):
    with tempfile.TemporaryDirectory(dir=folder) as own:
        pairs = service.pairs(IN_FLIGHT)
        state, file, token = (pathlib.Path(own, name) for name in ("placement.json", "pairs", "token"))
        state.write_text(service.state(source for source, _ in pairs))
        file.write_text("".join(f"{source} {target}\n" for source, target in pairs))
        token.write_text("admin\n")
        token.chmod(0o600)
        model = [options.program, "placement", "--listen", "127.0.0.1:0", "--state", state]
        with service.running(model, own) as (_, url):
            with service.running([sys.executable, HERE / "delay.py", url, str(ANSWER_MS)], own) as (_, slow):
                placement = f'url = "{slow}"\ntoken_file = "{token}"'
                with service.serving(options.program, own, placement, f'file = "{own}/journal.db"') as running:
                    return report(*played(running, file))


def played(running, file):
    """The measurements of the idle service and of the busy service, wrk's results, and the metrics."""
    running.ask("GET", "/v1/policies")
    say("slow Placement: requesting the policies of the idle service")
    until = time.monotonic() + 3
    idle = watched(running, lambda: time.monotonic() < until)
    say(f"slow Placement: {IN_FLIGHT:,} clients for {SECONDS} s")
    wrk = service.wrk(running.url, file, IN_FLIGHT, SECONDS)
    busy = watched(running, lambda: wrk.poll() is None)
    return idle, steady(busy), service.finished(wrk), running.idle()


def watched(running, goes_on):
    """Requests the policies repeatedly; returns each request's start and ms, and samples of open tasks and memory."""
    asked, seen, look = [], [], 0
    while goes_on():
        began = time.perf_counter()
        running.ask("GET", "/v1/policies")
        asked.append((began, (time.perf_counter() - began) * 1e3))
        if began >= look:
            look = began + LOOK
            seen.append((began, total(running.metrics(), "swaparoo_tasks_open"), running.memory()))
        time.sleep(PAUSE)
    return asked, seen


def steady(watched):
    """The measurements without the beginning, when connections are opened, and the end, when wrk has stopped."""
    asked, seen = watched
    full = [when for when, open_tasks, _ in seen if open_tasks >= FULL * IN_FLIGHT]
    if not full:
        sys.exit(f"never more than {max(open_tasks for _, open_tasks, _ in seen):.0f} moves were in flight")
    within = lambda times: [one for one in times if full[0] <= one[0] <= full[-1]]
    return within(asked), within(seen)


def report(idle, busy, said, metrics):
    ended = metrics["swaparoo_tasks_total"]
    otherwise = [labels for labels in ended if 'state="finished"' not in labels or 'outcome="moved"' not in labels]
    if otherwise:
        sys.exit(f"moves did not end as `moved`: {otherwise}")
    answers = [total(metrics, f"swaparoo_placement_request_seconds_{part}") for part in ("sum", "count")]
    in_flight = [open_tasks for _, open_tasks, _ in busy[1]]
    seconds, rate = busy[1][-1][0] - busy[1][0][0], said["moves"] / said["seconds"]
    return "\n".join([
        f"slow Placement: an answer takes {answers[0] / answers[1] * 1e3:.0f} ms, the delay of {ANSWER_MS} ms included",
        f"moves in flight         {statistics.median(in_flight):.0f} (median), "
        f"{min(in_flight):.0f} to {max(in_flight):.0f}, for {seconds:.0f} s",
        f"moves                   {sum(ended.values()):.0f} ended, all as moved; {rate:.0f} a second",
        f"a move                  {said['p50_us'] / 1e3:.0f} ms (p50), {said['p99_us'] / 1e3:.0f} ms (p99)",
        "",
        *policies([ms for _, ms in idle[0]], [ms for _, ms in busy[0]]),
        "",
        *memory(idle[1], busy[1]),
    ])


def policies(idle, busy):
    yield f"{'GET /v1/policies':<24}{'asked':>6}{'p50 ms':>9}{'p99 ms':>9}"
    for label, times in (("idle", idle), (f"{IN_FLIGHT:,} moves in flight", busy)):
        yield f"{label:<24}{len(times):>6}{percentile(times, 50):>9.2f}{percentile(times, 99):>9.2f}"
    yield f"{'in flight / idle':<24}{'':>6}" + "".join(
        f"{percentile(busy, part) / percentile(idle, part):>9.2f}" for part in (50, 99))
    yield aim(f"p99 / an answer of {ANSWER_MS} ms", percentile(busy, 99) / ANSWER_MS, POLICIES_AIM)


def memory(idle, busy):
    before, resident = idle[-1][2], [mib for _, _, mib in busy]
    half = len(resident) // 2
    most = max(resident)
    yield f"resident memory         {before:.0f} MiB idle, {most:.0f} MiB at most"
    yield f"a move in flight        {(most - before) * 1024 / IN_FLIGHT:.0f} KiB"
    yield aim("second half / first half", max(resident[half:]) / max(resident[:half]), GROWTH_AIM)


def percentile(values, part):
    return statistics.quantiles(values, n=100, method="inclusive")[part - 1]


def aim(label, value, most):
    return f"{label:<30}{value:>9.2f}   < {most}: {'reached' if value < most else 'missed'}"
