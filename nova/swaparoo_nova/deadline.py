"""A deadline by the monotonic clock."""
from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator


class Deadline:
    """So many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until then; negative when it is over."""
        return self._until - time.monotonic()

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """What is done meanwhile takes none of its time."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._until += time.monotonic() - began
