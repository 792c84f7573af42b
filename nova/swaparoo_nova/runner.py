"""Runs a task on the runner from beginning to end, even if single answers get lost.

After a lost answer, the request is repeated with the same idempotency key, so it stays the same task. A runner that was
killed continues the task after its restart. An answer that is not from a runner counts as lost.
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

# Much shorter than the runner's tasks.caller_patience.
HEARTBEAT_SECONDS = 15
# The runner delays its answer until the task changes. If it does not delay, the pause between two requests grows.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 1.0
# The runner limits a task to 500 exchanges, including those with Placement.
MOST_QUESTIONS = 500

Reply = dict[str, Any]
Answerer = Callable[[Effect], Reply]


@dataclasses.dataclass(frozen=True)
class TaskResult:
    """The end of a task: either `outcome` or `failure` is set."""

    id: str
    outcome: Outcome | None
    failure: Failure | None


class Runner:
    """nova's client of one runner."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._transport = Transport(settings)

    def run(self, task: dict[str, Any], answer: Answerer, request_id: str | None) -> TaskResult:
        """Runs the task. `answer` is called for questions that only nova can answer. Raises `RunnerUnavailable` if the
        runner cannot be reached or is not a runner, or if `answer` raises an exception."""
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
        """The task when it has changed. The runner waits until then; if it does not, this function pauses."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            began = time.monotonic()
            current = call.look(current)
            if not current.open or answered.new(current):
                return current
            if time.monotonic() - began < LONGEST_PAUSE_SECONDS:
                time.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
            # The same question again: the runner was restarted and does not have the answer.
            answered.give(current)


class _Answered:
    """nova's answers so far. A restarted runner asks again, and nova must not do anything twice."""

    def __init__(self, transport: Transport, call: Call, answer: Answerer) -> None:
        self._transport = transport
        self._call = call
        self._answer = answer
        self._replies: dict[int, Reply] = {}

    def new(self, current: Task) -> bool:
        """True if the task asks a question that was not answered before."""
        return any(question.index not in self._replies for question in current.questions)

    def give(self, current: Task) -> None:
        """Answers all questions of the task."""
        for question in current.questions:
            if question.index not in self._replies:
                self._replies[question.index] = self._find(current.id, question)
            self._call.reply(current.id, question.index, self._replies[question.index])

    def _find(self, task: str, question: Question) -> Reply:
        """Finds the answer. Heartbeats show the runner that a slow answer (of a scheduler, say) is still coming."""
        if len(self._replies) == MOST_QUESTIONS:
            raise RunnerUnavailable(f"task {task} asks more than {MOST_QUESTIONS} questions", begun=True)
        over = threading.Event()
        threading.Thread(target=self._beat, args=(task, over), daemon=True).start()
        try:
            with self._call.whole.stopped():
                return self._answer(question.effect)
        except Malformed as malformed:
            raise RunnerUnavailable(f"task {task} asks what nova cannot answer: {malformed}", begun=True) from malformed
        except Exception as error:
            # The contract has no answer for this; the runner ends the task when its patience with the caller is over.
            cause = f"task {task} asks for {question.effect['kind']}, and nova raises {type(error).__name__}: {error}"
            raise RunnerUnavailable(cause, begun=True) from error
        finally:
            over.set()

    def _beat(self, task: str, over: threading.Event) -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            try:
                self._transport.ask("POST", f"/v1/tasks/{task}/heartbeat", None, {}, HEARTBEAT_SECONDS)
            except NoResponse as no_response:
                LOG.debug("no heartbeat for task %s: %s", task, no_response)
