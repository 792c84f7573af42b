"""Replaces nova's own allocation moves in this process with the runner."""
from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import nova.conf
from nova.compute import manager
from nova.conductor.tasks import live_migrate, migrate
from nova.scheduler.client import report
from oslo_log import log as logging

from swaparoo_nova import config, releases
from swaparoo_nova.moves import Moves
from swaparoo_nova.replacement import Replacement
from swaparoo_nova.runner import Runner
from swaparoo_nova.tasks import Tasks

LOG = logging.getLogger(__name__)
CONF = nova.conf.CONF


class Installed:
    """The replacements, and the runner that they use."""

    def __init__(self, endpoint: str | None) -> None:
        self.release = releases.installed()
        self._endpoint = endpoint
        self._runner: Runner | None = None
        self.moves = Moves(self.runner)
        self.tasks = Tasks(self.runner)
        self.replacements = [*_of_moves(self.moves), *_of_tasks(self.tasks)]

    def runner(self) -> Runner:
        """The runner that nova.conf names; created at the first move."""
        if self._runner is None:
            self._runner = Runner(self.settings())
        return self._runner

    def forget(self) -> None:
        """Makes the next move read nova.conf again."""
        self._runner = None

    def settings(self) -> config.Settings:
        """The section [swaparoo], with the endpoint given to `install`; raises `Misconfigured` if it is invalid."""
        return config.settings(CONF, self._endpoint)


_installed: Installed | None = None


def install(endpoint: str | None = None) -> Installed:
    """From now on the runner moves nova's allocations. Without `endpoint`, the endpoint in nova.conf is used.

    It replaces `SchedulerReportClient.move_allocations`, which then also accepts `target_is_new`;
    `replace_allocation_with_migration` and `revert_allocation_for_migration` of the conductor's tasks;
    `ComputeManager._revert_allocation`, whose server should already exist; and, with [swaparoo] tasks = true, the
    conductor's whole MigrationTask and LiveMigrationTask. A second call changes nothing.

    Raises `Unsupported`, and replaces nothing, if this nova is of another release or its functions have other
    parameters.
    """
    global _installed
    if _installed is not None:
        return _installed
    installed = Installed(endpoint)
    for replacement in installed.replacements:
        replacement.check()
    config.register(CONF)
    for replacement in installed.replacements:
        replacement.install()
    _installed = installed
    return installed


def _of_moves(moves: Moves) -> list[Replacement]:
    def move(own: Any) -> Callable[..., Any]:
        def move_allocations(
            self: Any, context: Any, source_consumer_uuid: str, target_consumer_uuid: str, target_is_new: bool = True
        ) -> Any:
            return moves.move(own, self, context, source_consumer_uuid, target_consumer_uuid, target_is_new)
        return move_allocations

    client = report.SchedulerReportClient
    return [
        Replacement(client, "move_allocations",
                    ("self", "context", "source_consumer_uuid", "target_consumer_uuid"), move),
        Replacement(migrate, "replace_allocation_with_migration", ("context", "instance", "migration"),
                    lambda own: functools.partial(moves.replace, own)),
        Replacement(migrate, "revert_allocation_for_migration", ("context", "source_cn", "instance", "migration"),
                    lambda own: functools.partial(moves.revert, own)),
        Replacement(manager.ComputeManager, "_revert_allocation", ("self", "context", "instance", "migration"),
                    lambda own: lambda self, *args, **kwargs: moves.revert_on_compute(own, self, *args, **kwargs)),
    ]


def _of_tasks(tasks: Tasks) -> list[Replacement]:
    def rolled_back(own: Any) -> Callable[..., Any]:
        def rollback(self: Any, ex: Exception) -> None:
            if not getattr(self, "_by_runner", False):
                own(self, ex)
        return rollback

    return [
        Replacement(migrate.MigrationTask, "_execute", ("self",), lambda own: lambda self: tasks.cold(own, self)),
        Replacement(migrate.MigrationTask, "rollback", ("self", "ex"), rolled_back),
        Replacement(live_migrate.LiveMigrationTask, "_execute", ("self",),
                    lambda own: lambda self: tasks.live(own, self)),
        Replacement(live_migrate.LiveMigrationTask, "rollback", ("self", "ex"), rolled_back),
    ]
