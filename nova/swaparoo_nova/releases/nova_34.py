"""nova 34, of OpenStack 2026.2."""
from __future__ import annotations

from typing import Any

from nova.scheduler import utils as scheduler_utils

from swaparoo_nova.releases.release import Release


def flavor_resources(flavor: Any) -> dict[str, int]:
    """nova 34 has a function for it."""
    return dict(scheduler_utils.resources_from_flavor_and_bfv(flavor, is_bfv=False))


RELEASE = Release(
    major=34, name="2026.2", tested="34.0.0", flavor_resources=flavor_resources, checks_limits=True,
)
