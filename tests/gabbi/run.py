"""Runs Placement's own HTTP scenarios against `PROGRAM placement`, and against the real Placement.

    run.py PROGRAM

The run against the real one checks this runner: every test must pass there. The scenarios are in the installed package
openstack-placement; each file gets a new server. A test of the program that is listed in not-claimed.toml may fail, for
the reason given there. The run fails if a listed test passes, or if any other test fails.
"""
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest
import uuid

import requests
from gabbi import runner, suitemaker, utils

FILES = [
    "allocations-post.yaml",
    "allocations-1.28.yaml",
    "allocations-1-8.yaml",
    "allocations-1-12.yaml",
    "consumer-types-1.38.yaml",
]
HERE = pathlib.Path(__file__).parent
REAL = HERE.parent / "real"
PACKAGE = pathlib.Path(importlib.util.find_spec("placement").origin).parent
SCENARIOS = PACKAGE / "tests" / "functional" / "gabbits"
# The environment variables that Placement's own fixtures set (tests/functional/fixtures/gabbits.py).
NAMES = [
    "RP_UUID", "RP_NAME", "PROJECT_ID", "USER_ID", "PROJECT_ID_ALT", "USER_ID_ALT",
    "INSTANCE_UUID", "MIGRATION_UUID", "CONSUMER_UUID",
    "ALT_USER_ID", "CONSUMER_0", "CONSUMER_ID", "ALT_CONSUMER_ID",
]


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    listed = tomllib.loads((HERE / "not-claimed.toml").read_text())
    if unknown := sorted(set(listed) - set(FILES)):
        sys.exit(f"not-claimed.toml lists files that are not run: {', '.join(unknown)}")
    program = [arguments[0], "placement", "--listen", "127.0.0.1:0"]
    # Every file runs, even if another one failed.
    good = [run(file, "the real placement", real_server, {}) for file in FILES]
    good += [run(file, arguments[0], lambda _: start(program), listed.get(file, {})) for file in FILES]
    sys.exit(0 if all(good) else 1)


def run(file, subject, server_in, listed):
    """Runs one file on a new server and prints the results of its tests; true if they are as expected."""
    for name in NAMES:
        os.environ[name] = str(uuid.uuid4())
    with tempfile.TemporaryDirectory() as folder, server_in(folder) as server:
        try:
            suite = scenarios(file, *address(server))
            # A suite forgets its tests as it runs them.
            names = [test.test_data["name"] for test in suite]
            failed = fails(suite)
        finally:
            server.kill()
    bad = [name for name in names if name in failed and name not in listed]
    stale = [name for name in listed if name not in failed]
    excused = [name for name in names if name in failed and name in listed]
    print(f"{file} on {subject}: {len(names) - len(failed)} passed, {len(bad)} failed, {len(excused)} not claimed")
    for name in excused:
        print(f"  not claimed: {name}: {listed[name]}")
    for name in bad:
        print(f"  failed: {name}\n{failed[name]}")
    for name in stale:
        print(f"  stale: {name!r} is listed in not-claimed.toml and passes, or is not a test of this file")
    return bool(names) and not bad and not stale


def real_server(folder):
    config = (REAL / "placement.conf.in").read_text().replace("@DIR@", folder).replace("@DATABASE@", folder).replace("@RETRIES@", "10")
    pathlib.Path(folder, "placement.conf").write_text(config)
    return start([sys.executable, str(REAL / "serve.py")], OS_PLACEMENT_CONFIG_DIR=folder)


def start(command, **variables):
    return subprocess.Popen(
        command, env=os.environ | variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def address(server):
    for line in server.stdout:
        if found := re.search(r"listening on http://([\w.]+):(\d+)", line):
            return found.groups()
    sys.exit(f"the server ended with {server.wait()} before it listened")


def scenarios(file, host, port):
    """The tests of a file. The data of its fixture is created first, over HTTP."""
    data = utils.load_yaml(yaml_file=str(SCENARIOS / file))
    fixtures = data.pop("fixtures")
    if fixtures == ["AllocationFixture"]:
        make_allocations(f"http://{host}:{port}")
    elif fixtures != ["APIFixture"]:
        sys.exit(f"{file} needs unknown fixtures: {fixtures}")
    handlers = runner.initialize_handlers([], [])
    return suitemaker.test_suite_from_dict(
        unittest.defaultTestLoader, pathlib.Path(file).stem, data, str(SCENARIOS), host, int(port), None, None,
        handlers=handlers)


def make_allocations(url):
    """One provider, two consumers of one user, and a third one of another user."""
    session = requests.Session()
    session.headers.update({"x-auth-token": "admin", "openstack-api-version": "placement 1.28"})
    name = os.environ.get

    def send(method, path, body):
        session.request(method, url + path, json=body).raise_for_status()

    def hold(consumer, user, resources):
        send("PUT", f"/allocations/{name(consumer)}", {
            "allocations": {name("RP_UUID"): {"resources": resources}},
            "project_id": name("PROJECT_ID"), "user_id": name(user), "consumer_generation": None})

    provider = f"/resource_providers/{name('RP_UUID')}"
    send("POST", "/resource_providers", {"name": name("RP_NAME"), "uuid": name("RP_UUID")})
    send("POST", f"{provider}/inventories", {
        "resource_class": "DISK_GB", "total": 2048, "step_size": 10, "min_unit": 10, "max_unit": 1000})
    send("POST", f"{provider}/inventories", {"resource_class": "VCPU", "total": 10, "max_unit": 10})
    hold("CONSUMER_0", "USER_ID", {"DISK_GB": 1000})
    hold("CONSUMER_ID", "USER_ID", {"VCPU": 6})
    hold("ALT_CONSUMER_ID", "ALT_USER_ID", {"DISK_GB": 20, "VCPU": 1})


def fails(suite):
    """Runs the tests; returns the errors of the failed ones, by name."""
    result = unittest.TestResult()
    suite.run(result)
    ended = result.failures + result.errors + result.skipped
    return {getattr(test, "test_data", {}).get("name", str(test)): text for test, text in ended}


if __name__ == "__main__":
    main(sys.argv[1:])
