"""The effects that the rules ask for, and what their replies mean."""

from enum import Enum

from replay import Failed
from wit_world.imports.allocations import DeleteAllocations, GetAllocations, NewHolding, PostAllocations
from wit_world.imports.log import Pause
from wit_world.imports.moves import (
    Effect_DeleteAllocations,
    Effect_FindComputeNode,
    Effect_FindServer,
    Effect_GetAllocations,
    Effect_Pause,
    Effect_PostAllocations,
    Failure_AllocationDeleteFailed,
    Failure_AllocationRetrievalFailed,
    Failure_ComputeHostNotFound,
    Failure_MalformedAnswer,
    Failure_Refused,
    Failure_Unreachable,
    FindComputeNode,
    FindServer,
    Reply_Abandoned,
    Reply_ComputeNode,
    Reply_Foreign,
    Reply_Holding,
    Reply_Lost,
    Reply_Paused,
    Reply_Refused,
    Reply_Server,
    Reply_Unreachable,
    Reply_Written,
    ServerState,
)


class Written(Enum):
    """The result of a write that does not fail the task."""

    # It is done.
    DONE = 0
    # Another writer was first: read and decide again.
    REFUSED = 1
    # It is not known whether it was done.
    LOST = 2


def holdings(run, *consumers):
    """Reads what several consumers hold, at the same time."""
    replies = yield [Effect_GetAllocations(GetAllocations(consumer)) for consumer in consumers]
    return [read(run, reply, len(consumers) - place) for place, reply in enumerate(replies)]


def read(run, reply, back):
    match reply:
        case Reply_Holding(held):
            return held
        case Reply_Refused(refusal):
            raise Failed(Failure_AllocationRetrievalFailed(refusal))
        case Reply_Foreign(answer):
            raise Failed(Failure_MalformedAnswer(answer))
        case Reply_Unreachable(silence):
            raise Failed(Failure_Unreachable(silence))
        case _:
            raise run.unexpected(back)


def write(run, effect):
    """Performs a write: its result, and the refusal if there is one. Any other reply fails the task."""
    reply = yield effect
    match reply:
        case Reply_Written():
            return Written.DONE, None
        case Reply_Lost():
            return Written.LOST, None
        case Reply_Refused(refusal):
            return refused(effect, refusal)
        case Reply_Foreign(answer):
            # A proxy's own 4xx shows that it did not forward the request; any other status shows nothing.
            if 400 <= answer.status < 500:
                raise Failed(Failure_MalformedAnswer(answer))
            return Written.LOST, None
        case Reply_Unreachable(silence):
            raise Failed(Failure_Unreachable(silence))
        case _:
            raise run.unexpected()


def refused(effect, refusal):
    # Placement answers 5xx after any exception, also after one that follows its commit.
    if refusal.status >= 500:
        return Written.LOST, None
    if refusal.code == "placement.concurrent_update":
        return Written.REFUSED, refusal
    deletes = isinstance(effect, Effect_DeleteAllocations)
    raise Failed(Failure_AllocationDeleteFailed(refusal) if deletes else Failure_Refused(refusal))


def transfer(source, target):
    """Gives the target all that the source holds, and the source nothing, in one write."""
    both = [entry(source, source, []), entry(source, target, source.allocations)]
    return Effect_PostAllocations(PostAllocations(both))


def removal(*consumers):
    """These hold nothing after this write; those that hold nothing now are left out."""
    held = [holding for holding in consumers if holding.owner]
    if len(held) > 1:
        return Effect_PostAllocations(PostAllocations([entry(holding, holding, []) for holding in held]))
    consumer, owner = held[0].consumer, held[0].owner
    return Effect_DeleteAllocations(DeleteAllocations(consumer, owner.project, owner.user, owner.generation))


def entry(source, target, allocations):
    """The consumer of `target` holds these allocations after the write, at the generation that was read."""
    generation = target.owner.generation if target.owner else None
    return NewHolding(target.consumer, source.owner.project, source.owner.user, generation, allocations)


def server(run, server):
    """Asks nova whether the server exists. No answer means unknown, too."""
    reply = yield Effect_FindServer(FindServer(server))
    match reply:
        case Reply_Server(answer):
            return answer.state
        case Reply_Unreachable() | Reply_Abandoned():
            return ServerState.UNKNOWN
        case _:
            raise run.unexpected()


def compute_node(run, server):
    """Asks nova on which compute node the server is."""
    find = FindComputeNode(server)
    reply = yield Effect_FindComputeNode(find)
    match reply:
        case Reply_ComputeNode(answer):
            if answer.node is None:
                raise Failed(Failure_ComputeHostNotFound(find))
            return answer.node
        case Reply_Unreachable(silence) | Reply_Abandoned(silence):
            raise Failed(Failure_Unreachable(silence))
        case _:
            raise run.unexpected()


def pause(run, up_to_ms):
    """Waits, so that other writers can finish. The host draws the time."""
    reply = yield Effect_Pause(Pause(up_to_ms))
    if not isinstance(reply, Reply_Paused):
        raise run.unexpected()
