"""A task of the runner's, from its beginning to its end, whatever becomes of single answers in between.

A lost answer is asked for again with the same idempotency key, which is the same task; a runner that was killed goes on
with it when it is back. An answer that no runner gives is as good as a lost one.
"""
from __future__ import annotations

import dataclasses
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from oslo_log import log as logging

from swaparoo_nova.answer import Effect, Failure, Malformed, Outcome, Question, Task
from swaparoo_nova.call import Call, RunnerUnavailable
from swaparoo_nova.config import Settings
from swaparoo_nova.transport import NoResponse, Transport

LOG = logging.getLogger(__name__)

# Well below the runner's tasks.caller_patience.
HEARTBEAT_SECONDS = 15
# The runner holds an answer back until there is something new. Where it does not, the pause between two looks grows.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 1.0
# The runner bounds a task to 500 exchanges, Placement's among them.
MOST_QUESTIONS = 500

Reply = dict[str, Any]
Answerer = Callable[[Effect], Reply]


@dataclasses.dataclass(frozen=True)
class TaskResult:
    """How a task came to its end: either of the two is there."""

    id: str
    outcome: Outcome | None
    failure: Failure | None


class Runner:
    """One runner, as nova sees it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._transport = Transport(settings)

    def run(self, task: dict[str, Any], answer: Answerer, request_id: str | None) -> TaskResult:
        """Has the task done. `answer` is called for what only nova can tell; `RunnerUnavailable` if the
        runner cannot be reached, or is none."""
        headers = {"Idempotency-Key": f"nova {uuid.uuid4()}"}
        if request_id:
            headers["X-Openstack-Request-Id"] = request_id
        call = Call(self._transport, self.settings, task["kind"])
        current = call.begin(task, headers)
        answered = _Answered(self._transport, call, answer)
        while current.open:
            answered.give(current)
            current = self._next(call, current, answered)
        if current.parked is not None:
            raise RunnerUnavailable(f"task {current.id} is parked: {current.parked}", begun=True)
        return TaskResult(current.id, current.outcome, current.failure)

    @staticmethod
    def _next(call: Call, current: Task, answered: _Answered) -> Task:
        """The task when it has something new. The runner waits until then; if it does not, it is asked now and then."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            current = call.look(current)
            if not current.open or answered.new(current):
                return current
            if time.monotonic() - began < LONGEST_PAUSE_SECONDS:
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            # What was answered before, and is asked again: the runner was started again, and does not know.
            answered.give(current)


class _Answered:
    """What nova has answered. A runner that was started again asks again, and nova must not do a thing twice."""

    def __init__(self, transport: Transport, call: Call, answer: Answerer) -> None:
        self._transport = transport
        self._call = call
        self._answer = answer
        self._replies: dict[int, Reply] = {}

    def new(self, current: Task) -> bool:
        """Whether it asks for anything that was not answered before."""
        return any(question.index not in self._replies for question in current.questions)

    def give(self, current: Task) -> None:
        """Answers all that it asks."""
        for question in current.questions:
            if question.index not in self._replies:
                self._replies[question.index] = self._find(current.id, question)
            self._call.reply(current.id, question.index, self._replies[question.index])

    def _find(self, task: str, question: Question) -> Reply:
        """An answer that takes its time (a scheduler's, a compute service's) is not taken for silence."""
        if len(self._replies) == MOST_QUESTIONS:
            raise RunnerUnavailable(f"task {task} asks for more than {MOST_QUESTIONS} things", begun=True)
        over = threading.Event()
        threading.Thread(target=self._beat, args=(task, over), daemon=True).start()
        try:
            with self._call.whole.stopped():
                return self._answer(question.effect)
        except Malformed as malformed:
            raise RunnerUnavailable(f"task {task} asks what nova cannot answer: {malformed}", begun=True) from malformed
        finally:
            over.set()

    def _beat(self, task: str, over: threading.Event) -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            try:
                self._transport.ask("POST", f"/v1/tasks/{task}/heartbeat", None, {}, HEARTBEAT_SECONDS)
            except NoResponse as no_response:
                LOG.debug("no heartbeat for task %s: %s", task, no_response)
