"""nova's three moves, each as a task of the runner."""
from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from nova import exception, objects
from oslo_log import log as logging

from swaparoo_nova import errors
from swaparoo_nova.call import RunnerUnavailable
from swaparoo_nova.facts import Facts
from swaparoo_nova.runner import Runner, TaskResult

LOG = logging.getLogger(__name__)

# What a record holds is given back in rounds as long as Placement does not answer, for about three minutes in all, as
# the rules of a whole migration do.
ROUNDS = 8
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 2.0, 60.0
PLACEMENT_IS_AWAY = {"unreachable", "unsettled", "allocation-retrieval-failed", "malformed-answer"}


class Moves:
    """The functions that nova calls. The runner does the work, or nova's own function with `fallback = nova`."""

    def __init__(self, runner: Callable[[], Runner]) -> None:
        self._runner = runner
        self._bypass = threading.local()
        # How often nova moved allocations itself in this process; each log line of it has the number.
        self.fallbacks = 0
        # How often the runner could not be reached.
        self.unavailable = 0

    def move(
        self, nova: Callable[..., Any], client: Any, context: Any, source: str, target: str, target_is_new: bool
    ) -> Any:
        """`SchedulerReportClient.move_allocations`: True, False or None; raises what nova's callers expect."""
        if getattr(self._bypass, "active", False):
            return nova(client, context, source, target)
        task = {"kind": "move", "source": source, "target": target, "target_is_new": target_is_new}
        try:
            result = self._run(context, task)
        except RunnerUnavailable as unavailable:
            if self._falls_back(unavailable, task):
                return nova(client, context, source, target)
            return None
        return True if result.outcome is not None else self._failed(result, source, target)

    def replace(self, nova: Callable[..., Any], context: Any, instance: Any, migration: Any) -> Any:
        """`replace_allocation_with_migration`: returns the source node and the migration record's new allocations."""
        node = objects.ComputeNode.get_by_host_and_nodename(context, instance.host, instance.node)
        server, record = instance.uuid, migration.uuid
        task = {"kind": "replace", "server": server, "migration": record, "source_node": node.uuid}
        try:
            result = self._run(context, task)
        except RunnerUnavailable as unavailable:
            if self._falls_back(unavailable, task):
                return self._by_nova(nova, context, instance, migration)
            raise errors.not_begun(unavailable) from unavailable
        if result.outcome is None:
            self._failed(result, server, record)
        elif result.outcome.kind == "not-held":
            LOG.debug("server %s holds nothing of its compute node %s", server, node.uuid, instance=instance)
            return None, None
        elif result.outcome.kind in ("moved", "already-moved"):
            return node, result.outcome.allocations
        raise exception.NoValidHost(reason="Unable to replace instance claim on source")

    def revert(self, nova: Callable[..., Any], context: Any, node: Any, instance: Any, migration: Any) -> None:
        """`revert_allocation_for_migration`: returns the server's allocations to it, if it still exists."""
        task = {"kind": "revert", "server": instance.uuid, "migration": migration.uuid}
        try:
            result = self._in_rounds(context, task)
        except RunnerUnavailable as unavailable:
            if self._falls_back(unavailable, task):
                self._by_nova(nova, context, node, instance, migration)
            return
        if result.failure is not None:
            self._failed(result, migration.uuid, instance.uuid)

    def revert_on_compute(
        self, nova: Callable[..., Any], manager: Any, context: Any, instance: Any, migration: Any
    ) -> Any:
        """`ComputeManager._revert_allocation`: returns the record's old allocations, or False if it held none."""
        task = {"kind": "revert", "server": instance.uuid, "migration": migration.uuid}
        try:
            result = self._in_rounds(context, task)
        except RunnerUnavailable as unavailable:
            if self._falls_back(unavailable, task):
                return self._by_nova(nova, manager, context, instance, migration)
            return False
        if result.outcome is None:
            return self._failed(result, migration.uuid, instance.uuid) or False
        if result.outcome.kind in ("already-moved", "nothing-to-move"):
            LOG.error("migration %s holds no allocations to return to the server", migration.uuid, instance=instance)
            return False
        return result.outcome.allocations

    def _run(self, context: Any, task: dict[str, Any]) -> TaskResult:
        result = self._runner().run(task, Facts(context), getattr(context, "global_id", None))
        for refusal in result.refusals:
            LOG.warning("task %s: Placement refused %s", result.id, refusal)
        return result

    def _in_rounds(self, context: Any, task: dict[str, Any]) -> TaskResult:
        pause = FIRST_PAUSE_SECONDS
        for number in range(1, ROUNDS):
            result = self._run(context, task)
            if result.failure is None or result.failure.code not in PLACEMENT_IS_AWAY:
                return result
            LOG.warning("task %s: Placement does not answer: %s; attempt %d of %d, the next one in %.0f s",
                        result.id, result.failure, number, ROUNDS, pause)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        return self._run(context, task)

    def _failed(self, result: TaskResult, source: str, target: str) -> bool | None:
        assert result.failure is not None
        LOG.error("task %s: %s did not receive the allocations of %s: %s", result.id, target, source, result.failure)
        return errors.outcome_of(result.failure, source, target)

    def _falls_back(self, unavailable: RunnerUnavailable, task: dict[str, Any]) -> bool:
        """True if nova must do it itself. It must not if the runner may continue the task later."""
        self.unavailable += 1
        if self._runner().settings.fallback == "nova" and not unavailable.begun:
            self.fallbacks += 1
            LOG.error("the runner cannot be reached: nova does %s itself (fallback %d in this process): %s",
                      task, self.fallbacks, unavailable)
            return True
        LOG.error("the runner cannot be reached (failure %d in this process); %s %s: %s",
                  self.unavailable, task, "may be done later" if unavailable.begun else "is not done", unavailable)
        return False

    def _by_nova(self, nova: Callable[..., Any], *args: Any) -> Any:
        """Calls nova's own function; its moves do not use the runner."""
        self._bypass.active = True
        try:
            return nova(*args)
        finally:
            self._bypass.active = False
