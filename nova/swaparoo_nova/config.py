"""The section [swaparoo] of nova's configuration.

It is read when the first allocations are moved, not at `install`: nova parses its files only in its own `main`.
"""
from __future__ import annotations

import dataclasses
from pathlib import Path

from oslo_config import cfg

GROUP = "swaparoo"

OPTIONS = [
    cfg.StrOpt(
        "endpoint",
        help="Where the runner listens: http://HOST:PORT, https://HOST:PORT, or the path of its Unix socket.",
    ),
    cfg.StrOpt("token_file", help="A file with the token that the runner wants; over a Unix socket it wants none."),
    cfg.StrOpt("cafile", help="The certificates that an https endpoint is trusted by; without it, the system's."),
    cfg.IntOpt(
        "timeout",
        default=30,
        min=1,
        help="For how many seconds a silent runner is asked again before it is taken for unreachable. One that answers "
        "is waited for as long as it says that it is at work.",
    ),
    cfg.StrOpt(
        "fallback",
        default="fail",
        choices=[
            ("fail", "what nova does when Placement cannot be reached"),
            ("nova", "nova moves the allocations itself, unless the runner may have begun"),
        ],
        help="What happens when the runner cannot be reached.",
    ),
    cfg.BoolOpt(
        "tasks",
        default=False,
        help="The conductor's whole task of a cold or live migration is the runner's, and nova answers what it asks.",
    ),
]


class Misconfigured(Exception):
    """What is wrong in [swaparoo]."""


@dataclasses.dataclass(frozen=True)
class Settings:
    """[swaparoo], checked."""

    endpoint: str
    token: str | None = None
    cafile: str | None = None
    timeout: int = 30
    fallback: str = "fail"
    tasks: bool = False

    @property
    def socket(self) -> str | None:
        """The path of the Unix socket, where the endpoint is one."""
        return self.endpoint if self.endpoint.startswith("/") else None


def register(conf: cfg.ConfigOpts) -> None:
    """Makes the options known; once more does no harm."""
    conf.register_opts(OPTIONS, group=GROUP)


def settings(conf: cfg.ConfigOpts, endpoint: str | None = None) -> Settings:
    """What the configuration says, or `Misconfigured`; `endpoint` goes before what it says of that."""
    section = conf[GROUP]
    endpoint = (endpoint or section.endpoint or "").rstrip("/")
    if not endpoint:
        raise Misconfigured("[swaparoo] endpoint is not set: it says where the runner listens")
    if not endpoint.startswith(("/", "http://", "https://")):
        raise Misconfigured(f"[swaparoo] endpoint is {endpoint!r}: neither http://, https:// nor the path of a socket")
    return Settings(
        endpoint=endpoint,
        token=_token(section.token_file),
        cafile=section.cafile,
        timeout=section.timeout,
        fallback=section.fallback,
        tasks=section.tasks,
    )


def _token(file: str | None) -> str | None:
    if file is None:
        return None
    try:
        token = Path(file).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"[swaparoo] token_file: {error}") from error
    if not token:
        raise Misconfigured(f"[swaparoo] token_file {file} is empty")
    return token
