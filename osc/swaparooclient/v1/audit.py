"""`openstack allocation audit`."""
from __future__ import annotations

import argparse
import uuid
from typing import Any

from osc_lib import exceptions
from osc_lib.command import command

COLUMNS = ("Consumer", "Server", "Finding", "Holds", "Since", "What To Do")
WAIT = 60


def _holds(finding: dict[str, Any]) -> str:
    amounts = (
        f"{held['amount']} {held['class']}" for allocation in finding["allocations"] for held in allocation["resources"])
    return ", ".join(amounts) or "nothing"


def _way_out(finding: dict[str, Any]) -> str:
    if finding["repairable"]:
        return "--repair"
    return finding.get("way_out") or ("a person must look" if finding["needs_a_person"] else "nothing now")


class Audit(command.Lister):
    """Show what the service's last audit has found; with --repair, release what can be repaired"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--repair", action="store_true",
                            help="Start a task `release` for each finding that can be repaired, and wait for its end")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], Any]:
        client = self.app.client_manager.allocation_task
        audits = client.call("GET", "/v1/audit")
        last = audits.get("last")
        if last is None:
            why = audits.get("failure") or "the first one has not ended yet"
            raise exceptions.CommandError(f"no audit has a result: {why}")
        self._warn(audits, last)
        ends = {one["consumer"]: self._release(one) for one in last["findings"] if parsed_args.repair and one["repairable"]}
        return COLUMNS, [
            (one["consumer"], one["server"], one["words"], _holds(one), one.get("since"),
             ends.get(one["consumer"]) or _way_out(one))
            for one in last["findings"]
        ]

    def _warn(self, audits: dict[str, Any], last: dict[str, Any]) -> None:
        if audits.get("failure"):
            self.log.warning("the newest audit failed: %s", audits["failure"])
        if not last["complete"]:
            self.log.warning("%d of the cloud's parts could not be checked, so there may be more", len(last["unchecked"]))

    def _release(self, finding: dict[str, Any]) -> str:
        """Releases what one finding holds; returns how the task has ended."""
        body = {"kind": "release", "consumer": finding["consumer"], "server": finding["server"]}
        key = {"Idempotency-Key": f"openstack {uuid.uuid4()}"}
        client = self.app.client_manager.allocation_task
        task = client.call("POST", f"/v1/tasks?wait={WAIT}", json=body, extra=key)
        end = (task.get("outcome") or {}).get("kind") or (task.get("failure") or {}).get("code") or task["state"]
        return f"task {task['id']}: {end}"
