"""The conductor's whole tasks by the runner: `[swaparoo] tasks = true`."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nova.conf
from keystoneauth1 import exceptions as ks_exc
from oslo_log import log as logging

from swaparoo_nova import errors
from swaparoo_nova.call import Away
from swaparoo_nova.cold_desk import ColdDesk
from swaparoo_nova.live_desk import LiveDesk
from swaparoo_nova.runner import Ended, Runner

LOG = logging.getLogger(__name__)
CONF = nova.conf.CONF


class Tasks:
    """Runs nova's tasks by the runner's rules, or by nova's own where the contract has no words for them."""

    def __init__(self, runner: Callable[[], Runner]) -> None:
        self._runner = runner
        # How often the runner could not be reached, and how often nova did it itself then; each time is logged with it.
        self.away = 0
        self.fallbacks = 0

    def cold(self, nova: Callable[[Any], Any], task: Any) -> Any:
        """`MigrationTask._execute`."""
        if not self._runner().settings.tasks or _beyond_contract(task):
            return nova(task)
        return self._run(nova, task, ColdDesk(task))

    def live(self, nova: Callable[[Any], Any], task: Any) -> Any:
        """`LiveMigrationTask._execute`."""
        if not self._runner().settings.tasks or task.request_spec is None or _beyond_contract(task):
            return nova(task)
        return self._run(nova, task, LiveDesk(task))

    def _run(self, nova: Callable[[Any], Any], task: Any, desk: ColdDesk | LiveDesk) -> Any:
        runner = self._runner()
        try:
            ended = runner.run(desk.asked(), desk, getattr(task.context, "global_id", None))
            if ended.outcome is not None and not desk.cast:
                raise Away(f"task {ended.id} is said to have started, and no compute service was told to", begun=True)
        except Away as away:
            self.away += 1
            if desk.cast:
                LOG.error("the runner does not say how it ended, but a compute service was told to begin: %s", away,
                          instance=task.instance)
                return None
            if runner.settings.fallback == "nova" and not away.begun:
                self.fallbacks += 1
                LOG.error("the runner cannot be reached: nova migrates the server itself, for the %d. time in this "
                          "process: %s", self.fallbacks, away, instance=task.instance)
                return nova(task)
            LOG.error("the runner cannot be reached, for the %d. time in this process: %s", self.away, away,
                      instance=task.instance)
            # The runner rolls back what it has begun; nova's own rollback would meddle with that.
            task._by_runner = away.begun
            raise ks_exc.ConnectFailure(f"the allocation runner cannot be reached: {away}") from away
        if ended.failure is not None:
            task._by_runner = True
            raise self._failed(ended, desk)
        return None

    def _failed(self, ended: Ended, desk: ColdDesk | LiveDesk) -> Exception:
        assert ended.failure is not None
        LOG.error("task %s: %s", ended.id, ended.failure, instance=desk.task.instance)
        record = desk.record()
        own = desk.raised(ended.failure.cause)
        return own or errors.exception_for(ended.failure, desk.server, record.uuid if record is not None else "none")


def _beyond_contract(task: Any) -> bool:
    """Resizes that may leave their cell, and PCI devices that are tracked in Placement: nova does these itself."""
    spec = task.request_spec
    if "requested_destination" in spec and spec.requested_destination:
        if spec.requested_destination.allow_cross_cell_move:
            return True
    return bool(CONF.filter_scheduler.pci_in_placement and "pci_requests" in spec
                and spec.pci_requests and spec.pci_requests.requests)
