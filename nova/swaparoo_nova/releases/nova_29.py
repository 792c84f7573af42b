"""nova 29, of OpenStack 2024.1."""
from swaparoo_nova.releases.nova_33 import flavor_resources
from swaparoo_nova.releases.release import Release

RELEASE = Release(major=29, name="2024.1", tested="29.4.0", flavor_resources=flavor_resources)
