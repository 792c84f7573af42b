"""The versions on this side, for the log and for the runner."""
from __future__ import annotations

import platform

from nova import version

import swaparoo_nova


def own() -> str:
    """All of them, in words."""
    return f"swaparoo-nova {swaparoo_nova.__version__}, nova {_nova()}, Python {platform.python_version()}"


def agent() -> str:
    """The header `User-Agent`."""
    return f"swaparoo-nova/{swaparoo_nova.__version__} nova/{_nova()}"


def _nova() -> str:
    return str(version.version_info.version_string())
