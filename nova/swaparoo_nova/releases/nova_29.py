"""nova 29, of OpenStack 2024.1."""
from swaparoo_nova.releases.release import Release

RELEASE = Release(major=29, name="2024.1", tested="29.4.0")
