"""A compute node in a Placement, with room for this many servers, and the allocations of it."""
import http.client
import json
import sys
import threading
import urllib.parse
import uuid

import to_and_fro


class Node:
    """The node, with one connection to Placement, which is kept if Placement keeps it."""

    def __init__(self, url, servers):
        self.uuid, self.servers, self.given = str(uuid.uuid4()), servers, 0
        self.lock = threading.Lock()
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=60)
        self.path = urllib.parse.urlsplit(url).path

    def __enter__(self):
        self.ask("POST", "/resource_providers", {"uuid": self.uuid, "name": self.uuid})
        inventories = {name: {"total": amount * self.servers} for name, amount in to_and_fro.RESOURCES.items()}
        body = {"resource_provider_generation": 0, "inventories": inventories}
        self.ask("PUT", f"/resource_providers/{self.uuid}/inventories", body)
        return self

    def __exit__(self, *_):
        self.connection.close()

    def give(self, server):
        """Gives its share of the node to a server without allocations."""
        self.ask("PUT", f"/allocations/{server}", to_and_fro.holding(self.uuid, None))
        self.given += 1

    def selection(self):
        """The node in the form of the scheduler's answer to a conductor."""
        resources = [{"class": name, "amount": amount} for name, amount in to_and_fro.RESOURCES.items()]
        request = {"allocations": [{"provider": self.uuid, "resources": resources}], "mappings": [], "version": "1.36"}
        return {"host": self.uuid, "node": self.uuid, "cell": None, "availability_zone": None,
                "allocation_request": request}

    def check(self, consumers):
        """Checks that each consumer holds its share of this node and nothing else, and that nothing is held twice."""
        for consumer in consumers:
            held = self.ask("GET", f"/allocations/{consumer}")["allocations"]
            if list(held) != [self.uuid] or held[self.uuid]["resources"] != to_and_fro.RESOURCES:
                sys.exit(f"after the migrations {consumer} holds {held}")
        used = self.ask("GET", f"/resource_providers/{self.uuid}/usages")["usages"]
        if used != {name: amount * self.given for name, amount in to_and_fro.RESOURCES.items()}:
            sys.exit(f"{self.given} servers were given {to_and_fro.RESOURCES} each, and {used} is in use")

    def ask(self, method, path, body=None):
        """The body of the answer; any status other than 2xx ends the benchmark."""
        headers = to_and_fro.headers("admin")
        with self.lock:
            self.connection.request(method, self.path + path, body and json.dumps(body), headers)
            answer = self.connection.getresponse()
            content = answer.read().decode()
        if answer.status // 100 != 2:
            sys.exit(f"Placement answered {answer.status} to {method} {path}: {content}")
        return json.loads(content) if content else None
