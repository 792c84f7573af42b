"""The rules of this policy: one generator for each kind of task. Change them, and say in scenarios/ what must hold."""

from dataclasses import dataclass

import ask
from ask import Written
from replay import Failed
from wit_world.imports.allocations import Holding, Removal, Transfer
from wit_world.imports.log import PolicyFailure
from wit_world.imports.moves import (
    Failure_AllocationMoveFailed,
    Failure_Leaked,
    Failure_Other,
    Failure_Undecided,
    Failure_Unsettled,
    MoveTask,
    NotHeld,
    Outcome_AlreadyMoved,
    Outcome_Moved,
    Outcome_NotHeld,
    Outcome_NothingToMove,
    Outcome_SourceDeleted,
    Outcome_TargetDeleted,
    ServerState,
    Undecided,
    Unsettled,
)

# How long a database replica behind Placement may need to catch up, in milliseconds.
CATCH_UP = 5000
# The pauses between questions to nova, in milliseconds: enough to restart a conductor.
PATIENCE = (5000, 10000, 15000)


def replace(run, task, attempts):
    """Gives a server's allocations to its migration record, if it holds something of its compute node."""
    node = task.source_node or (yield from ask.compute_node(run, task.server))

    def is_of_node(held):
        return any(allocation.provider == node for allocation in held.allocations)

    if is_of_node((yield from settled(run, task.server, is_of_node))):
        return (yield from move(run, MoveTask(task.server, task.migration, target_is_new=True), attempts))
    [there] = yield from ask.holdings(run, task.migration)
    if is_of_node(there):
        return Outcome_AlreadyMoved(Transfer(task.server, task.migration, there.allocations))
    run.because("not-held", "the server holds nothing of its compute node", node=node)
    return Outcome_NotHeld(NotHeld(task.server, node))


def revert(run, task, attempts):
    """Gives them back after the migration failed."""
    return (yield from move(run, MoveTask(task.migration, task.server, target_is_new=False), attempts))


@dataclass
class Lost:
    """A write of which it is not known whether it was done."""

    at: int
    source: Holding
    gives: bool


@dataclass
class Known:
    """What the attempts of a move have shown so far."""

    lost: Lost | None = None
    gone: bool = False
    # What is read next cannot be out of date.
    confirmed: bool = False


def move(run, task, attempts):
    """Moves all allocations of the source to the target."""
    if task.source == task.target:
        return (yield from to_itself(run, task))
    known = Known()
    try:
        return (yield from try_to_move(run, task, attempts, known))
    except Failed as failed:
        # No other failure may hide that it is not known whether a write was done.
        if known.lost and not isinstance(failed.failure, (Failure_Leaked, Failure_Unsettled)):
            raise unsettled(known.lost) from failed
        raise


def try_to_move(run, task, attempts, known):
    refusal = None
    for attempt in range(1, attempts + 1):
        run.because("read-both", f"read what both hold (attempt {attempt} of {attempts})")
        source, target = yield from ask.holdings(run, task.source, task.target)
        if source.owner:
            gives = task.target_is_new or (yield from target_is_given(run, source, target, known))
            effect = ask.transfer(source, target) if gives else ask.removal(source, target)
            written, refused = yield from ask.write(run, effect)
            if written is Written.DONE:
                return (yield from done(run, task, source, gives))
            if written is Written.LOST:
                known.lost = Lost(run.last, source, gives)
            known.confirmed = written is Written.LOST
            refusal = refused or refusal
            run.because("write-again", "the write was refused or got no answer: read again after a pause")
            yield from ask.pause(run, 2000 * attempt)
        elif known.confirmed:
            return (yield from source_is_empty(run, task, target, known))
        else:
            known.confirmed = True
            run.because("confirm", "the source holds nothing: read again after a pause, a replica may be behind")
            yield from ask.pause(run, CATCH_UP)
    return (yield from last_look(run, task, known, refusal))


def last_look(run, task, known, refusal):
    """After the last attempt: one more read, and no write."""
    run.because("last-look", "the attempts are used up: read once more")
    source, target = yield from ask.holdings(run, task.source, task.target)
    if not source.owner:
        return (yield from source_is_empty(run, task, target, known))
    if known.lost:
        raise unsettled(known.lost, source, target)
    if not refusal:
        raise operator("source-changes", "the source held nothing, and holds something now: try again")
    raise Failed(Failure_AllocationMoveFailed(refusal))


def target_is_given(run, source, target, known):
    """Whether the target gets the allocations. Placement does not know whether a server exists; nova does."""
    if known.gone:
        return False
    state = yield from ask.server(run, target.consumer)
    run.because("server-state", f"nova says that the server is {state.name.lower()}")
    if state is ServerState.UNKNOWN:
        raise Failed(Failure_Undecided(Undecided(target.consumer, [source, target])))
    known.gone = state is ServerState.GONE
    return not known.gone


def done(run, task, source, gives):
    """The outcome of a write that is known to be done."""
    if gives:
        if not task.target_is_new and (yield from is_gone(run, task.target)):
            return (yield from delete_target(run, task, source.allocations))
        return Outcome_Moved(Transfer(task.source, task.target, source.allocations))
    # The scheduler may have claimed for the deleted server meanwhile.
    [target] = yield from ask.holdings(run, task.target)
    if target.owner:
        return (yield from delete_target(run, task, target.allocations))
    return Outcome_SourceDeleted(Removal(task.source, source.allocations))


def is_gone(run, server):
    """A server may be deleted just before it gets its allocations back, and then nothing else deletes them again."""
    for pause in PATIENCE:
        run.because("check-after-restore", "ask whether the server still exists")
        state = yield from ask.server(run, server)
        if state is not ServerState.UNKNOWN:
            return state is ServerState.GONE
        yield from ask.pause(run, pause)
    raise operator("restore-not-checked", "nova does not say whether the server still exists")


def delete_target(run, task, allocations):
    """Deletes what a deleted server holds. No other failure may hide that it still holds something."""
    held = Removal(task.target, allocations)
    try:
        is_deleted = yield from try_to_delete(run, held)
    except Failed as failed:
        raise Failed(Failure_Leaked(held)) from failed
    if is_deleted:
        return Outcome_TargetDeleted(held)
    raise Failed(Failure_Leaked(held))


def try_to_delete(run, held):
    for attempt in range(1, 5):
        run.because("server-is-gone", "the server does not exist: delete what it holds")
        [target] = yield from ask.holdings(run, held.consumer)
        if not target.owner:
            return True
        held.allocations = target.allocations
        written, _ = yield from ask.write(run, ask.removal(target))
        if written is Written.DONE:
            return True
        yield from ask.pause(run, 2000 * attempt)
    return False


def source_is_empty(run, task, target, known):
    """The source holds nothing: the move was made before, by an earlier task or by a write of this one."""
    if known.lost:
        run.because("lost-write", "a write of this task got no answer, and the source holds nothing")
        wanted = known.lost.source.allocations if known.lost.gives else []
        if target.allocations == wanted:
            return (yield from done(run, task, known.lost.source, known.lost.gives))
        raise unsettled(known.lost)
    if not target.owner:
        return Outcome_NothingToMove()
    is_asked = not known.gone and not task.target_is_new
    if known.gone or (is_asked and (yield from ask.server(run, task.target)) is ServerState.GONE):
        return (yield from delete_target(run, task, target.allocations))
    return Outcome_AlreadyMoved(Transfer(task.source, task.target, target.allocations))


def to_itself(run, task):
    held = yield from settled(run, task.source, lambda held: held.owner is not None)
    if not held.owner:
        return Outcome_NothingToMove()
    return Outcome_AlreadyMoved(Transfer(task.source, task.target, held.allocations))


def settled(run, consumer, is_expected):
    """Reads what a consumer holds, and again after a pause if it is not what is expected."""
    [held] = yield from ask.holdings(run, consumer)
    if is_expected(held):
        return held
    run.because("confirm", "this is not expected: read again after a pause, a replica may be behind")
    yield from ask.pause(run, CATCH_UP)
    [held] = yield from ask.holdings(run, consumer)
    return held


def unsettled(lost, *holdings):
    return Failed(Failure_Unsettled(Unsettled(lost.at, list(holdings))))


def operator(code, text):
    """A failure of this policy's own, for an operator."""
    return Failed(Failure_Other(PolicyFailure(code, text, needs_operator=True)))
