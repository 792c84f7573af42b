"""Shared by the compared clients: a server on its own node, whose allocations are moved back and forth."""
import json
import sys
import time
import urllib.error
import urllib.request
import uuid

# As in `benches/moves.rs`: the first moves open connections and fill caches.
WARM_UP = 20
INVENTORIES = {"VCPU": {"total": 16}, "MEMORY_MB": {"total": 32768}, "DISK_GB": {"total": 500}}
RESOURCES = {"VCPU": 2, "MEMORY_MB": 2048, "DISK_GB": 20}


def scene(url, token):
    """Creates a node and a server with three of its resources; returns the ids of node, server and a migration."""
    node, server, migration = (str(uuid.uuid4()) for _ in range(3))
    write(url, token, "POST", "/resource_providers", {"uuid": node, "name": node})
    inventories = {"resource_provider_generation": 0, "inventories": INVENTORIES}
    write(url, token, "PUT", f"/resource_providers/{node}/inventories", inventories)
    write(url, token, "PUT", f"/allocations/{server}", holding(node, None))
    return node, server, migration


def holding(node, generation):
    """The body that gives the server's resources of the node to a consumer of this generation; none without a node."""
    return {
        "allocations": {node: {"resources": RESOURCES}} if node else {},
        "project_id": "swaparoo-bench",
        "user_id": "swaparoo-bench",
        "consumer_generation": generation,
    }


def headers(token):
    """With nova's microversion, which all clients here use."""
    return {
        "X-Auth-Token": token,
        "OpenStack-API-Version": "placement 1.28",
        "Accept": "application/json",
        "Content-Type": "application/json",
    }


def write(url, token, method, path, body):
    request = urllib.request.Request(url + path, json.dumps(body).encode(), headers(token), method=method)
    try:
        urllib.request.urlopen(request).close()
    except urllib.error.HTTPError as refused:
        sys.exit(f"Placement answered {refused.code} to {method} {path}: {refused.read().decode()}")


def report(move, source, target, moves):
    """Moves from source to target and back, `moves` times in total after the warm-up; prints the times as JSON."""
    microseconds = []
    for _ in range(WARM_UP + moves):
        began = time.perf_counter()
        move(source, target)
        microseconds.append(round((time.perf_counter() - began) * 1e6))
        source, target = target, source
    print(json.dumps({"microseconds": microseconds[WARM_UP:]}))
