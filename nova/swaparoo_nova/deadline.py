"""A deadline on the monotonic clock."""
from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator


class Deadline:
    """A point in time, `seconds` after its creation."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until the deadline; negative after it."""
        return self._until - time.monotonic()

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Stops the clock while the `with` block runs."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._until += time.monotonic() - began
