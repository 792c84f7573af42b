"""The runner's answers about a task, validated: an answer has these types, or `Malformed` is raised."""
from __future__ import annotations

import dataclasses
import json
import re
import reprlib
from typing import Any

from swaparoo_nova.text import line
from swaparoo_nova.transport import Answer

# The outcomes that nova's tasks can end with. An outcome that is not in this table does not count as success.
_MOVED = frozenset({"moved", "already-moved", "source-deleted", "target-deleted", "nothing-to-move"})
OUTCOMES = {
    "move": _MOVED,
    "replace": _MOVED | {"not-held"},
    "revert": _MOVED,
    "migrate": frozenset({"started"}),
    "live-migrate": frozenset({"started"}),
}
# These outcomes list the allocations.
_WITH_ALLOCATIONS = _MOVED - {"nothing-to-move"}
_AT_WORK = ("queued", "running", "waiting")
# In one answer; a comma inside a text counts as one more. A value of two bytes takes eighty bytes of nova's memory.
MOST_VALUES = 500_000
# The last refused writes of a task that are kept.
MOST_REFUSALS = 10
# The limit for a failure's text, in characters.
LONGEST_DETAIL = 2000
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# By provider, in the format that Placement and nova use.
Allocations = dict[str, dict[str, Any]]
Effect = dict[str, Any]


class Malformed(Exception):
    """The answer is not from a runner; the text says why."""


@dataclasses.dataclass(frozen=True)
class Question:
    """A question from the runner to nova."""

    # The index in the task's history.
    index: int
    # The effect as JSON, with a `kind`.
    effect: Effect


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The successful end of a task."""

    kind: str
    allocations: Allocations


@dataclasses.dataclass(frozen=True)
class Failure:
    """The end of a task that failed."""

    code: str
    detail: str
    # If nova raised an exception: its class and its text.
    cause: tuple[str, str] | None
    # An operator must check, as a policy says of a failure that only it has (the code `other`).
    needs_operator: bool = False

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A write that Placement refused, with its reason."""

    effect: str
    status: int
    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.effect}: {self.status} {self.code}: {self.detail}"


@dataclasses.dataclass(frozen=True)
class Task:
    """The state of a task. At most one of `parked`, `outcome` and `failure` is set; if none is, the task is running."""

    id: str
    state: str
    questions: list[Question]
    parked: str | None = None
    outcome: Outcome | None = None
    failure: Failure | None = None
    # Only of a task that has ended.
    refusals: list[Refusal] = dataclasses.field(default_factory=list)

    @property
    def open(self) -> bool:
        """True if the task is running or waits for nova."""
        return self.parked is None and self.outcome is None and self.failure is None


def task(response: Answer, kind: str, id: str | None) -> Task:
    """The task in the answer. It must have this kind and this id; if no id is given, any id."""
    fields = document(response)
    its, its_kind, state = field(fields, "id", str), field(fields, "kind", str), field(fields, "state", str)
    if not _UUID.fullmatch(its) or id not in (None, its):
        raise Malformed(f"it describes the task {its!r}" + (f" instead of {id}" if id else ""))
    if its_kind != kind:
        raise Malformed(f"it describes a task of kind {its_kind!r} instead of {kind}")
    if state == "finished":
        _absent(fields, "failure")
        return Task(its, state, [], outcome=_outcome(field(fields, "outcome", dict), kind),
                    refusals=_refusals(fields))
    if state == "failed":
        _absent(fields, "outcome")
        return Task(its, state, [], failure=_failure(field(fields, "failure", dict)),
                    refusals=_refusals(fields))
    if state == "parked":
        return Task(its, state, [], parked=field(fields, "parked", str))
    if state not in _AT_WORK:
        raise Malformed(f"its state is {state!r}")
    return Task(its, state, [_question(one) for one in _waiting_for(fields) if one["kind"] == "reply"])


def error(response: Answer) -> tuple[str, str]:
    """The code and the detail of the runner's error; the code is empty if the answer is not from the runner."""
    if 300 <= response.status < 400:
        return "", f"it redirects to {response.headers.get('location')!r}, which is not followed"
    try:
        first = field(document(response), "errors", list)[0]
        code, detail = field(first, "code", str), field(first, "detail", str)
    except (Malformed, IndexError):
        code, detail = "", ""
    return (code, detail) if code.startswith("swaparoo.") else ("", "this is not a runner's error")


def field(of: Any, name: str, kind: type) -> Any:
    """The value of a field; `Malformed` if it does not have this type."""
    value = of.get(name) if isinstance(of, dict) else None
    if not isinstance(value, kind) or (kind is int and not _countable(value)):
        raise Malformed(f"{name} is {reprlib.repr(value)} in {reprlib.repr(of)}")
    return value


def document(response: Answer) -> Any:
    encoding = response.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise Malformed(f"it is encoded as {encoding!r}")
    if sum(response.body.count(sign) for sign in (b",", b"[", b"{")) > MOST_VALUES:
        raise Malformed(f"it has more than {MOST_VALUES} values")
    try:
        document = json.loads(response.body)
        # nova cannot use what cannot be serialized again (half a character, NaN, nested too deep).
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as wrong:
        kind = response.headers.get("content-type", "no type")
        raise Malformed(f"it is not JSON ({kind}, {len(response.body)} bytes): {wrong}") from None
    return document


def _countable(value: Any) -> bool:
    """In Python, True is an int, and an int may have 4,000 digits; neither is a valid number here."""
    return not isinstance(value, bool) and 0 <= value < 1 << 32


def _absent(of: dict[str, Any], name: str) -> None:
    if of.get(name) is not None:
        raise Malformed(f"it is {of['state']} and has {name}: {reprlib.repr(of[name])}")


def _waiting_for(fields: dict[str, Any]) -> list[dict[str, Any]]:
    waiting: list[dict[str, Any]] = field(fields, "waiting_for", list)
    for one in waiting:
        field(one, "kind", str)
    return waiting


def _question(asked: dict[str, Any]) -> Question:
    index, effect = field(asked, "index", int), field(asked, "effect", dict)
    field(effect, "kind", str)
    return Question(index, effect)


def _refusals(fields: dict[str, Any]) -> list[Refusal]:
    """Of the task's history: only for the log, so what is not in the runner's format is left out."""
    history = fields.get("history")
    found = []
    for exchange in history if isinstance(history, list) else []:
        try:
            effect, reply = field(exchange, "effect", dict), field(exchange, "reply", dict)
            if reply.get("kind") == "refused":
                found.append(_refusal(field(effect, "kind", str), reply))
        except Malformed:
            continue
    return found[-MOST_REFUSALS:]


def _refusal(effect: str, reply: dict[str, Any]) -> Refusal:
    code, detail = field(reply, "code", str), field(reply, "detail", str)
    return Refusal(line(effect, 50), field(reply, "status", int), line(code, 100), line(detail, LONGEST_DETAIL))


def _outcome(fields: dict[str, Any], task_kind: str) -> Outcome:
    kind = field(fields, "kind", str)
    if kind not in OUTCOMES[task_kind]:
        raise Malformed(f"a {task_kind} does not end with the outcome {kind!r}")
    held = field(fields, "allocations", list) if kind in _WITH_ALLOCATIONS else []
    return Outcome(kind, {field(one, "provider", str): {"resources": _resources(one)} for one in held})


def _resources(held: dict[str, Any]) -> dict[str, int]:
    resources = field(held, "resources", list)
    return {field(amount, "class", str): field(amount, "amount", int) for amount in resources}


def _failure(fields: dict[str, Any]) -> Failure:
    data = fields.get("data")
    # A failure of the runner itself has no data.
    data = {} if data is None else field(fields, "data", dict)
    cause = None
    if data.get("cause") is not None:
        cause = field(data["cause"], "error", str), field(data["cause"], "detail", str)
    needs_operator = data.get("needs_operator") is True
    detail = line(field(fields, "detail", str), LONGEST_DETAIL)
    return Failure(field(fields, "code", str), detail, cause, needs_operator)
