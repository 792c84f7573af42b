"""nova 33, of OpenStack 2026.1."""
from swaparoo_nova.releases.release import Release

RELEASE = Release(major=33, name="2026.1", tested="33.0.2")
