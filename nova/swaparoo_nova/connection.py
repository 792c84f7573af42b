"""urllib3's connections to one runner, over TCP, TLS or a Unix socket, with limits for the time and size of an answer.

urllib3 and http.client limit each read separately, so an answer of one byte per second would never end. Here the
timeout of a request applies to the whole answer, from the status line to the last byte, and at most `LARGEST` bytes
are read, even if the runner declares another length.
"""
from __future__ import annotations

import http.client
import io
import os
import socket
import ssl
from typing import Any

import urllib3
import urllib3.exceptions
from urllib3.util.response import assert_header_parsing

from swaparoo_nova.deadline import Deadline
from swaparoo_nova.endpoint import Endpoint
from swaparoo_nova.misconfigured import Misconfigured

# Kept open between requests, for threads that use the runner at the same time.
CONNECTIONS = 16
# For one answer, including its headers. The runner accepts requests up to 1 MiB and returns them with the task's
# history.
LARGEST = 8 << 20


def pool(where: Endpoint, cafile: str | None) -> urllib3.HTTPConnectionPool:
    """Connections to one runner, opened only when needed, because a conductor forks its workers first."""
    if where.socket:
        return _UnixPool(where.socket)
    if where.tls:
        return _TlsPool(where.host, where.port, maxsize=CONNECTIONS, ssl_context=_trust(cafile, where.host))
    return _Pool(where.host, where.port, maxsize=CONNECTIONS)


def _trust(cafile: str | None, host: str) -> ssl.SSLContext:
    """Trusts `cafile`, a file or a folder of hashed certificates; without it, those of the system's OpenSSL. The
    certificate must be for `host`."""
    folder = cafile is not None and os.path.isdir(cafile)
    try:
        context = ssl.create_default_context(cafile=None if folder else cafile, capath=cafile if folder else None)
    except OSError as error:
        raise Misconfigured(f"[swaparoo] cafile {cafile}: {error}") from error
    own = context.wrap_socket

    def wrap_socket(*args: Any, **kwargs: Any) -> ssl.SSLSocket:
        # urllib3 before version 2 leaves the name out if it is an IP address, and then Python cannot check it.
        return own(*args, **{**kwargs, "server_hostname": kwargs.get("server_hostname") or host})

    context.wrap_socket = wrap_socket  # type: ignore[method-assign]
    return context


class NotConnected(urllib3.exceptions.HTTPError):
    """The connection failed, so nothing was sent."""


class _Socket(io.RawIOBase):
    """Reads from a socket until a deadline, up to `LARGEST` bytes."""

    def __init__(self, channel: socket.socket) -> None:
        super().__init__()
        self._channel = channel
        self._raw = channel.makefile("rb", buffering=0)
        # urllib3 has set this timeout for the answer.
        self._deadline = Deadline(channel.gettimeout() or 0)
        self._left = LARGEST

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._left <= 0:
            raise OSError(f"it has more than {LARGEST >> 20} MiB")
        _within(self._channel, self._deadline)
        count = self._raw.readinto(memoryview(buffer)[: self._left])
        self._left -= count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp.close()
        self.fp = io.BufferedReader(_Socket(sock))

    def begin(self) -> None:
        super().begin()
        # urllib3 only logs a wrong header, with a traceback, and continues.
        assert_header_parsing(self.msg)


class _Bounded(urllib3.connection.HTTPConnection):
    response_class = _Response

    def connect(self) -> None:
        try:
            super().connect()
        except Exception as error:  # including errors of TLS
            raise NotConnected(f"no connection: {error.__cause__ or error}") from error

    def send(self, data: Any) -> None:
        """Sends everything within the timeout; for TLS, Python limits each record separately."""
        if self.sock is None:
            self.connect()
        deadline, rest = Deadline(self.timeout or 0), memoryview(data)
        while rest:
            _within(self.sock, deadline)
            rest = rest[self.sock.send(rest):]


class _Tls(_Bounded, urllib3.connection.HTTPSConnection):
    pass


class _Unix(_Bounded):
    path = ""

    def _new_conn(self) -> socket.socket:
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            channel.settimeout(self.timeout)
            channel.connect(self.path)
        except OSError:
            channel.close()
            raise
        return channel


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Bounded


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Tls


class _UnixPool(urllib3.HTTPConnectionPool):
    def __init__(self, path: str) -> None:
        super().__init__("swaparoo", maxsize=CONNECTIONS)
        self.ConnectionCls = type("_UnixOf", (_Unix,), {"path": path})


def _within(channel: socket.socket, deadline: Deadline) -> None:
    left = deadline.left()
    if left <= 0:
        raise TimeoutError
    channel.settimeout(left)
