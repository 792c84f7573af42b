"""`openstack allocation policy`."""
from __future__ import annotations

import argparse
import urllib.parse
from typing import Any

from osc_lib import exceptions
from osc_lib.cli import format_columns
from osc_lib.command import command

COLUMNS = ("Digest", "Name", "Version", "Roles", "Signed", "Added At")


def _row(policy: dict[str, Any]) -> tuple[Any, ...]:
    return (policy["digest"], policy["name"], policy["version"], format_columns.ListColumn(_roles(policy)),
            policy["signed"], policy["added_at"])


def _roles(policy: dict[str, Any]) -> list[str]:
    """The roles, with their kinds of task where they are not for all."""
    kinds = policy.get("kinds", {})
    return [f"{role} for {' '.join(kinds[role])}" if role in kinds else role for role in policy["roles"]]


def _add_kinds(parser: argparse.ArgumentParser, text: str) -> None:
    parser.add_argument("--for", dest="kinds", metavar="<kind>[,<kind>...]", help=text)


def _body(digest: str, kinds: str | None) -> dict[str, Any]:
    """A request without kinds is one that every version of the service knows."""
    body: dict[str, Any] = {"policy": digest}
    if kinds is not None:
        body["for"] = kinds.split(",")
    return body


def _path(route: str, kinds: str | None) -> str:
    return route if kinds is None else f"{route}?for={urllib.parse.quote(kinds, safe=',')}"


class _OfOne(command.Command):
    """A command on one policy."""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("policy", metavar="<policy>", help="Its digest, or the beginning of it")
        return parser

    def digest(self, given: str) -> str:
        """The digest that begins so."""
        policies = self.app.client_manager.allocation_task.call("GET", "/v1/policies")["policies"]
        found = [policy["digest"] for policy in policies if policy["digest"].startswith(given.lower())]
        if len(found) != 1:
            raise exceptions.CommandError(f"{len(found)} policies have a digest that begins with {given!r}")
        return str(found[0])


class ListPolicies(command.Lister):
    """List policies, oldest first"""

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], Any]:
        policies = self.app.client_manager.allocation_task.call("GET", "/v1/policies")["policies"]
        return COLUMNS, map(_row, policies)


class PushPolicy(command.ShowOne):
    """Store a policy; it has no role yet"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        parser.add_argument("component", metavar="<file>", type=argparse.FileType("rb"), help="The component, FILE.wasm")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> Any:
        with parsed_args.component as file:
            component = file.read()
        policy = self.app.client_manager.allocation_task.call(
            "POST", "/v1/policies", data=component, extra={"Content-Type": "application/wasm"})
        return tuple(column.lower().replace(" ", "_") for column in COLUMNS), _row(policy)


class PromotePolicy(_OfOne):
    """Make a policy the active one, which decides new tasks, of all kinds or of some"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_kinds(parser, "Only for these kinds of task, such as move,revert; other kinds stay with their policy")
        parser.add_argument("--accept-differences", type=int, metavar="<number>",
                            help="So many recorded tasks may be decided differently")
        parser.add_argument("--accept-failed", action="append", default=[], metavar="<scenario>",
                            help="This scenario may fail; repeat it for several")
        parser.add_argument("--accept-counterexamples", action="append", default=[], metavar="<scene>",
                            help="This scene may have a counterexample; repeat it for several")
        parser.add_argument("--allow-older", action="store_true",
                            help="The policy may be older than the newest version that was active")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        body = {
            **_body(self.digest(parsed_args.policy), parsed_args.kinds),
            "accept_differences": parsed_args.accept_differences,
            "accept_failed": parsed_args.accept_failed,
            "accept_counterexamples": parsed_args.accept_counterexamples,
            "allow_older": parsed_args.allow_older,
        }
        self.app.client_manager.allocation_task.call("PUT", "/v1/policies/active", json=body)
        of_kinds = f" for {', '.join(body['for'])}" if "for" in body else ""
        self.app.stdout.write(f"{body['policy']} is active{of_kinds}\n")


class RollBackPolicy(command.Command):
    """Make the previous policy the active one again, for the kinds of task of the last promotion"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_kinds(parser, "For these kinds of task instead")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        path = _path("/v1/policies/rollback", parsed_args.kinds)
        self.app.client_manager.allocation_task.call("POST", path)


class SetShadowPolicy(_OfOne):
    """Ask a policy about live tasks, too; its decisions are only recorded"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_kinds(parser, "Only for these kinds of task; other kinds keep their shadow")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        body = _body(self.digest(parsed_args.policy), parsed_args.kinds)
        self.app.client_manager.allocation_task.call("PUT", "/v1/policies/shadow", json=body)


class UnsetShadowPolicy(command.Command):
    """End the shadow"""

    def get_parser(self, prog_name: str) -> argparse.ArgumentParser:
        parser = super().get_parser(prog_name)
        _add_kinds(parser, "Only for these kinds of task")
        return parser

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        path = _path("/v1/policies/shadow", parsed_args.kinds)
        self.app.client_manager.allocation_task.call("DELETE", path)


class DeletePolicy(_OfOne):
    """Remove a policy without a role"""

    def take_action(self, parsed_args: argparse.Namespace) -> None:
        digest = self.digest(parsed_args.policy)
        self.app.client_manager.allocation_task.call("DELETE", f"/v1/policies/{digest}")
