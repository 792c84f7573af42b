"""The result for nova's callers for each failure of a task, in one table.

nova's `move_allocations` raises, or returns False (refused) or None (Placement could not be reached); its callers treat
both as "not moved". A failure that an operator must check is raised, because compute services ignore the return value.
"""
from __future__ import annotations

from collections.abc import Callable

from nova import exception

from swaparoo_nova.answer import LONGEST_DETAIL, Failure
from swaparoo_nova.text import line

# The failure, the source consumer and the target consumer.
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
    # Another writer kept changing a consumer or a provider.
    "allocation-move-failed": _move_failed,
    # nova's own move deletes nothing, so its callers do not expect AllocationDeleteFailed.
    "allocation-delete-failed": _move_failed,
    "allocation-retrieval-failed": _retrieval_failed,
    # nova's client returns False for these.
    "out-of-retries": False,
    "refused": False,
    # nova raises JSONDecodeError or KeyError here, which no caller expects.
    "malformed-answer": False,
    # nova's client returns None if it cannot reach Placement.
    "unreachable": None,
    # An operator must check.
    "undecided": _move_failed,
    "unsettled": _move_failed,
    "leaked": _move_failed,
    # nova gets 409 here every time.
    "orphan-in-the-way": _move_failed,
    "compute-host-not-found": _no_compute_node,
    # The policy has no rules for this task, or the history does not match its rules.
    "unsupported-task": _move_failed,
    "diverged": _move_failed,
    # Whole migrations. If nova itself raised the cause, the same exception is raised again instead.
    "no-valid-host": _no_valid_host,
    "max-retries-exceeded": _max_retries,
    "nova-failed": _migration_error,
    "abandoned": _migration_error,
    "not-rolled-back": _migration_error,
    "cast-unsettled": _migration_error,
    "still-in-use": _migration_error,
    # A failure that only this policy has. If an operator must check, it is raised; see `_entry`.
    "other": False,
}


def outcome_of(failure: Failure, source: str, target: str) -> bool | None:
    """What nova's `move_allocations` returns for the failure, or raises. An unknown code is raised."""
    make = _entry(failure, _move_failed)
    if callable(make):
        raise make(failure, source, target)
    return make


def not_begun(unavailable: Exception) -> Exception:
    """The exception for a migration that does not begin because the runner does not answer. Of nova's exceptions for
    failures before the begin, so nova keeps the state of the server; after `ConnectFailure` it sets a server that was
    to be migrated live to ERROR."""
    return exception.MigrationPreCheckError(reason=f"the allocation runner cannot be reached: {unavailable}")


def exception_for(failure: Failure, source: str, target: str) -> Exception:
    """The same for callers in nova that only handle exceptions. What the rules raise in nova's name has nova's class,
    since nova keeps or changes the server's state by it."""
    own = _own_class(failure) if failure.code == "nova-failed" else None
    if own is not None:
        return own(_cause(failure))
    make = _entry(failure, _migration_error)
    return make(failure, source, target) if callable(make) else _no_valid_host(failure, source, target)


def _entry(failure: Failure, raised: Make) -> Make | bool | None:
    """The entry of the table; `raised` for an unknown code, and if the policy says that an operator must check."""
    return raised if failure.needs_operator else TABLE.get(failure.code, raised)


def _own_class(failure: Failure) -> type[Exception] | None:
    """nova's exception of the cause's name, if there is one."""
    name, _ = failure.cause or ("", "")
    found = getattr(exception, name, None)
    return found if isinstance(found, type) and issubclass(found, exception.NovaException) else None


def _cause(failure: Failure) -> str:
    """The text of nova's own exception, which the rules passed on."""
    _, words = failure.cause or ("", "")
    return line(words, LONGEST_DETAIL) or str(failure)
