"""Says in each process of a service that the runner moves its allocations, and stops a process in which it does not.

A conductor has several worker processes. Today oslo.service forks them, so they have what was replaced before. If it
starts new ones instead, nova's service object, which they get, brings the package along.
"""
from __future__ import annotations

import functools
import threading
from typing import Any

# nova's own modules up to 2025.1 use it without importing it, so it must be there before the first of them in a new process.
import webob.dec  # type: ignore[import-untyped]  # noqa: F401
from nova import service
from oslo_log import log as logging

from swaparoo_nova import runner_version, versions
from swaparoo_nova.install import Installed, install

LOG = logging.getLogger(__name__)

_watched = False


class Package:
    """An attribute of nova's service object. Where it is unpickled, the package is installed."""

    def __init__(self) -> None:
        watch(install())

    def __reduce__(self) -> Any:
        return Package, ()


def watch(installed: Installed) -> None:
    """From now on each start of a service in this process is checked and logged. A second call changes nothing."""
    global _watched
    if _watched:
        return
    _watched = True
    create, start = service.Service.create, service.Service.start

    @functools.wraps(create)
    def with_package(*args: Any, **kwargs: Any) -> Any:
        created = create(*args, **kwargs)
        created.swaparoo_package = Package()
        return created

    @functools.wraps(start)
    def start_and_say(self: Any) -> Any:
        say(installed)
        return start(self)

    service.Service.create = staticmethod(with_package)
    service.Service.start = start_and_say


def say(installed: Installed) -> None:
    """Logs that the runner moves the allocations of this process; raises RuntimeError if it does not."""
    missing = [str(one) for one in installed.replacements if not one.installed()]
    if missing:
        raise RuntimeError(f"swaparoo-nova is not at work in this process: nova's own {', '.join(missing)} would run")
    settings = installed.settings()
    LOG.info("allocations are moved by the runner at %s; fallback: %s, tasks: %s; %s",
             settings.endpoint, settings.fallback, settings.tasks, versions.own())
    # The runner may be away now, and a service must not wait for it at its start.
    threading.Thread(target=runner_version.compare, args=(installed.runner().transport,), daemon=True).start()
