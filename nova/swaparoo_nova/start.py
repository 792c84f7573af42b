"""Starts one of nova's services with the runner. Import nova's own module first: it patches Python, or disables the
patch."""
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
    """Runs nova's `main` after `install`. With an invalid [swaparoo], exits before the service starts."""
    installed = install()
    parse = nova_config.parse_args

    def parse_and_check(*args: Any, **kwargs: Any) -> Any:
        parsed = parse(*args, **kwargs)
        try:
            # This also reads the token and the certificates, so that errors in them are reported now.
            settings = installed.runner().settings
        except Misconfigured as wrong:
            sys.exit(f"error: {wrong}")
        LOG.info("allocations are moved by the runner at %s; fallback: %s, tasks: %s",
                 settings.endpoint, settings.fallback, settings.tasks)
        return parsed

    nova_config.parse_args = parse_and_check
    main()
