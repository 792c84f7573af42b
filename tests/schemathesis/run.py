"""Runs schemathesis on a running `PROGRAM serve`, with requests that its /openapi.json allows and others.

    run.py PROGRAM [SEED]

No answer may be a 5xx or differ from the description (schemathesis.toml has the checks). Afterwards the service must
still be ready, have no panic in its log, and end with 0 on SIGTERM.
"""
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import uuid

import requests

HERE = pathlib.Path(__file__).parent
SCHEMATHESIS = pathlib.Path(sys.executable).with_name("schemathesis")
NODE = "5a1d0000-0000-0000-0000-000000000001"
CONSUMERS = [f"c0ffee00-0000-0000-0000-00000000000{n}" for n in "1234"]
# The first two have allocations at the start.
MIGRATION, SERVER, OTHER_MIGRATION, OTHER_SERVER = CONSUMERS
CONFIG = """\
listen = { socket = "", tcp = "127.0.0.1:0" }
placement = { embedded = "placement.json" }
journal = { file = "journal.db" }
# More tasks than are sent, since beyond the limit 503 with Retry-After is correct.
tasks = { open = 1000000 }
# Each check of a policy decides this many tasks again. Other tests run in parallel, and a check that gets too little of
# the machine within its time answers 503, correctly.
policies = { replay = 20, worker_time = "5m" }
log = { filter = "warn" }
"""


def main(arguments):
    if len(arguments) not in (1, 2):
        sys.exit(__doc__)
    program = pathlib.Path(arguments[0]).resolve()
    seed = arguments[1] if len(arguments) == 2 else str(random.randrange(2**32))
    with tempfile.TemporaryDirectory() as folder:
        faults = run(program, seed, pathlib.Path(folder))
    for fault in faults:
        print(f"fault: {fault}")
    sys.exit(1 if faults else 0)


def run(program, seed, folder):
    """Runs everything on one service; returns the faults."""
    (folder / "placement.json").write_text(json.dumps(placement()))
    (folder / "swaparoo.toml").write_text(CONFIG)
    with open(folder / "log", "w") as log, start(program, folder, log) as service:
        try:
            url = address(service)
            make_tasks(url)
            (folder / "schemathesis.toml").write_text((HERE / "schemathesis.toml").read_text() + known(url))
            faults = schemathesis(url, seed, folder / "schemathesis.toml") + still_well(url)
            service.terminate()
            if code := service.wait(60):
                faults.append(f"it ended with {code}, not with 0 at SIGTERM")
        finally:
            service.kill()
    said = (folder / "log").read_text()
    if "panicked" in said:
        faults.append("it panicked")
    if faults:
        print(f"its log:\n{said}")
    return faults


def placement():
    """One node, and two consumers with allocations of it."""
    holding = {"project_id": "project", "user_id": "user", "generation": 1, "allocations": {NODE: {"VCPU": 2}}}
    node = {"name": "node-1", "generation": 2, "inventories": {"VCPU": {"total": 16}}}
    return {"version": 1, "providers": {NODE: node}, "consumers": {MIGRATION: holding, SERVER: holding}}


def start(program, folder, log):
    variables = {name: value for name, value in os.environ.items() if name != "RUST_LOG"}
    return subprocess.Popen(
        [program, "serve", "--config", "swaparoo.toml"], cwd=folder, env=variables | {"XDG_CACHE_HOME": str(folder)},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)


def address(service):
    for line in service.stdout:
        if found := re.search(r"listening on (http://\S+)", line):
            return found[1]
    sys.exit(f"the service ended with {service.wait()} before it listened")


def make_tasks(url):
    """A task that has ended, two that wait for their caller, and one that waits for one of those."""
    def make(state, **task):
        answer = requests.post(f"{url}/v1/tasks", params={"wait": 0 if state == "queued" else 30}, json=task)
        answer.raise_for_status()
        if answer.json()["state"] != state:
            sys.exit(f"this task should be {state}: {answer.text}")

    make("finished", kind="move", source=SERVER, target=OTHER_MIGRATION, target_is_new=True)
    make("waiting", kind="revert", server=OTHER_SERVER, migration=MIGRATION)
    make("waiting", kind="replace", server=str(uuid.uuid4()), migration=str(uuid.uuid4()))
    make("queued", kind="move", source=MIGRATION, target=SERVER)


def known(url):
    """Existing ids as dictionaries of schemathesis. TOML and JSON write lists of strings in the same way."""
    tasks = [task["id"] for task in requests.get(f"{url}/v1/tasks").json()["tasks"]]
    policies = [policy["digest"] for policy in requests.get(f"{url}/v1/policies").json()["policies"]]
    lists = {"consumers": CONSUMERS, "tasks": tasks, "policies": policies}
    return "".join(f"[dictionaries.{name}]\nvalues = {json.dumps(values)}\n" for name, values in lists.items())


def schemathesis(url, seed, config):
    command = [SCHEMATHESIS, "--config-file", config, "run", f"{url}/openapi.json", "--seed", seed, "--no-color"]
    # schemathesis writes files to its working directory, and Python would write next to the hooks.
    variables = {"SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"), "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(command, cwd=config.parent, env=os.environ | variables)
    return [f"schemathesis found a fault; to repeat the run: run.py PROGRAM {seed}"] if ended.returncode else []


def still_well(url):
    faults = []
    for path in ("/readyz", "/v1/tasks"):
        try:
            requests.get(url + path, timeout=30).raise_for_status()
        except requests.RequestException as error:
            faults.append(str(error))
    return faults


if __name__ == "__main__":
    main(sys.argv[1:])
