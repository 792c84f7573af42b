"""Starts one of nova's services on the runner. nova's own module must have been imported before: it patches Python, or
forbids that."""
from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from nova import config as nova_config
from oslo_log import log as logging

from swaparoo_nova.config import Misconfigured
from swaparoo_nova.install import install

LOG = logging.getLogger(__name__)


def start(main: Callable[[], Any]) -> None:
    """`main` of nova's, after `install`. A [swaparoo] that is wrong ends it before the service begins."""
    installed = install()
    parse = nova_config.parse_args

    def parse_and_check(*args: Any, **kwargs: Any) -> Any:
        parsed = parse(*args, **kwargs)
        try:
            # With its token and its certificates read: what is wrong with these, too, is said now.
            settings = installed.runner().settings
        except Misconfigured as wrong:
            sys.exit(f"error: {wrong}")
        LOG.info("allocations are moved by the runner at %s; fallback: %s, tasks: %s",
                 settings.endpoint, settings.fallback, settings.tasks)
        return parsed

    nova_config.parse_args = parse_and_check
    main()
