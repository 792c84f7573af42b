"""Runs the conductor's whole tasks on the runner: `[swaparoo] tasks = true`."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nova.conf
from oslo_log import log as logging

from swaparoo_nova import errors
from swaparoo_nova.call import RunnerUnavailable
from swaparoo_nova.cold_adapter import ColdMigrationAdapter
from swaparoo_nova.live_adapter import LiveMigrationAdapter
from swaparoo_nova.runner import Runner, TaskResult

LOG = logging.getLogger(__name__)
CONF = nova.conf.CONF


class Tasks:
    """Runs nova's tasks on the runner, or nova's own code for tasks that the contract cannot express."""

    def __init__(self, runner: Callable[[], Runner]) -> None:
        self._runner = runner
        # How often the runner could not be reached, and how often nova then did it itself; the log lines have the
        # number.
        self.unavailable = 0
        self.fallbacks = 0

    def cold(self, nova: Callable[[Any], Any], task: Any) -> Any:
        """`MigrationTask._execute`."""
        if not self._runner().settings.tasks or _beyond_contract(task):
            return nova(task)
        return self._run(nova, task, ColdMigrationAdapter(task))

    def live(self, nova: Callable[[Any], Any], task: Any) -> Any:
        """`LiveMigrationTask._execute`."""
        if not self._runner().settings.tasks or task.request_spec is None or _beyond_contract(task):
            return nova(task)
        return self._run(nova, task, LiveMigrationAdapter(task))

    def _run(self, nova: Callable[[Any], Any], task: Any, adapter: ColdMigrationAdapter | LiveMigrationAdapter) -> Any:
        runner = self._runner()
        try:
            result = runner.run(adapter.runner_task(), adapter, getattr(task.context, "global_id", None))
            if result.outcome is not None and not adapter.cast:
                detail = f"task {result.id} reports that it has started, but nova has sent no cast"
                raise RunnerUnavailable(detail, begun=True)
        except RunnerUnavailable as unavailable:
            self.unavailable += 1
            if adapter.cast:
                LOG.error("the runner does not say how the task ended, but the cast to a compute service was sent: %s",
                          unavailable, instance=task.instance)
                return None
            if runner.settings.fallback == "nova" and not unavailable.begun:
                self.fallbacks += 1
                LOG.error("the runner cannot be reached: nova migrates the server itself (fallback %d in this "
                "process): %s", self.fallbacks, unavailable, instance=task.instance)
                return nova(task)
            LOG.error("the runner cannot be reached (failure %d in this process): %s", self.unavailable,
                      unavailable, instance=task.instance)
            # The runner rolls back what it has begun, with the answers of given_up.py; nova's own rollback would
            # conflict with it.
            task._by_runner = unavailable.begun
            raise errors.not_begun(unavailable) from unavailable
        for refusal in result.refusals:
            LOG.warning("task %s: Placement refused %s", result.id, refusal, instance=task.instance)
        if result.failure is not None:
            task._by_runner = True
            raise self._failed(result, adapter)
        return None

    def _failed(self, result: TaskResult, adapter: ColdMigrationAdapter | LiveMigrationAdapter) -> Exception:
        assert result.failure is not None
        LOG.error("task %s: %s", result.id, result.failure, instance=adapter.task.instance)
        record = adapter.record()
        own = adapter.raised(result.failure.cause)
        migration = record.uuid if record is not None else "none"
        return own or errors.exception_for(result.failure, adapter.server, migration)


def _beyond_contract(task: Any) -> bool:
    """True for resizes that may leave their cell and for PCI devices tracked in Placement: nova does these itself."""
    spec = task.request_spec
    if "requested_destination" in spec and spec.requested_destination:
        if spec.requested_destination.allow_cross_cell_move:
            return True
    return bool(CONF.filter_scheduler.pci_in_placement and "pci_requests" in spec
                and spec.pci_requests and spec.pci_requests.requests)
