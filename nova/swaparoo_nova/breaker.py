"""Keeps a runner that does not answer from holding every RPC thread of nova for `timeout` seconds."""
from __future__ import annotations

import threading
import time

# After a task that got no answer: how long the next ones fail at once. Then one task tries again.
OPEN_SECONDS = 10.0


class Breaker:
    """Open after a task to which the runner did not answer. While it is open, other tasks need not wait as well."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # On the monotonic clock; None if the last task got its answers.
        self._open_until: float | None = None

    def admits(self) -> bool:
        """True if the task may ask the runner. While the breaker is open, this is one task per `OPEN_SECONDS`."""
        with self._lock:
            now = time.monotonic()
            if self._open_until is None:
                return True
            if now < self._open_until:
                return False
            self._open_until = now + OPEN_SECONDS
            return True

    def silent(self) -> None:
        """The runner did not answer a task."""
        with self._lock:
            self._open_until = time.monotonic() + OPEN_SECONDS

    def answered(self) -> None:
        """The runner answered."""
        with self._lock:
            self._open_until = None
