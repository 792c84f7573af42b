"""All requests of one task, with the time limits for each of them and for the whole task."""
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

# How long the runner may delay an answer while the task is running; the runner accepts at most 60.
WAIT_SECONDS = 20
# Added to the wait: the time for the whole answer.
MARGIN_SECONDS = 10
# Between two attempts to reach a runner that does not answer.
PAUSE_SECONDS = 0.25
# The limit for the text of an error, in characters.
LONGEST_CAUSE = 500

# The runner has not accepted the task and will not run it.
_NOT_TAKEN = {
    "swaparoo.journal_full",
    "swaparoo.starting",
    "swaparoo.stopping",
    "swaparoo.too_many_connections",
    "swaparoo.too_many_requests",
    "swaparoo.too_many_tasks",
}
# These only say that the question was settled in another way; the task shows how.
_SETTLED = {"swaparoo.not_waiting", "swaparoo.reply_too_late"}


class RunnerUnavailable(Exception):
    """The runner cannot be reached, cannot work, or is not a runner. All its errors become this exception."""

    def __init__(self, detail: str, begun: bool, silent: bool = False) -> None:
        super().__init__(line(detail, LONGEST_CAUSE))
        # True if the runner may have the task and may continue it later. False only if it is known not to have it.
        self.begun = begun
        # True if nova waited for the runner as long as it is configured to.
        self.silent = silent


class Call:
    """The requests of one task. `timeout` is counted from the last valid answer of the runner."""

    def __init__(self, transport: Transport, settings: Settings, kind: str) -> None:
        self._transport = transport
        self._timeout = settings.timeout
        self._kind = kind
        # True if the runner may have the task.
        self._begun = False
        # The task's id, when the runner has said it.
        self.id: str | None = None
        # The deadline of the whole task.
        self.whole = Deadline(settings.task_timeout)

    def begin(self, task: dict[str, Any], headers: dict[str, str]) -> Task:
        """Submits the task to the runner."""
        begun = self._ask("POST", "/v1/tasks", lambda response: self._task(response, None), task, headers, waits=True)
        self.id = begun.id
        return begun

    def look(self, last: Task) -> Task:
        """The task when it has changed; `RunnerUnavailable` if it takes longer than `task_timeout`."""
        if self.whole.left() <= 0:
            after = f"after {self.whole.seconds:.0f} s"
            raise RunnerUnavailable(f"task {last.id} is still {last.state} {after}", begun=True, silent=True)
        return self._ask("GET", f"/v1/tasks/{last.id}", lambda response: self._task(response, last.id), waits=True)

    def reply(self, id: str, index: int, reply: dict[str, Any]) -> None:
        """Sends the reply to a question of the task."""
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
        """The runner's answer. Repeats the request until the runner answers or the timeout is over."""
        silence, asked = Deadline(min(self._timeout, self.whole.left())), 0
        while True:
            # Not less than one: the runner answers at once when the task changes, so frequent requests are not needed. A
            # runner that does not answer must leave time to ask the others.
            wait = math.ceil(min(WAIT_SECONDS, max(silence.left() / self._transport.count, 1)))
            asked += 1
            where = f"{path}?wait={wait}" if waits else path
            pause = PAUSE_SECONDS
            try:
                response = self._transport.ask(method, where, body, headers or {}, wait + MARGIN_SECONDS)
                if response.status // 100 == 2 or answer.error(response)[0] in or_else:
                    self._begun = True
                    return understand(response)
                why = self._again(method, path, response)
                if asked >= self._transport.count:
                    pause = max(response.retry_after, PAUSE_SECONDS)
            except NoResponse as no_response:
                self._begun |= no_response.sent
                why = str(no_response)
            except Malformed as malformed:
                self._transport.leave(response.runner)
                why = f"it answers {response.status}, but not in a runner's format: {malformed}"
            # Each runner is asked at least once.
            if silence.left() < pause and asked >= self._transport.count:
                raise RunnerUnavailable(f"{method} {path}: {why}", self._begun, silent=True)
            LOG.debug("asking the runner again in %.2f s: %s %s: %s", pause, method, path, line(why, LONGEST_CAUSE))
            time.sleep(pause)

    def _again(self, method: str, path: str, response: Answer) -> str:
        """The reason for another attempt; `RunnerUnavailable` if another attempt does not help."""
        code, detail = answer.error(response)
        why = f"{code or response.status}: {detail}"
        # An answer that is not the runner's may be from a proxy: it may or may not have forwarded the request.
        unknown = not code or response.status >= 500 or response.retry_after > 0
        self._begun |= unknown and code not in _NOT_TAKEN
        if response.retry_after or response.status >= 500:
            return why
        raise RunnerUnavailable(f"{method} {path}: {why}", self._begun)
