"""Runs a task on the runner from beginning to end, even if single answers get lost.

After a lost answer, the request is repeated with the same idempotency key, so it stays the same task. A runner that was
killed continues the task after its restart. An answer that is not from a runner counts as lost. For a task that nova
has given up, a thread goes on answering the runner's questions (given_up.py).
"""
from __future__ import annotations

import dataclasses
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from oslo_log import log as logging

from swaparoo_nova.answer import Effect, Failure, Malformed, Outcome, Question, Refusal, Task
from swaparoo_nova.breaker import Breaker
from swaparoo_nova.call import Call, RunnerUnavailable
from swaparoo_nova.config import Settings
from swaparoo_nova.given_up import GivenUp, GivenUpTask
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
    # The writes that Placement refused on the way, also if the task succeeded in the end.
    refusals: list[Refusal]


class Runner:
    """nova's client of one runner."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.transport = Transport(settings)
        self._breaker = Breaker()
        self._given_up = GivenUp(self.transport, settings.task_timeout, self._breaker.answered)

    def run(self, task: dict[str, Any], answer: Answerer, request_id: str | None) -> TaskResult:
        """Runs the task. `answer` is called for questions that only nova can answer. Raises `RunnerUnavailable` if the
        runner cannot be reached or is not a runner, or if `answer` raises an exception."""
        # What a migration record holds must be given back, so a revert waits for the runner in any case.
        if not self._breaker.admits() and task["kind"] != "revert":
            raise RunnerUnavailable("the runner did not answer a task a few seconds ago", begun=False)
        request_id = request_id or f"req-{uuid.uuid4()}"
        headers = {"Idempotency-Key": f"nova {uuid.uuid4()}", "X-Openstack-Request-Id": request_id}
        call = Call(self.transport, self.settings, task["kind"])
        answered = _Answered(self.transport, call, answer)
        try:
            result = self._to_the_end(call, answered, task, headers)
        except RunnerUnavailable as unavailable:
            if unavailable.silent:
                self._breaker.silent()
            if unavailable.silent and unavailable.begun:
                self._given_up.look_after(GivenUpTask(task, request_id, call.id, answered.again))
            raise
        self._breaker.answered()
        return result

    def _to_the_end(
        self, call: Call, answered: _Answered, task: dict[str, Any], headers: dict[str, str]
    ) -> TaskResult:
        current = call.begin(task, headers)
        while current.open:
            answered.give(current)
            current = self._next(call, current, answered)
        if current.parked is not None:
            raise RunnerUnavailable(f"task {current.id} is parked: {current.parked}", begun=True)
        return TaskResult(current.id, current.outcome, current.failure, current.refusals)

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

    def again(self, question: Question) -> Reply:
        """The answer for a task that nova has given up: an earlier one, or what is still true."""
        if question.index not in self._replies:
            if len(self._replies) >= MOST_QUESTIONS:
                raise RunnerUnavailable(f"it asks more than {MOST_QUESTIONS} questions", begun=True)
            late = getattr(self._answer, "after_giving_up", self._answer)
            self._replies[question.index] = late(question.effect)
        return self._replies[question.index]

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
