"""`openstack allocation runner`."""
from __future__ import annotations

import argparse
from typing import Any

from osc_lib.command import command

FIELDS = ("id", "name", "state", "open_tasks", "taken_over", "url")
COLUMNS = ("ID", "Name", "State", "Open Tasks", "Taken Over", "URL")


class ListRunners(command.Lister):
    """List the runners that share a database; none if the journal belongs to one runner alone"""

    def take_action(self, parsed_args: argparse.Namespace) -> tuple[tuple[str, ...], Any]:
        runners = self.app.client_manager.allocation_task.call("GET", "/v1/runners")["runners"]
        return COLUMNS, (tuple(runner.get(field) for field in FIELDS) for runner in runners)
