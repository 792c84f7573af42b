"""Replaces nova's own allocation moves in this process with the runner."""
from __future__ import annotations

import functools
from typing import Any

import nova.conf
from nova.compute import manager
from nova.conductor.tasks import live_migrate, migrate
from nova.scheduler.client import report
from oslo_log import log as logging

from swaparoo_nova import config
from swaparoo_nova.moves import Moves
from swaparoo_nova.runner import Runner
from swaparoo_nova.tasks import Tasks

LOG = logging.getLogger(__name__)
CONF = nova.conf.CONF


class Installed:
    """The replacements, and the runner that they use."""

    def __init__(self, endpoint: str | None) -> None:
        self._endpoint = endpoint
        self._runner: Runner | None = None
        self.moves = Moves(self.runner)
        self.tasks = Tasks(self.runner)

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
    """
    global _installed
    if _installed is not None:
        return _installed
    config.register(CONF)
    installed = Installed(endpoint)
    moves = installed.moves
    own_move = report.SchedulerReportClient.move_allocations
    own_replace = migrate.replace_allocation_with_migration
    own_revert = migrate.revert_allocation_for_migration
    own_revert_on_compute = manager.ComputeManager._revert_allocation

    @functools.wraps(own_move)
    def move_allocations(
        self: Any, context: Any, source_consumer_uuid: str, target_consumer_uuid: str, target_is_new: bool = True
    ) -> Any:
        return moves.move(own_move, self, context, source_consumer_uuid, target_consumer_uuid, target_is_new)

    @functools.wraps(own_replace)
    def replace_allocation_with_migration(context: Any, instance: Any, migration: Any) -> Any:
        return moves.replace(own_replace, context, instance, migration)

    @functools.wraps(own_revert)
    def revert_allocation_for_migration(context: Any, source_cn: Any, instance: Any, migration: Any) -> None:
        moves.revert(own_revert, context, source_cn, instance, migration)

    @functools.wraps(own_revert_on_compute)
    def _revert_allocation(self: Any, context: Any, instance: Any, migration: Any) -> Any:
        return moves.revert_on_compute(own_revert_on_compute, self, context, instance, migration)

    _install_tasks(installed.tasks)
    report.SchedulerReportClient.move_allocations = move_allocations
    migrate.replace_allocation_with_migration = replace_allocation_with_migration
    migrate.revert_allocation_for_migration = revert_allocation_for_migration
    manager.ComputeManager._revert_allocation = _revert_allocation
    _installed = installed
    return installed


def _install_tasks(tasks: Tasks) -> None:
    own_cold, own_cold_rollback = migrate.MigrationTask._execute, migrate.MigrationTask.rollback
    own_live, own_live_rollback = live_migrate.LiveMigrationTask._execute, live_migrate.LiveMigrationTask.rollback

    def rolled_back(own: Any) -> Any:
        @functools.wraps(own)
        def rollback(self: Any, ex: Exception) -> None:
            if not getattr(self, "_by_runner", False):
                own(self, ex)
        return rollback

    migrate.MigrationTask._execute = functools.wraps(own_cold)(lambda self: tasks.cold(own_cold, self))
    migrate.MigrationTask.rollback = rolled_back(own_cold_rollback)
    live_migrate.LiveMigrationTask._execute = functools.wraps(own_live)(lambda self: tasks.live(own_live, self))
    live_migrate.LiveMigrationTask.rollback = rolled_back(own_live_rollback)
