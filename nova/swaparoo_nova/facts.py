"""The answers to the questions of a move, from nova's own objects.

A compute service has no database; there these objects ask the conductor.
"""
from __future__ import annotations

import time
from typing import Any

from nova import exception, objects
from nova.compute import task_states, vm_states
from oslo_log import log as logging

from swaparoo_nova import releases
from swaparoo_nova.answer import Effect, Malformed, field
from swaparoo_nova.runner import Reply

LOG = logging.getLogger(__name__)

# How long to look again at a server that is being deleted, because the answer `gone` decides more. It must be much
# shorter than the runner's tasks.caller_patience.
DELETION_SECONDS = 10.0
DELETION_PAUSE = 0.5


def server_reply(context: Any, server: str) -> Reply:
    """The answer about a server: its state, and its details if it is present.

    The state is `present`, `gone`, `deleting` if it is still being deleted after a while, or `unknown` if nova does not
    answer. Rules delete allocations after `gone`, so only nova's answer that the server does not exist counts as `gone`.
    A soft-deleted server is present: it can be restored and keeps its allocations.
    """
    until = time.monotonic() + DELETION_SECONDS
    while True:
        state, instance = _state(context, server)
        if state != "deleting" or time.monotonic() > until:
            break
        time.sleep(DELETION_PAUSE)
    reply: Reply = {"kind": "server", "state": state}
    if state == "present":
        reply["details"] = _details(instance)
    return reply


def _state(context: Any, server: str) -> tuple[str, Any]:
    """The state, and nova's Instance if it has one."""
    try:
        instance = objects.Instance.get_by_uuid(context.elevated(read_deleted="yes"), server, expected_attrs=[])
    except exception.InstanceNotFound:
        return "gone", None
    except Exception:  # no other exception shows whether the server exists
        LOG.exception("nova could not say whether server %s exists", server)
        return "unknown", None
    if instance.deleted or instance.vm_state == vm_states.DELETED:
        return "gone", instance
    return "deleting" if instance.task_state == task_states.DELETING else "present", instance


def _details(instance: Any) -> dict[str, Any]:
    """The contract's `server-details`. The migrations stay unknown: no task of this package repairs."""
    return {
        "host": instance.host or None,
        "node": instance.node or None,
        "vm_state": instance.vm_state or None,
        "task_state": instance.task_state or None,
        "flavor": _required_amounts(instance),
        "migrations": None,
    }


def _required_amounts(instance: Any) -> list[dict[str, Any]] | None:
    """What the scheduler asks of Placement for the server's present flavor; None if nova cannot say it.

    nova loads the flavor here and not with the server: it has none for some deleted servers, and the state must not be
    lost with it.
    """
    try:
        required = releases.installed().flavor_resources(instance.flavor)
    except Exception:  # only a fact beside the state
        LOG.exception("nova could not say what the flavor of server %s requires", instance.uuid)
        return None
    # Another question would have to show whether the server boots from a volume.
    required.pop("DISK_GB", None)
    # The image may ask for dedicated processors, too.
    processors = required.pop("PCPU", 0) + required.pop("VCPU", 0)
    required["VCPU"] = processors
    return [{"class": name, "amount": amount} for name, amount in sorted(required.items()) if amount > 0]


def compute_node(context: Any, server: str) -> str | None:
    """The root provider of the server's compute node; None if nova has no compute node for it."""
    try:
        return node_of(context, objects.Instance.get_by_uuid(context, server, expected_attrs=[]))
    except exception.InstanceNotFound:
        return None


def node_of(context: Any, instance: Any) -> str | None:
    """The same for an Instance that is already loaded."""
    try:
        return str(objects.ComputeNode.get_by_host_and_nodename(context, instance.host, instance.node).uuid)
    except exception.ComputeHostNotFound:
        return None


class Facts:
    """Answers the questions of the tasks move, replace and revert."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def __call__(self, effect: Effect) -> Reply:
        kind = effect["kind"]
        if kind == "find-server":
            return server_reply(self._context, field(effect, "server", str))
        if kind == "find-compute-node":
            return {"kind": "compute-node", "node": compute_node(self._context, field(effect, "server", str))}
        raise Malformed(f"{kind!r} in a move, which this version of swaparoo-nova does not know")
