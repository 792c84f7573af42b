"""The runners' endpoints: each is an http or https address, or the path of a Unix socket."""
from __future__ import annotations

import dataclasses
import ipaddress
import urllib.parse

from swaparoo_nova.misconfigured import Misconfigured


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """The parts of an endpoint."""

    host: str
    port: int | None = None
    # Put before every path of the API; a proxy may need one.
    prefix: str = ""
    tls: bool = False
    # The path of the Unix socket; `host` is then only a name for it.
    socket: str | None = None

    @property
    def private(self) -> bool:
        """True if the connection cannot be read on the network."""
        return self.tls or self.socket is not None or _loopback(self.host)


def parse_all(text: str) -> tuple[Endpoint, ...]:
    """Parses endpoints with commas between them; raises `Misconfigured` if one is invalid or named twice."""
    texts = [part.strip() for part in text.split(",")]
    if not all(texts):
        raise Misconfigured(f"[swaparoo] endpoint is {text!r}: between two commas there is no address")
    found = tuple(parse(part) for part in texts)
    for part, endpoint in zip(texts, found, strict=True):
        if found.count(endpoint) > 1:
            raise Misconfigured(f"[swaparoo] endpoint names {part!r} twice")
    return found


def parse(text: str) -> Endpoint:
    """Parses one endpoint; raises `Misconfigured` if it is invalid."""
    if text.startswith("/"):
        return Endpoint(host="swaparoo", socket=text)
    if not text.startswith(("http://", "https://")):
        raise Misconfigured(f"[swaparoo] endpoint is {text!r}: neither http://, https:// nor the path of a socket")
    try:
        parts = urllib.parse.urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Misconfigured(f"[swaparoo] endpoint is {text!r}: {error}") from error
    if "@" in parts.netloc:
        # Without its value, which may contain a password.
        raise Misconfigured("[swaparoo] endpoint has a user before its host: the runner accepts only token_file")
    if not host:
        raise Misconfigured(f"[swaparoo] endpoint is {text!r}: it has no host")
    if parts.query or parts.fragment:
        raise Misconfigured(f"[swaparoo] endpoint is {text!r}: it must end before ? and #")
    return Endpoint(host, port, parts.path.rstrip("/"), parts.scheme == "https")


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
