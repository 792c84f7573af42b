"""`run_mode.py RESULTS nova|moves|threads|nova-34|tasks|proxy TEST...`: runs tests of nova.

Writes one line of JSON for each test to RESULTS.

`nova`: nova as it is. `moves`: with swaparoo-nova installed and a real runner, under the rules `standard`; `nova-34`:
the same under those. `threads`: as `moves`, without eventlet. `tasks`: with [swaparoo] tasks = true. `proxy`: nova as it is, with its Placement behind
`swaparoo proxy`.
"""
import nova.tests.functional  # noqa: F401  first: it patches Python

import json
import logging
import sys
import time
import unittest

import environment
import patience

# The kinds of tasks that the runner must have received; otherwise these tests did not use it.
MOVES = {"move", "replace", "revert"}
USED = {"moves": MOVES, "threads": MOVES, "nova-34": MOVES, "tasks": {"migrate", "live-migrate"}, "proxy": {"move"}}


class Lines(unittest.TestResult):
    """Writes a line for each test that has run."""

    def __init__(self, file):
        super().__init__()
        self._file = file
        self._began = 0.0

    def startTest(self, test):
        super().startTest(test)
        self._began = time.monotonic()
        self._why = None
        self._state = "passed"

    def addError(self, test, err=None, details=None):
        self._state, self._why = "failed", _words(test, err, details)
        if not isinstance(test, unittest.TestCase):
            # `setUpClass` failed, and none of its tests is run.
            self.stopTest(test)

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._state, self._why = "failed", f"{subtest}: {_words(test, err, None)}"

    def addSkip(self, test, reason=None, details=None):
        self._state, self._why = "skipped", reason or _words(test, None, details)

    def addExpectedFailure(self, test, err=None, details=None):
        self._why = "expected to fail"

    def stopTest(self, test):
        super().stopTest(test)
        took = time.monotonic() - self._began
        line = {"test": test.id(), "state": self._state, "seconds": round(took, 3), "why": self._why}
        print(json.dumps(line), file=self._file, flush=True)


def _words(test, err, details):
    if err is not None:
        return unittest.TestResult()._exc_info_to_string(err, test)
    wanted = [name for name in details or {} if "traceback" in name or name == "reason"]
    logged = [line for name in details or {} if "logging" in name for line in details[name].as_text().splitlines()]
    own = [line for line in logged if " swaparoo_nova" in line or "[swaparoo_nova" in line]
    return "\n".join([*(details[name].as_text() for name in wanted), *own])


def main(results, how, *names):
    patience.install()
    service = None
    if how == "proxy":
        import proxied
        front, service = proxied.start(environment.program())
        environment.current = environment.Current(front, service, None)
    elif how != "nova":
        front = environment.Front()
        service = environment.Service(environment.program(), front.url, policy="nova-34" if how == "nova-34" else "standard")
        environment.current = environment.Current(front, service, _install(service, how))
    try:
        suite = unittest.defaultTestLoader.loadTestsFromNames(names)
        with open(results, "a", encoding="utf-8") as file:
            suite.run(Lines(file))
        if service and USED[how].isdisjoint(service.kinds()):
            raise RuntimeError(f"the runner had no task of the kinds {USED[how]}: it was not used")
    finally:
        if service:
            service.stop()


def _install(service, how):
    from oslo_config import cfg
    from swaparoo_nova import config
    from swaparoo_nova.install import install

    # Set as defaults of the options, since nova's tests reset other values after each test.
    cfg.set_defaults(config.OPTIONS, tasks=how == "tasks")
    return install(service.socket)


if __name__ == "__main__":
    logging.captureWarnings(True)
    main(*sys.argv[1:])
