"""nova 32, of OpenStack 2025.2."""
from swaparoo_nova.releases.nova_33 import flavor_resources
from swaparoo_nova.releases.release import Release

RELEASE = Release(major=32, name="2025.2", tested="32.2.1", flavor_resources=flavor_resources)
