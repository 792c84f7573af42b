"""Compares the runner's version with the version of this package."""
from __future__ import annotations

from oslo_log import log as logging

import swaparoo_nova
from swaparoo_nova import answer
from swaparoo_nova.answer import Malformed, field
from swaparoo_nova.text import line
from swaparoo_nova.transport import NoResponse, Transport

LOG = logging.getLogger(__name__)

# How long to wait for the answer. It is only needed for a line in the log.
SECONDS = 10


def compare(transport: Transport) -> None:
    """Logs the runner's version, at level ERROR if its API may be another one than this package was made for."""
    own = swaparoo_nova.__version__
    try:
        runner = _of(transport)
    except (NoResponse, Malformed) as wrong:
        LOG.warning("the runner does not say its version: %s", wrong)
        return
    if _series(runner) == _series(own):
        LOG.info("the runner has version %s", runner)
    else:
        LOG.error("the runner has version %s and swaparoo-nova has version %s: install the same version of both",
                  runner, own)


def _of(transport: Transport) -> str:
    response = transport.ask("GET", "/openapi.json", None, {}, SECONDS)
    if response.status != 200:
        raise Malformed(f"GET /openapi.json: it answers {response.status}")
    return line(field(field(answer.document(response), "info", dict), "version", str), 50)


def _series(version: str) -> list[str]:
    """The part that two versions with the same API have in common."""
    return version.split(".")[:2]
