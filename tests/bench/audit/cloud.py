"""A large cloud behind one small HTTP server: Keystone, nova's lists and Placement's allocations. Each answer takes
--delay seconds. It prints `listening on PORT`, and at the end of its input the number of requests of each kind."""

import argparse
import asyncio
import collections
import json
import sys
import urllib.parse

LARGEST_PAGE = 1000  # nova's [api]max_limit
FLAVOR = {"vcpus": 2, "ram": 4096, "disk": 20, "ephemeral": 0, "swap": 0, "original_name": "m1.medium", "extra_specs": {}}
HELD = {"VCPU": 2, "MEMORY_MB": 4096, "DISK_GB": 20}
LONG_AGO = "2026-01-01T00:00:00.000000"


def uuid(kind, number):
    return f"{kind:08x}-0000-4000-8000-{number:012x}"


def server_id(n):
    return uuid(0x5E44E4, n)


def migration_id(n):
    return uuid(0x4164A7, n)


def node_id(n):
    return uuid(0x40DE, n)


class Cloud:
    """Server n is on node n % nodes. The first `leaks` migrations have failed and hold what their server should hold."""

    def __init__(self, options):
        self.options = options
        self.held = [dict() for _ in range(options.nodes)]
        for n in range(options.servers):
            holder = migration_id(n) if n < options.leaks else server_id(n)
            self.held[n % options.nodes][holder] = HELD
        self.by_consumer = {consumer: node for node, held in enumerate(self.held) for consumer in held}

    def server(self, n):
        node = n % self.options.nodes
        # What nova shows besides is as long as in a real cloud.
        more = {"addresses": {"net": [{"addr": "10.0.0.1", "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:00", "version": 4}]},
                "links": [{"rel": "self", "href": "http://nova/v2.1/servers/" + server_id(n)}] * 2,
                "metadata": {f"key{i}": "value" * 5 for i in range(8)}, "security_groups": [{"name": "default"}] * 2}
        return {"id": server_id(n), "name": f"server-{n}", "status": "ACTIVE", "OS-EXT-STS:vm_state": "active",
                "OS-EXT-STS:task_state": None, "OS-EXT-SRV-ATTR:host": f"host{node}",
                "OS-EXT-SRV-ATTR:hypervisor_hostname": f"node{node}", "image": {"id": uuid(1, 1)}, "flavor": FLAVOR, **more}

    def migration(self, n):
        server = n % self.options.servers
        return {"uuid": migration_id(n), "instance_uuid": server_id(server), "migration_type": "resize", "id": n,
                "status": "error" if n < self.options.leaks else "confirmed", "updated_at": LONG_AGO,
                "created_at": LONG_AGO, "source_compute": "host1", "source_node": "node1", "dest_compute": "host2"}

    def node(self, n):
        # The second half is in another cell, which nova lists after the first.
        return {"id": node_id(n), "hypervisor_hostname": f"node{n}", "service": {"host": f"host{n}", "id": node_id(n)}}

    def page(self, query, name, key, total, record, number_of):
        if "instance_uuid" in query:
            server = int(query["instance_uuid"].rsplit("-", 1)[1], 16)
            numbers = range(server, total, self.options.servers)
        else:
            numbers = range(total)
        begin = 0
        if "marker" in query:
            begin = numbers.index(number_of(query["marker"])) + 1
        limit = min(int(query.get("limit", LARGEST_PAGE)), LARGEST_PAGE)
        return {name: [record(n) for n in numbers[begin:begin + limit]]}

    def answer(self, path, query, port):
        number_of = lambda text: int(text.rsplit("-", 1)[1], 16)
        o = self.options
        if path == "/v3/auth/tokens":
            return "POST tokens", 201, token(port)
        if path == "/servers/detail":
            return "GET servers", 200, self.page(query, "servers", "id", o.servers, self.server, number_of)
        if path == "/os-migrations":
            kind = "GET migrations of one server" if "instance_uuid" in query else "GET migrations"
            return kind, 200, self.page(query, "migrations", "uuid", o.migrations, self.migration, number_of)
        if path == "/os-hypervisors/detail":
            return "GET hypervisors", 200, self.page(query, "hypervisors", "id", o.nodes, self.node, number_of)
        if path == "/os-services":
            return "GET services", 200, {"services": []}
        if path.startswith("/servers/"):
            return "GET one server", 200, {"server": self.server(number_of(path))}
        return self.placement(path, query, number_of)

    def placement(self, path, query, number_of):
        parts = path.strip("/").split("/")
        if parts == ["resource_providers"]:
            chosen = [] if "required" in query else range(self.options.nodes)
            links = [{"rel": rel, "href": f"/placement/resource_providers/{uuid(1, 1)}/{rel}"} for rel in
                     ("self", "inventories", "usages", "aggregates", "traits", "allocations")]
            listed = [{"uuid": node_id(n), "name": f"node{n}", "generation": 1, "root_provider_uuid": node_id(n),
                       "parent_provider_uuid": None, "links": links} for n in chosen]
            return "GET resource_providers", 200, {"resource_providers": listed}
        if parts == ["traits"]:
            return "GET traits", 200, {"traits": ["OWNER_NOVA"]}
        if parts[0] == "resource_providers":
            held = self.held[number_of(parts[1])]
            if parts[2] == "usages":
                total = {name: amount * len(held) for name, amount in HELD.items()}
                return "GET usages of one provider", 200, {"usages": total, "resource_provider_generation": 1}
            shown = {consumer: {"resources": resources} for consumer, resources in held.items()}
            return "GET allocations of one provider", 200, {"allocations": shown, "resource_provider_generation": 1}
        node = self.by_consumer.get(parts[1])
        if node is None:
            return "GET allocations of one consumer", 200, {"allocations": {}}
        allocations = {node_id(node): {"resources": HELD, "generation": 1}}
        return "GET allocations of one consumer", 200, {
            "allocations": allocations, "project_id": "p", "user_id": "u", "consumer_generation": 1,
            "consumer_type": "INSTANCE"}


def token(port):
    url = f"http://127.0.0.1:{port}"
    endpoint = [{"id": "e", "interface": "public", "region": "one", "region_id": "one", "url": url}]
    domain = {"id": "default", "name": "Default"}
    catalog = [{"id": "1", "type": "placement", "name": "placement", "endpoints": endpoint},
               {"id": "2", "type": "compute", "name": "nova", "endpoints": endpoint}]
    return {"token": {"methods": ["password"], "user": {"id": "u", "name": "admin", "domain": domain,
            "password_expires_at": None}, "audit_ids": ["a"], "expires_at": "2999-01-01T00:00:00.000000Z",
            "issued_at": "2026-01-01T00:00:00.000000Z", "project": {"id": "p", "name": "admin", "domain": domain},
            "is_domain": False, "roles": [{"id": "r", "name": "admin"}], "catalog": catalog}}


async def serve(options):
    cloud, counts = Cloud(options), collections.Counter()

    async def connection(reader, writer):
        port = writer.get_extra_info("sockname")[1]
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                length = next((int(line.split(":")[1]) for line in lines if line.lower().startswith("content-length")), 0)
                await reader.readexactly(length)
                url = urllib.parse.urlsplit(lines[0].split(" ")[1])
                await asyncio.sleep(options.delay)
                kind, status, body = cloud.answer(url.path, dict(urllib.parse.parse_qsl(url.query)), port)
                counts[kind] += 1
                body = json.dumps(body).encode()
                writer.write(b"HTTP/1.1 %d OK\r\ncontent-type: application/json\r\nx-subject-token: t\r\n"
                             b"content-length: %d\r\n\r\n" % (status, len(body)) + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    print("listening on", server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps(counts), flush=True)


def arguments(parser):
    parser.add_argument("--servers", type=int, default=100_000)
    parser.add_argument("--migrations", type=int, default=100_000)
    parser.add_argument("--nodes", type=int, default=5_000)
    parser.add_argument("--leaks", type=int, default=100)
    parser.add_argument("--delay", type=float, default=0.1, help="seconds of each request")
    return parser


if __name__ == "__main__":
    asyncio.run(serve(arguments(argparse.ArgumentParser(description=__doc__)).parse_args()))
