"""How a task's failure looks to nova's callers: one table.

nova's `move_allocations` raises, or returns False (refused) or None (Placement was not there); its callers take both
for "not moved". What a person must look at is raised, since compute services do not look at what is returned.
"""
from __future__ import annotations

from collections.abc import Callable

from nova import exception

from swaparoo_nova.answer import LONGEST_DETAIL, Failure
from swaparoo_nova.text import line

# The failure, and who was to give to whom.
Make = Callable[[Failure, str, str], Exception]


def _move_failed(failure: Failure, source: str, target: str) -> Exception:
    return exception.AllocationMoveFailed(source_consumer=source, target_consumer=target, error=str(failure))


def _retrieval_failed(failure: Failure, source: str, _target: str) -> Exception:
    return exception.ConsumerAllocationRetrievalFailed(consumer_uuid=source, error=str(failure))


def _no_compute_node(failure: Failure, _source: str, _target: str) -> Exception:
    return exception.ComputeHostNotFound(host=str(failure))


def _no_valid_host(failure: Failure, _source: str, _target: str) -> Exception:
    return exception.NoValidHost(reason=_cause(failure))


def _max_retries(failure: Failure, _source: str, _target: str) -> Exception:
    return exception.MaxRetriesExceeded(reason=_cause(failure))


def _migration_error(failure: Failure, _source: str, _target: str) -> Exception:
    return exception.MigrationError(reason=str(failure))


TABLE: dict[str, Make | bool | None] = {
    # Somebody else kept changing a consumer or a provider.
    "allocation-move-failed": _move_failed,
    # nova's own move deletes nothing, so its callers know no AllocationDeleteFailed from it.
    "allocation-delete-failed": _move_failed,
    "allocation-retrieval-failed": _retrieval_failed,
    # What nova's client returns False for.
    "out-of-retries": False,
    "refused": False,
    # nova raises JSONDecodeError and KeyError here, which nobody expects.
    "malformed-answer": False,
    "key-error": False,
    # nova's client returns None for a Placement that it cannot reach.
    "unreachable": None,
    # A person must look.
    "undecided": _move_failed,
    "unsettled": _move_failed,
    "leaked": _move_failed,
    # nova gets 409 here, for good.
    "orphan-in-the-way": _move_failed,
    "compute-host-not-found": _no_compute_node,
    # Rules that are not for nova's tasks, or not of one mind with their history.
    "unsupported-task": _move_failed,
    "diverged": _move_failed,
    # Whole migrations. Where nova itself raised the cause, that very exception is raised again instead.
    "no-valid-host": _no_valid_host,
    "max-retries-exceeded": _max_retries,
    "nova-failed": _migration_error,
    "abandoned": _migration_error,
    "not-rolled-back": _migration_error,
    "cast-unsettled": _migration_error,
    "still-in-use": _migration_error,
}


def outcome_of(failure: Failure, source: str, target: str) -> bool | None:
    """What nova's `move_allocations` returns for it, or raises. A code that is not known here is raised."""
    make = TABLE.get(failure.code, _move_failed)
    if callable(make):
        raise make(failure, source, target)
    return make


def exception_for(failure: Failure, source: str, target: str) -> Exception:
    """The same where nova's caller knows exceptions only."""
    make = TABLE.get(failure.code, _migration_error)
    return make(failure, source, target) if callable(make) else _no_valid_host(failure, source, target)


def _cause(failure: Failure) -> str:
    """The words of nova's own exception, which the rules only handed on."""
    _, words = failure.cause or ("", "")
    return line(words, LONGEST_DETAIL) or str(failure)
