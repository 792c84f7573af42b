"""The answers of nova's conductor and scheduler in the successful migration of one server."""
import json
import urllib.parse
import uuid

SPEC = {
    "project": None, "user": None, "in_group": False, "force_hosts": [], "force_nodes": [], "ignore_hosts": [],
    "requested_destination": None, "retry": None, "requested_resources": [],
}
WAIT = "wait=60"


class Conductor:
    """Migrates one server to another node. The scheduler claims the same resources there."""

    def __init__(self, server, migration, source, destination):
        self.server, self.migration = server, migration
        self.source, self.destination = source, destination

    def see_through(self, service):
        """Starts the migration and answers its questions; returns the kind of its end."""
        task = {"kind": "migrate", "server": self.server, "old_flavor": "1", "new_flavor": "1", "request_spec": SPEC}
        answer = json.loads(service.ask("POST", f"/v1/tasks?{WAIT}", task))
        path = f"/v1/tasks/{urllib.parse.quote(answer['id'])}"
        while answer["state"] not in ("finished", "failed"):
            for question in answer["waiting_for"]:
                reply = {"index": question["index"], "reply": self.answer(question["effect"])}
                service.ask("POST", f"{path}/replies", reply)
            answer = json.loads(service.ask("GET", f"{path}?{WAIT}"))
        return (answer.get("outcome") or answer.get("failure") or {}).get("kind", answer["state"])

    def answer(self, effect):
        match effect["kind"]:
            case "get-port-requests":
                return {"kind": "port-requests", "requests": []}
            case "find-cell":
                return {"kind": "cell", "cell": "cell1"}
            case "find-migration":
                return {"kind": "migration", "migration": None}
            case "create-migration":
                return {"kind": "migration", "migration": {
                    "migration": self.migration, "server": self.server, "migration_type": "migration",
                    "status": "pre-migrating"}}
            case "find-compute-node":
                return {"kind": "compute-node", "node": self.source.uuid}
            case "ensure-project-and-user":
                return {"kind": "project-and-user", "project": "swaparoo-bench", "user": "swaparoo-bench"}
            case "find-server":
                return {"kind": "server", "state": "present"}
            case "select-destinations":
                self.destination.give(self.server)
                return {"kind": "selections", "selections": [self.destination.selection()]}
            case "get-availability-zone":
                return {"kind": "availability-zone", "zone": "nova"}
            case "ensure-network-metadata" | "heal-is-bfv" | "prep-resize":
                return {"kind": "done"}
            case other:
                raise SystemExit(f"unexpected question {other}")


def of(source, destination, count):
    """This many conductors, each for a new server on the source node."""
    conductors = [Conductor(str(uuid.uuid4()), str(uuid.uuid4()), source, destination) for _ in range(count)]
    for conductor in conductors:
        source.give(conductor.server)
    return conductors
