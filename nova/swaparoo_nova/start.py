"""Starts one of nova's services with the runner. Import nova's own module first: it patches Python, or disables the
patch."""
from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from nova import config as nova_config
from oslo_log import handlers

from swaparoo_nova import worker
from swaparoo_nova.config import Misconfigured
from swaparoo_nova.install import Installed, install
from swaparoo_nova.unsupported import Unsupported


def start(binary: str, main: Callable[[], Any]) -> None:
    """Runs nova's `main` after `install`, under the name of nova's own script. With another nova or an invalid
    [swaparoo], exits before the service starts."""
    try:
        installed = install()
    except Unsupported as unsupported:
        sys.exit(f"error: {unsupported}")
    worker.watch(installed)
    _as_own_script(binary)
    _check_after_parsing(installed)
    main()


def _as_own_script(binary: str) -> None:
    """oslo.config finds `nova-compute.conf` by the script's name, and oslo.log names the log file and the lines in
    syslog and the journal by it."""
    sys.argv[0] = os.path.join(os.path.dirname(sys.argv[0]), binary)
    # oslo.log asks Python for the file of the outermost function; there is no option for it.
    handlers._get_binary_name = lambda: binary


def _check_after_parsing(installed: Installed) -> None:
    parse = nova_config.parse_args

    def parse_and_check(*args: Any, **kwargs: Any) -> Any:
        parsed = parse(*args, **kwargs)
        try:
            # This also reads the token and the certificates, so that errors in them are reported now.
            installed.runner()
        except Misconfigured as wrong:
            sys.exit(f"error: {wrong}")
        return parsed

    nova_config.parse_args = parse_and_check
