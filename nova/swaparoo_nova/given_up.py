"""Goes on answering for a task that nova has given up, since the runner may continue it.

Without these answers, the runner would not know whether the server exists, and could not roll back a migration whose
conductor no longer waits. A thread of its own looks after each such task until it ends, for at most `task_timeout`.
"""
from __future__ import annotations

import threading
import time
import urllib.parse
from collections.abc import Callable
from typing import Any

from oslo_log import log as logging

from swaparoo_nova import answer
from swaparoo_nova.answer import Malformed, Question, Task, field
from swaparoo_nova.deadline import Deadline
from swaparoo_nova.transport import Answer, NoResponse, Transport

LOG = logging.getLogger(__name__)

# At most so many threads in a process. A task beyond them is looked after by the runner alone.
MOST = 50
# Between two requests to a runner that does not answer.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 10.0
# How long the runner may delay an answer.
WAIT_SECONDS = 20
MARGIN_SECONDS = 10

Reply = dict[str, Any]
Find = Callable[[Question], Reply]


class GivenUpTask:
    """A task as nova knew it when it gave up."""

    def __init__(self, body: dict[str, Any], request_id: str, id: str | None, find: Find) -> None:
        self.body = body
        self.request_id = request_id
        # None if the answer to the submission was lost.
        self.id = id
        # The reply to a question; an earlier reply is given again.
        self.find = find


class GivenUp:
    """The given-up tasks of one runner."""

    def __init__(self, transport: Transport, seconds: float, answered: Callable[[], None]) -> None:
        self._transport = transport
        self._seconds = seconds
        # Called when the runner answers again.
        self._answered = answered
        self._places = threading.BoundedSemaphore(MOST)

    def look_after(self, task: GivenUpTask) -> None:
        """Answers the task's questions in a thread. Does nothing if there are `MOST` threads already."""
        if not self._places.acquire(blocking=False):
            LOG.debug("%d tasks are looked after already: not task %s", MOST, task.id)
            return
        threading.Thread(target=self._to_the_end, args=(task,), daemon=True).start()

    def _to_the_end(self, task: GivenUpTask) -> None:
        until, pause = Deadline(self._seconds), FIRST_PAUSE_SECONDS
        try:
            while until.left() > 0:
                try:
                    if self._once(task):
                        return
                    pause = FIRST_PAUSE_SECONDS
                except (NoResponse, Malformed) as wrong:
                    LOG.debug("no answer about the task %s that nova has given up: %s", task.id, wrong)
                    pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                time.sleep(min(pause, max(until.left(), 0)))
        except Exception:
            LOG.exception("nova cannot answer any more for the task %s that it has given up", task.id)
        finally:
            self._places.release()

    def _once(self, task: GivenUpTask) -> bool:
        """Answers the open questions; True if the task has ended, or if the runner does not have it."""
        if task.id is None and not self._found(task):
            return True
        response = self._get(f"/v1/tasks/{task.id}?wait={WAIT_SECONDS}")
        if response.status == 404:
            return True
        current = self._task(response, task)
        self._answered()
        for question in current.questions:
            body = {"index": question.index, "reply": task.find(question)}
            reply = self._transport.ask("POST", f"/v1/tasks/{current.id}/replies", body, {}, WAIT_SECONDS)
            LOG.debug("task %s, question %d: the runner answers the reply with %d",
                      current.id, question.index, reply.status)
        if not current.open:
            LOG.info("task %s, which nova had given up, is %s: %s", current.id, current.state,
                     current.failure or current.parked or (current.outcome and current.outcome.kind))
        return not current.open

    def _found(self, task: GivenUpTask) -> bool:
        """Finds the id of a task whose submission was not answered; False if the runner has not accepted it."""
        consumer = urllib.parse.quote(task.body.get("server") or task.body.get("source") or "")
        listed = answer.document(self._get(f"/v1/tasks?state=open&consumer={consumer}"))
        for one in field(listed, "tasks", list):
            kind, request_id, id = (field(one, name, str) for name in ("kind", "request_id", "id"))
            if (kind, request_id) != (task.body["kind"], task.request_id):
                continue
            # A nova request may have several tasks of one kind, but not with the same arguments.
            shown = answer.document(self._get(f"/v1/tasks/{urllib.parse.quote(id, safe='')}"))
            if field(shown, "task", dict) == task.body:
                task.id = id
                return True
        return False

    def _get(self, path: str) -> Answer:
        response = self._transport.ask("GET", path, None, {}, WAIT_SECONDS + MARGIN_SECONDS)
        if response.status >= 300 and response.status != 404:
            raise Malformed(f"GET {path}: it answers {response.status}")
        return response

    @staticmethod
    def _task(response: Answer, task: GivenUpTask) -> Task:
        return answer.task(response, task.body["kind"], task.id)
