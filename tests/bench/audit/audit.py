"""Measures `swaparoo audit` on a large cloud that is played by cloud.py: requests, seconds and memory."""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

import cloud

HERE = pathlib.Path(__file__).parent


def main():
    parser = cloud.arguments(argparse.ArgumentParser(description=__doc__))
    parser.add_argument("--program", required=True, help="the program swaparoo")
    options = parser.parse_args()
    names = ("servers", "migrations", "nodes", "leaks", "delay")
    given = [f"--{name}={getattr(options, name)}" for name in names]
    played = subprocess.Popen([sys.executable, "-B", HERE / "cloud.py", *given], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, text=True)
    port = played.stdout.readline().split()[-1]
    with tempfile.TemporaryDirectory() as folder:
        seconds, memory, result = audit(options.program, port, pathlib.Path(folder))
    played.stdin.close()
    counts = json.loads(played.stdout.read())
    played.wait()
    report(options, counts, seconds, memory, result)


def audit(program, port, folder):
    auth = "username: a, password: b, project_name: c, user_domain_id: default, project_domain_id: default"
    clouds = folder / "clouds.yaml"
    clouds.write_text(f'clouds:\n  large:\n    auth: {{auth_url: "http://127.0.0.1:{port}/v3", {auth}}}\n')
    clouds.chmod(0o600)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    environment |= {"OS_CLIENT_CONFIG_FILE": str(clouds)}
    began = time.monotonic()
    ran = subprocess.run([program, "audit", "--cloud", "large", "--json"], env=environment, stdout=subprocess.PIPE, text=True)
    seconds = time.monotonic() - began
    if ran.returncode not in (0, 1, 3) or not ran.stdout:
        sys.exit(f"the audit ended with {ran.returncode}")
    # The largest child is the audit: the server of the cloud has not ended yet.
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, json.loads(ran.stdout)


def report(options, counts, seconds, memory, result):
    found, whole = len(result["findings"]), result["complete"]
    print(f"{options.servers} servers, {options.migrations} migrations, {options.nodes} compute nodes, "
          f"{options.leaks} leaks, {options.delay * 1000:.0f} ms a request")
    for kind, count in sorted(counts.items(), key=lambda pair: -pair[1]):
        print(f"  {count:7} {kind}")
    print(f"  {sum(counts.values()):7} requests in {seconds:.0f} s, {memory:.0f} MB, {found} findings, "
          f"{'complete' if whole else 'NOT COMPLETE'}")
    # By calculation from its source (nova 34, nova/cmd/manage.py): one provider after another, and for each its compute
    # node (in all cells), the cell, the node's instances and its migrations from nova's database.
    requests, queries = 1 + options.nodes, 4 * options.nodes
    print(f"nova-manage placement audit, by calculation: {requests} requests one after another, which take "
          f"{requests * options.delay:.0f} s, and between them {queries} database queries; it reads no usages, and "
          f"does not ask again")
    if found != options.leaks or not whole:
        sys.exit(f"{options.leaks} findings were expected")


if __name__ == "__main__":
    main()
