"""One function of nova and what replaces it."""
from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from swaparoo_nova.unsupported import Unsupported

# Makes the new function of nova's own.
Make = Callable[[Any], Callable[..., Any]]


class Replacement:
    """A function of a class or a module of nova."""

    def __init__(self, owner: Any, name: str, parameters: tuple[str, ...], make: Make) -> None:
        self._owner = owner
        self._name = name
        self._parameters = parameters
        self._make = make
        self._new: Any = None

    def check(self) -> None:
        """Raises `Unsupported` if nova's function does not exist or has other parameters."""
        own = getattr(self._owner, self._name, None)
        if own is None:
            raise Unsupported(f"{self}: this nova does not have it")
        parameters = tuple(inspect.signature(own).parameters)
        if parameters != self._parameters:
            raise Unsupported(f"{self} has the parameters {parameters} in this nova instead of {self._parameters}")

    def install(self) -> None:
        """Replaces nova's function."""
        own = getattr(self._owner, self._name)
        made = self._make(own)

        @functools.wraps(own)
        def new(*args: Any, **kwargs: Any) -> Any:
            return made(*args, **kwargs)

        self._new = new
        setattr(self._owner, self._name, new)

    def installed(self) -> bool:
        """True if nova's function is replaced in this process."""
        return self._new is not None and getattr(self._owner, self._name) is self._new

    def __str__(self) -> str:
        return f"{self._owner.__name__}.{self._name}"
