"""The section [swaparoo] of nova's configuration.

It is read when the first allocations are moved, not at `install`: nova parses its files only in its own `main`.
"""
from __future__ import annotations

import dataclasses
import functools

from oslo_config import cfg

from swaparoo_nova import token_file
from swaparoo_nova.endpoint import Endpoint, parse
from swaparoo_nova.misconfigured import Misconfigured

__all__ = ["GROUP", "OPTIONS", "Misconfigured", "Settings", "register", "settings"]

GROUP = "swaparoo"

OPTIONS = [
    cfg.StrOpt(
        "endpoint",
        help="Where the runner listens: http://HOST:PORT, https://HOST:PORT, or the path of its Unix socket.",
    ),
    cfg.StrOpt(
        "token_file",
        help="A file with the token that the runner wants; over a Unix socket it wants none. No other user may read "
        "it: mode 600, or 640 where it is not of nova's own user but of root, and of nova's group.",
    ),
    cfg.BoolOpt(
        "token_over_http",
        default=False,
        help="Send the token over http:// to another machine. Who can listen on that network can read it, and give "
        "the runner tasks with it. Without this, a token goes by https://, or to this machine itself.",
    ),
    cfg.StrOpt(
        "cafile",
        help="The certificates that an https endpoint is trusted by: a PEM file, or a folder of hashed ones; no others "
        "are then. Without it, those that the system's OpenSSL trusts, or that SSL_CERT_FILE and SSL_CERT_DIR name; "
        "not those of the Python package certifi, and REQUESTS_CA_BUNDLE is not looked at.",
    ),
    cfg.IntOpt(
        "timeout",
        default=30,
        min=1,
        help="For how many seconds a silent runner is asked again before it is taken for unreachable; the last answer "
        "may take some ten more. An answer that no runner gives is silence. A runner that says that it is at work is "
        "waited for: see task_timeout.",
    ),
    cfg.IntOpt(
        "task_timeout",
        default=1800,
        min=1,
        help="For how many seconds a runner may say that it is at work on one task, before it is taken for "
        "unreachable. The time that nova itself takes for its answers is not counted.",
    ),
    cfg.StrOpt(
        "fallback",
        default="fail",
        choices=[
            ("fail", "what nova does when Placement cannot be reached"),
            ("nova", "nova moves the allocations itself, unless the runner may have begun"),
        ],
        help="What happens when the runner cannot be reached, or does not answer as a runner does.",
    ),
    cfg.BoolOpt(
        "tasks",
        default=False,
        help="The conductor's whole task of a cold or live migration is the runner's, and nova answers what it asks.",
    ),
]


@dataclasses.dataclass(frozen=True)
class Settings:
    """[swaparoo], checked."""

    endpoint: str
    token: str | None = None
    cafile: str | None = None
    timeout: int = 30
    fallback: str = "fail"
    tasks: bool = False
    task_timeout: int = 1800
    token_over_http: bool = False

    def __post_init__(self) -> None:
        private = self.where.private
        if self.token and not (private or self.token_over_http):
            raise Misconfigured(
                f"[swaparoo] endpoint is {self.endpoint!r}: the token could be read on its way there; use https://, or "
                "set token_over_http = true where no one else is on that network"
            )

    @functools.cached_property
    def where(self) -> Endpoint:
        """The endpoint by its parts."""
        return parse(self.endpoint)

    @property
    def socket(self) -> str | None:
        """The path of the Unix socket, where the endpoint is one."""
        return self.where.socket


def register(conf: cfg.ConfigOpts) -> None:
    """Makes the options known; once more does no harm."""
    conf.register_opts(OPTIONS, group=GROUP)


def settings(conf: cfg.ConfigOpts, endpoint: str | None = None) -> Settings:
    """What the configuration says, or `Misconfigured`; `endpoint` goes before what it says of the endpoint."""
    section = conf[GROUP]
    endpoint = (endpoint or section.endpoint or "").rstrip("/")
    if not endpoint:
        raise Misconfigured("[swaparoo] endpoint is not set: it says where the runner listens")
    return Settings(
        endpoint=endpoint,
        token=None if section.token_file is None else token_file.read(section.token_file),
        cafile=section.cafile,
        timeout=section.timeout,
        fallback=section.fallback,
        tasks=section.tasks,
        task_timeout=section.task_timeout,
        token_over_http=section.token_over_http,
    )
