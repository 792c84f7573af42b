"""nova 31, of OpenStack 2025.1."""
from swaparoo_nova.releases.nova_33 import flavor_resources
from swaparoo_nova.releases.release import Release

RELEASE = Release(major=31, name="2025.1", tested="31.3.1", flavor_resources=flavor_resources)
