"""`openstack allocation task`."""
from __future__ import annotations

import argparse
import json
import sys
import urllib.parse
import uuid
from typing import Any

from osc_lib import exceptions
from osc_lib.cli import format_columns
from osc_lib.command import command

STATES = ["open", "queued", "running", "waiting", "parked", "finished", "failed"]
COLUMNS = ("ID", "Kind", "State", "End", "Consumers", "Created At")


def _end(task: dict[str, Any]) -> str | None:
    return (task.get("outcome") or {}).get("kind") or (task.get("failure") or {}).get("code") or task.get("parked")


def _path(id: str, more: str = "") -> str:
    return f"/v1/tasks/{urllib.parse.quote(id, safe='')}{more}"


def _json(text: str) -> Any:
    """Parses JSON, `@FILE`, or `-` for standard input."""
    try:
        if text == "-":
            return json.load(sys.stdin)
        if text.startswith("@"):
            with open(text[1:], encoding="utf-8") as file:
                return json.load(file)
        return json.loads(text)
    except (OSError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from error


class _Shown(command.ShowOne):
    def shown(self, task: dict[str, Any]) -> tuple[tuple[str, ...], tuple[Any, ...]]:
        """The columns of one task."""
        waits = [f"{one['index']}: {one['effect']['kind']}" for one in task["waiting_for"] if one["kind"] == "reply"]
        columns = {
            "id": task["id"],
            "kind": task["kind"],
            "state": task["state"],
            "end": _end(task),
            "policy": f"{task['policy']['name']} {task['policy']['version']}",
            "task": format_columns.DictColumn(task["task"]),
            "waiting_for": format_columns.ListColumn(waits),
            "exchanges": len(task["history"]),
            "created_at": task["created_at"],
            "updated_at": task["updated_at"],
            "request_id": task["request_id"],
        }
        return tuple(columns), tuple(columns.values())


class ListTasks(command.Lister):
    """List tasks, newest first"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("--state", choices=STATES, help="Only tasks in this state")
        parser.add_argument("--consumer", metavar="<uuid>", help="Only tasks of this server or migration record")
        parser.add_argument("--outcome", metavar="<name>", help="Only tasks with this outcome or failure, such as moved")
        parser.add_argument("--limit", type=int, metavar="<number>", help="At most so many (default: all)")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], Any]:
        if parsed_args.limit is not None and parsed_args.limit < 1:
            raise exceptions.CommandError(f"--limit is {parsed_args.limit}; it is at least 1")
        asked = {name: getattr(parsed_args, name) for name in ("state", "consumer", "outcome")}
        asked = {name: value for name, value in asked.items() if value is not None}
        asked["limit"] = str(min(parsed_args.limit or 1000, 1000))
        path = f"/v1/tasks?{urllib.parse.urlencode(asked)}"
        tasks = self.app.client_manager.allocation_task.pages(path, "tasks", parsed_args.limit)
        return COLUMNS, (
            (task["id"], task["kind"], task["state"], _end(task), format_columns.ListColumn(task["consumers"]),
             task["created_at"])
            for task in tasks
        )


class ShowTask(_Shown):
    """Show one task"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("task", metavar="<task>", help="ID of the task")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        path = _path(parsed_args.task, "?observe=true")
        return self.shown(self.app.client_manager.allocation_task.call("GET", path))


class SubmitTask(_Shown):
    """Start a task, such as {"kind": "release", "consumer": UUID, "server": UUID}"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("body", metavar="<json>", type=_json, help="The task as JSON, @FILE, or - (standard input)")
        parser.add_argument("--wait", type=int, default=30, metavar="<seconds>",
                            help="Wait for its end, at most 60 seconds (default: 30)")
        parser.add_argument("--idempotency-key", metavar="<key>", help="The same key names the same task again")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        key = parsed_args.idempotency_key or f"openstack {uuid.uuid4()}"
        task = self.app.client_manager.allocation_task.call(
            "POST", f"/v1/tasks?wait={parsed_args.wait}", json=parsed_args.body, extra={"Idempotency-Key": key})
        return self.shown(task)


class ReplyToTask(_Shown):
    """Answer a question of a task"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("task", metavar="<task>", help="ID of the task")
        parser.add_argument("index", type=int, metavar="<index>", help="The question's number in `waiting_for`")
        parser.add_argument("reply", metavar="<json>", type=_json,
                            help='The answer as JSON, such as {"kind": "server", "state": "present"}')
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        body = {"index": parsed_args.index, "reply": parsed_args.reply}
        path = _path(parsed_args.task, "/replies")
        return self.shown(self.app.client_manager.allocation_task.call("POST", path, json=body))


class ResumeTask(_Shown):
    """Go on with a parked task"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("task", metavar="<task>", help="ID of the task")
        parser.add_argument("--policy", metavar="<sha256>", help="Go on under another policy than its own")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        body = {} if parsed_args.policy is None else {"policy": parsed_args.policy}
        path = _path(parsed_args.task, "/resume")
        return self.shown(self.app.client_manager.allocation_task.call("POST", path, json=body))
