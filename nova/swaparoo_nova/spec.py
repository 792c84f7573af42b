"""Converts nova's request spec and selections to the contract, and the rules' changes of a spec back to nova.

The contract contains only what the rules read and change; the rest stays in nova's own objects.
"""
from __future__ import annotations

from typing import Any

from nova import objects
from oslo_serialization import jsonutils

Json = dict[str, Any]


def request_spec(spec: Any, project: str | None, user: str | None) -> Json:
    """A RequestSpec. `in_group` is always true: nova itself looks up the group of the server."""
    destination = _set(spec, "requested_destination")
    retry = _set(spec, "retry")
    return {
        "project": project,
        "user": user,
        "in_group": True,
        "force_hosts": list(_set(spec, "force_hosts") or []),
        "force_nodes": list(_set(spec, "force_nodes") or []),
        "ignore_hosts": list(_set(spec, "ignore_hosts") or []),
        "requested_destination": None if destination is None else {
            "host": _set(destination, "host"),
            "node": _set(destination, "node"),
            "cell": _cell(destination),
        },
        "retry": None if retry is None else {
            "num_attempts": retry.num_attempts,
            "hosts": [{"host": tried.host, "node": tried.node} for tried in retry.hosts],
        },
        "requested_resources": resource_requests(spec),
    }


def resource_requests(spec: Any) -> list[Json]:
    """The resource requests of ports: the numbered groups of a RequestSpec."""
    return [
        {
            "requester": group.requester_id,
            "resources": _amounts(group.resources),
            "required_traits": sorted(group.required_traits),
            "providers": list(group.provider_uuids),
        }
        for group in _set(spec, "requested_resources") or []
    ]


def apply(changed: Json, spec: Any, cell: Any) -> None:
    """Writes the rules' changes into nova's RequestSpec before the scheduler is asked."""
    spec.force_hosts = changed["force_hosts"] or None
    spec.force_nodes = changed["force_nodes"] or None
    # nova does not set an empty list.
    if changed["ignore_hosts"] or _set(spec, "ignore_hosts"):
        spec.ignore_hosts = changed["ignore_hosts"]
    destination = changed["requested_destination"]
    if destination is not None:
        if not _set(spec, "requested_destination"):
            spec.requested_destination = objects.Destination()
        if destination["cell"] is not None:
            spec.requested_destination.cell = cell
        # A requested host is tried only once.
        if destination["host"] is not None:
            spec.retry = None


def selection(chosen: Any) -> Json:
    """A Selection from the scheduler."""
    return {
        "host": chosen.service_host,
        "node": chosen.nodename,
        "cell": chosen.cell_uuid,
        "allocation_request": _allocation_request(chosen),
        "availability_zone": _set(chosen, "availability_zone"),
    }


def _allocation_request(chosen: Any) -> Json | None:
    request = jsonutils.loads(chosen.allocation_request) if _set(chosen, "allocation_request") else None
    if not request:
        return None
    allocations = [
        {"provider": provider, "resources": _amounts(held["resources"])}
        for provider, held in sorted(request["allocations"].items())
    ]
    mappings = [
        {"requester": requester, "providers": list(providers)}
        for requester, providers in sorted(request.get("mappings", {}).items())
    ]
    return {"allocations": allocations, "mappings": mappings, "version": chosen.allocation_request_version}


def _amounts(resources: dict[str, int]) -> list[Json]:
    return [{"class": name, "amount": amount} for name, amount in sorted(resources.items())]


def _cell(destination: Any) -> str | None:
    cell = _set(destination, "cell")
    return None if cell is None else str(cell.uuid)


def _set(thing: Any, field: str) -> Any:
    """A field of nova's object, or None if it was never set. It must not be loaded only for this."""
    return getattr(thing, field) if field in thing else None
