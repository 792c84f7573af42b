"""What differs between the releases of nova, as far as this package uses it."""
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True)
class Release:
    """A release of nova. The numbers are those of nova's Python package."""

    major: int
    # The name of the OpenStack release.
    name: str
    # The version that the package was compared with; docs/nova.md says which of nova's tests were run on it.
    tested: str
    # What the scheduler asks of Placement for a flavor, by resource class, for a server that boots from its own disk.
    flavor_resources: Callable[[Any], dict[str, int]]
    # Whether LiveMigrationTask passes the limits of the chosen host to the check of that host.
    checks_limits: bool = False
