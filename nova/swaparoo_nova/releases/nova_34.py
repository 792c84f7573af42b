"""nova 34, of OpenStack 2026.2."""
from swaparoo_nova.releases.release import Release

RELEASE = Release(major=34, name="2026.2", tested="34.0.0", checks_limits=True)
