"""HTTP to the runner, over TCP or a Unix socket: one request, one answer or the reason why there is none."""
from __future__ import annotations

import dataclasses
import socket
from typing import Any

import requests
import requests.adapters
import urllib3
import urllib3.connection
import urllib3.connectionpool
import urllib3.exceptions

from swaparoo_nova.config import Settings

# Kept open between requests, of threads that ask at once.
CONNECTIONS = 16
# A connection is made on the same machine or in the same data centre: one that takes longer is none.
CONNECT_SECONDS = 5


class Silent(Exception):
    """No answer came."""

    def __init__(self, detail: str, sent: bool) -> None:
        super().__init__(detail)
        # Whether the runner may have got the request.
        self.sent = sent


@dataclasses.dataclass(frozen=True)
class Answer:
    """What the runner said."""

    status: int
    body: dict[str, Any]
    retry_after: float

    @property
    def code(self) -> str:
        """The runner's error code, such as `swaparoo.too_many_tasks`; empty where it is none of its answers."""
        return str(self._error.get("code", ""))

    @property
    def detail(self) -> str:
        """What the runner says is wrong."""
        return str(self._error.get("detail", "")) or f"HTTP {self.status}"

    @property
    def _error(self) -> dict[str, Any]:
        errors = self.body.get("errors")
        return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}


class Transport:
    """The way to one runner. Connections are made when they are needed: a conductor forks its workers before."""

    def __init__(self, settings: Settings) -> None:
        self._base = "http://swaparoo" if settings.socket else settings.endpoint
        self._session = requests.Session()
        # A proxy of the environment's is not between nova and its runner.
        self._session.trust_env = False
        if settings.socket:
            self._session.mount("http://", _UnixAdapter(settings.socket))
        if settings.cafile:
            self._session.verify = settings.cafile
        if settings.token:
            self._session.headers["Authorization"] = f"Bearer {settings.token}"

    def ask(self, method: str, path: str, body: Any, headers: dict[str, str], patience: float) -> Answer:
        """One request; `Silent` if nothing came back within `patience` seconds."""
        try:
            response = self._session.request(
                method, self._base + path, json=body, headers=headers, timeout=(CONNECT_SECONDS, patience)
            )
        except requests.RequestException as error:
            raise Silent(str(error), sent=not _never_connected(error)) from error
        return Answer(response.status_code, _object(response), _seconds(response.headers.get("retry-after")))


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), urllib3.exceptions.NewConnectionError)


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except requests.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdigit() else 0.0


class _UnixConnection(urllib3.connection.HTTPConnection):
    def __init__(self, path: str, timeout: Any) -> None:
        super().__init__("swaparoo", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        channel.settimeout(CONNECT_SECONDS)
        try:
            channel.connect(self._path)
        except OSError as error:
            channel.close()
            raise urllib3.exceptions.NewConnectionError(self, f"{self._path}: {error}") from error
        self.sock = channel


class _UnixPool(urllib3.connectionpool.HTTPConnectionPool):
    def __init__(self, path: str) -> None:
        super().__init__("swaparoo", maxsize=CONNECTIONS)
        self._path = path

    def _new_conn(self) -> Any:
        return _UnixConnection(self._path, self.timeout.connect_timeout)


class _UnixAdapter(requests.adapters.HTTPAdapter):
    """requests over a Unix socket: whatever host is asked, it is this socket's."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._pool = _UnixPool(path)

    def get_connection_with_tls_context(self, *_args: Any, **_kwargs: Any) -> Any:
        """The socket's connections."""
        return self._pool

    def close(self) -> None:
        """Closes them."""
        self._pool.close()
