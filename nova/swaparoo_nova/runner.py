"""A task of the runner's, from its beginning to its end, whatever becomes of single answers in between.

A lost answer is asked for again with the same idempotency key, which is the same task; a runner that was killed goes on
with it when it is back.
"""
from __future__ import annotations

import dataclasses
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from oslo_log import log as logging

from swaparoo_nova.config import Settings
from swaparoo_nova.transport import Answer, Silent, Transport

LOG = logging.getLogger(__name__)

# How long the runner holds an answer back while the task is at work; it takes 60 at most.
WAIT_SECONDS = 20
# Between two tries to reach a silent runner.
PAUSE_SECONDS = 0.25
# Well below the runner's tasks.caller_patience.
HEARTBEAT_SECONDS = 15
# Beyond the wait, for the answer's own way.
MARGIN_SECONDS = 10

# The runner has not taken the task, and nothing of it will happen.
_NOT_TAKEN = {
    "swaparoo.journal_full",
    "swaparoo.starting",
    "swaparoo.stopping",
    "swaparoo.too_many_tasks",
}
# It says no more than that the question has been settled otherwise: the task itself tells.
_SETTLED = {"swaparoo.not_waiting", "swaparoo.reply_too_late"}

Effect = dict[str, Any]
Reply = dict[str, Any]


class Away(Exception):
    """The runner could not be reached, or cannot work."""

    def __init__(self, detail: str, begun: bool) -> None:
        super().__init__(detail)
        # Whether the runner may have the task, and go on with it when it is back.
        self.begun = begun


@dataclasses.dataclass(frozen=True)
class Ended:
    """How a task came to its end: by an outcome, or, where there is one, by a failure."""

    id: str
    outcome: dict[str, Any]
    failure: dict[str, Any] | None


class Runner:
    """One runner, as nova sees it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._transport = Transport(settings)

    def run(self, task: dict[str, Any], answer: Callable[[Effect], Reply], request_id: str | None) -> Ended:
        """Has the task done. `answer` is called for what only nova can tell; `Away` if the runner cannot be reached."""
        headers = {"Idempotency-Key": f"nova {uuid.uuid4()}"}
        if request_id:
            headers["X-Openstack-Request-Id"] = request_id
        call = _Call(self._transport, self.settings.timeout)
        told = call.ask("POST", f"/v1/tasks?wait={WAIT_SECONDS}", task, headers)
        # A runner that was started again asks again, and nova must not do a thing twice.
        answered: dict[int, Reply] = {}
        while told["state"] not in ("finished", "failed"):
            if told["state"] == "parked":
                raise Away(f"task {told['id']} is parked: {told['parked']}", begun=True)
            for question in told["waiting_for"]:
                if question["kind"] == "reply":
                    index = question["index"]
                    if index not in answered:
                        answered[index] = self._answer(told["id"], question["effect"], answer)
                    reply = {"index": index, "reply": answered[index]}
                    call.ask("POST", f"/v1/tasks/{told['id']}/replies", reply, or_else=_SETTLED)
            told = call.ask("GET", f"/v1/tasks/{told['id']}?wait={WAIT_SECONDS}")
        return Ended(told["id"], told["outcome"] or {}, told["failure"])

    def _answer(self, task: str, effect: Effect, answer: Callable[[Effect], Reply]) -> Reply:
        """An answer that takes its time (a scheduler's, a compute service's) is not taken for silence."""
        over = threading.Event()
        heart = threading.Thread(target=self._beat, args=(task, over), daemon=True)
        heart.start()
        try:
            return answer(effect)
        finally:
            over.set()

    def _beat(self, task: str, over: threading.Event) -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            try:
                self._transport.ask("POST", f"/v1/tasks/{task}/heartbeat", None, {}, MARGIN_SECONDS)
            except Silent as silent:
                LOG.debug("no heartbeat for task %s: %s", task, silent)


class _Call:
    """All requests of one task: silence is counted from the runner's last word."""

    def __init__(self, transport: Transport, timeout: float) -> None:
        self._transport = transport
        self._timeout = timeout
        # Whether the runner may have the task.
        self._begun = False

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        or_else: frozenset[str] | set[str] = frozenset(),
    ) -> dict[str, Any]:
        """What the runner says to it; it is asked until it does, or has been silent for too long."""
        until = time.monotonic() + self._timeout
        while True:
            try:
                said = self._transport.ask(method, path, body, headers or {}, WAIT_SECONDS + MARGIN_SECONDS)
            except Silent as silent:
                self._begun |= silent.sent
                why, pause = str(silent), PAUSE_SECONDS
            else:
                if said.status < 300 or said.code in or_else:
                    self._begun = True
                    return said.body
                why, pause = self._again(said), max(said.retry_after, PAUSE_SECONDS)
            if time.monotonic() + pause > until:
                raise Away(f"{method} {path}: {why}", self._begun)
            LOG.debug("asking the runner again in %.2f s: %s %s: %s", pause, method, path, why)
            time.sleep(pause)

    def _again(self, said: Answer) -> str:
        """Why it is worth another try; `Away` if it is not."""
        why = f"{said.code or said.status}: {said.detail}"
        if said.retry_after or said.status >= 500:
            self._begun |= said.code not in _NOT_TAKEN
            return why
        raise Away(why, self._begun)
