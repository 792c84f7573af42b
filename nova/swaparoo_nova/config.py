"""The section [swaparoo] of nova's configuration.

It is read at the first move, not at `install`, because nova parses its configuration files only in its own `main`.
"""
from __future__ import annotations

import dataclasses
import functools

from oslo_config import cfg

from swaparoo_nova import token_file
from swaparoo_nova.endpoint import Endpoint, parse_all
from swaparoo_nova.misconfigured import Misconfigured

__all__ = ["GROUP", "OPTIONS", "Misconfigured", "Settings", "list_opts", "register", "settings"]

GROUP = "swaparoo"

OPTIONS = [
    cfg.StrOpt(
        "endpoint",
        help="The address of the runner: http://HOST:PORT, https://HOST:PORT, or the path of its Unix socket. For several "
        "runners with one database, their addresses with commas between them: nova asks the next one if one does not "
        "answer or cannot work.",
    ),
    cfg.StrOpt(
        "token_file",
        help="A file with the token that the runner requires; over a Unix socket it requires none. No other user may "
        "read the file: mode 600, or 640 if its owner is root and its group is nova's.",
    ),
    cfg.BoolOpt(
        "token_over_http",
        default=False,
        help="Send the token over http:// to another machine. Anyone who can listen on that network can read the "
        "token and submit tasks with it. By default a token is sent only over https:// or to this machine.",
    ),
    cfg.StrOpt(
        "cafile",
        help="The trusted certificates for an https endpoint: a PEM file, or a folder of hashed certificates. They "
        "replace the default: the certificates that the system's OpenSSL trusts, or that SSL_CERT_FILE and "
        "SSL_CERT_DIR name. The Python package certifi and REQUESTS_CA_BUNDLE are not used.",
    ),
    cfg.IntOpt(
        "timeout",
        default=30,
        min=1,
        help="How many seconds to retry when the runner does not answer, before it counts as unreachable; the last "
        "attempt may take about ten seconds more. An answer that is not from a runner counts as no answer. While the "
        "runner reports that it is working, nova waits for it: see task_timeout.",
    ),
    cfg.IntOpt(
        "task_timeout",
        default=1800,
        min=1,
        help="How many seconds the runner may report that it is working on one task, before it counts as "
        "unreachable. The time that nova itself needs for its answers is not counted.",
    ),
    cfg.StrOpt(
        "fallback",
        default="fail",
        choices=[
            ("fail", "nova does the same as when Placement cannot be reached"),
            ("nova", "nova moves the allocations itself, unless the runner may have begun the task"),
        ],
        help="What nova does if the runner cannot be reached or gives an invalid answer.",
    ),
    cfg.BoolOpt(
        "tasks",
        default=False,
        help="Also let the runner run the conductor's whole task of a cold or live migration, with nova's answers.",
    ),
]


@dataclasses.dataclass(frozen=True)
class Settings:
    """The section [swaparoo], validated."""

    endpoint: str
    token: str | None = None
    cafile: str | None = None
    timeout: int = 30
    fallback: str = "fail"
    tasks: bool = False
    task_timeout: int = 1800
    token_over_http: bool = False

    def __post_init__(self) -> None:
        private = all(runner.private for runner in self.runners)
        if self.token and not (private or self.token_over_http):
            raise Misconfigured(
                f"[swaparoo] endpoint is {self.endpoint!r}: the token could be read on the network; use https://, or "
                "set token_over_http = true if no one else can listen on that network"
            )

    @functools.cached_property
    def runners(self) -> tuple[Endpoint, ...]:
        """The endpoints, in the order in which they are asked."""
        return parse_all(self.endpoint)


def list_opts() -> list[tuple[str, list[cfg.Opt]]]:
    """The options for `oslo-config-generator --namespace swaparoo_nova`."""
    return [(GROUP, OPTIONS)]


def register(conf: cfg.ConfigOpts) -> None:
    """Registers the options; a second call changes nothing."""
    conf.register_opts(OPTIONS, group=GROUP)


def settings(conf: cfg.ConfigOpts, endpoint: str | None = None) -> Settings:
    """The settings in the configuration, or `Misconfigured`; `endpoint` overrides the configured endpoint."""
    section = conf[GROUP]
    endpoint = endpoint or section.endpoint or ""
    if not endpoint:
        raise Misconfigured("[swaparoo] endpoint is not set: set it to the runner's address or socket")
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
