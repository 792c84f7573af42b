"""All requests of one task, and for how long each, and all together, may go without an answer."""
from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any, TypeVar

from oslo_log import log as logging

from swaparoo_nova import answer
from swaparoo_nova.answer import Malformed, Task
from swaparoo_nova.config import Settings
from swaparoo_nova.deadline import Deadline
from swaparoo_nova.text import line
from swaparoo_nova.transport import Answer, NoResponse, Transport

LOG = logging.getLogger(__name__)

Result = TypeVar("Result")

# How long the runner holds an answer back while the task is at work; it takes 60 at most.
WAIT_SECONDS = 20
# Beyond the wait, for the whole answer.
MARGIN_SECONDS = 10
# Between two tries to reach a silent runner.
PAUSE_SECONDS = 0.25
# Of what is wrong, in characters.
LONGEST_CAUSE = 500

# The runner has not taken the task, and nothing of it will happen.
_NOT_TAKEN = {
    "swaparoo.journal_full",
    "swaparoo.starting",
    "swaparoo.stopping",
    "swaparoo.too_many_connections",
    "swaparoo.too_many_requests",
    "swaparoo.too_many_tasks",
}
# It says no more than that the question has been settled otherwise: the task itself tells.
_SETTLED = {"swaparoo.not_waiting", "swaparoo.reply_too_late"}


class RunnerUnavailable(Exception):
    """The runner could not be reached, cannot work, or is none: the one exception of all that it may do."""

    def __init__(self, detail: str, begun: bool) -> None:
        super().__init__(line(detail, LONGEST_CAUSE))
        # Whether the runner may have the task, and go on with it when it is back. False only where that is known.
        self.begun = begun


class Call:
    """Silence is counted from the runner's last word that was understood."""

    def __init__(self, transport: Transport, settings: Settings, kind: str) -> None:
        self._transport = transport
        self._timeout = settings.timeout
        self._kind = kind
        # Whether the runner may have the task.
        self._begun = False
        # Of the whole task.
        self.whole = Deadline(settings.task_timeout)

    def begin(self, task: dict[str, Any], headers: dict[str, str]) -> Task:
        """Gives the runner the task."""
        return self._ask("POST", "/v1/tasks", lambda response: self._task(response, None), task, headers, waits=True)

    def look(self, last: Task) -> Task:
        """The task, when there is something new of it; `RunnerUnavailable` if it takes longer than a task may."""
        if self.whole.left() <= 0:
            after = f"after {self.whole.seconds:.0f} s"
            raise RunnerUnavailable(f"task {last.id} is still {last.state} {after}", begun=True)
        return self._ask("GET", f"/v1/tasks/{last.id}", lambda response: self._task(response, last.id), waits=True)

    def reply(self, id: str, index: int, reply: dict[str, Any]) -> None:
        """Answers what the task asks."""
        def taken(response: Answer) -> None:
            if response.status < 300:
                self._task(response, id)

        self._ask("POST", f"/v1/tasks/{id}/replies", taken, {"index": index, "reply": reply}, or_else=_SETTLED)

    def _task(self, response: Answer, id: str | None) -> Task:
        return answer.task(response, self._kind, id)

    def _ask(
        self,
        method: str,
        path: str,
        understand: Callable[[Answer], Result],
        body: Any = None,
        headers: dict[str, str] | None = None,
        or_else: frozenset[str] | set[str] = frozenset(),
        waits: bool = False,
    ) -> Result:
        """What the runner says to it; it is asked until it says something, or has not for too long."""
        silence = Deadline(min(self._timeout, self.whole.left()))
        while True:
            # Not less than one: the runner answers at once when there is something new, and so need not be asked often.
            wait = math.ceil(min(WAIT_SECONDS, max(silence.left(), 1)))
            where = f"{path}?wait={wait}" if waits else path
            pause = PAUSE_SECONDS
            try:
                response = self._transport.ask(method, where, body, headers or {}, wait + MARGIN_SECONDS)
                if response.status // 100 == 2 or answer.error(response)[0] in or_else:
                    self._begun = True
                    return understand(response)
                why, pause = self._again(method, path, response), max(response.retry_after, PAUSE_SECONDS)
            except NoResponse as no_response:
                self._begun |= no_response.sent
                why = str(no_response)
            except Malformed as malformed:
                why = f"it answers {response.status}, and not as a runner does: {malformed}"
            if silence.left() < pause:
                raise RunnerUnavailable(f"{method} {path}: {why}", self._begun)
            LOG.debug("asking the runner again in %.2f s: %s %s: %s", pause, method, path, line(why, LONGEST_CAUSE))
            time.sleep(pause)

    def _again(self, method: str, path: str, response: Answer) -> str:
        """Why it is worth another try; `RunnerUnavailable` if it is not."""
        code, detail = answer.error(response)
        why = f"{code or response.status}: {detail}"
        # What is not the runner's own word may have come from before the runner, or from behind it.
        unknown = not code or response.status >= 500 or response.retry_after > 0
        self._begun |= unknown and code not in _NOT_TAKEN
        if response.retry_after or response.status >= 500:
            return why
        raise RunnerUnavailable(f"{method} {path}: {why}", self._begun)
