"""nova 33, of OpenStack 2026.1."""
from __future__ import annotations

from typing import Any

from nova.scheduler import utils as scheduler_utils

from swaparoo_nova.releases.release import Release


def flavor_resources(flavor: Any) -> dict[str, int]:
    """Before nova 34, the quota checks have the only public function for it."""
    return dict(scheduler_utils.resources_for_limits(flavor, is_bfv=False))


RELEASE = Release(major=33, name="2026.1", tested="33.0.2", flavor_resources=flavor_resources)
