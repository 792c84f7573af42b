"""The releases of nova that this package supports, and what differs between them: one small file a release."""
from __future__ import annotations

from nova import version

from swaparoo_nova.releases import nova_29, nova_31, nova_32, nova_33, nova_34
from swaparoo_nova.releases.release import Release
from swaparoo_nova.unsupported import Unsupported

SUPPORTED = {
    release.major: release
    for release in (nova_29.RELEASE, nova_31.RELEASE, nova_32.RELEASE, nova_33.RELEASE, nova_34.RELEASE)
}


def installed() -> Release:
    """The release of the nova in this process; `Unsupported` if it is another one."""
    return of(version.version_info.version_string())


def of(number: str) -> Release:
    """The release of a version of nova, such as 34.0.0."""
    major = number.split(".")[0]
    release = SUPPORTED.get(int(major)) if major.isdigit() else None
    if release is None:
        known = ", ".join(f"{one.major} ({one.name})" for one in SUPPORTED.values())
        raise Unsupported(f"nova {number} is not supported: this swaparoo-nova is for nova {known}; start "
                          "nova's own scripts, or install a version of swaparoo-nova for this nova")
    return release
