"""HTTP to the runner: one request, and one complete answer or the reason why it is missing."""
from __future__ import annotations

import contextlib
import dataclasses
import json
import threading
from typing import Any

import urllib3
import urllib3.exceptions

from swaparoo_nova import connection, versions
from swaparoo_nova.config import Settings

# The runner is on the same machine or in the same data centre, so a connection that takes longer will fail anyway.
CONNECT_SECONDS = 5
# Bytes per read.
CHUNK = 64 << 10


class NoResponse(Exception):
    """No complete answer came."""

    def __init__(self, detail: str, sent: bool) -> None:
        super().__init__(detail)
        # True if the runner may have received the request.
        self.sent = sent


@dataclasses.dataclass(frozen=True)
class Answer:
    """The runner's answer before it is parsed."""

    status: int
    headers: dict[str, str]
    body: bytes
    # Which runner answered: its place in `Settings.runners`.
    runner: int = 0

    @property
    def retry_after(self) -> float:
        """Retry-After in seconds; 0 if the header is missing or invalid."""
        said = self.headers.get("retry-after", "")
        # `isdigit` accepts more characters than `float`.
        return float(said) if said.isascii() and said.isdigit() else 0.0


class Transport:
    """The connections to the runners, of which one is asked until it does not answer or cannot work. They ignore proxies in
    the environment and follow no redirects."""

    def __init__(self, settings: Settings) -> None:
        self._runners = [(where.prefix, connection.pool(where, settings.cafile)) for where in settings.runners]
        self._lock = threading.Lock()
        # The runner that is asked, by its place in `_runners`.
        self._current = 0
        # A small encoded answer could become a large one when it is decoded.
        self._headers = {
            "Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": versions.agent(),
        }
        if settings.token:
            self._headers["Authorization"] = f"Bearer {settings.token}"

    @property
    def count(self) -> int:
        """The number of runners."""
        return len(self._runners)

    def leave(self, runner: int) -> None:
        """From now on asks the runner after this one; without effect if another thread has left it before."""
        with self._lock:
            if self._current == runner:
                self._current = (runner + 1) % len(self._runners)

    def ask(self, method: str, path: str, body: Any, headers: dict[str, str], patience: float) -> Answer:
        """One request; `NoResponse` if the complete answer does not arrive within `patience` seconds."""
        headers, sent, runner = {**self._headers, **headers}, None, self._current
        if body is not None:
            headers["Content-Type"], sent = "application/json", json.dumps(body).encode()
        try:
            answer = self._answer(runner, method, path, sent, headers, patience)
        except NoResponse:
            self.leave(runner)
            raise
        if answer.status >= 500:
            self.leave(runner)
        return answer

    def _answer(
        self, runner: int, method: str, path: str, body: bytes | None, headers: dict[str, str], patience: float
    ) -> Answer:
        try:
            return self._exchange(runner, method, path, body, headers, patience)
        except connection.NotConnected as error:
            raise NoResponse(str(error), sent=False) from error
        except urllib3.exceptions.TimeoutError as error:
            raise NoResponse(f"no whole answer within {patience:.0f} s", sent=True) from error
        except Exception as error:  # http.client and urllib3 raise various errors for bytes that are not HTTP
            raise NoResponse(f"no whole answer: {type(error).__name__}: {error}", sent=True) from error

    def _exchange(
        self, runner: int, method: str, path: str, body: bytes | None, headers: dict[str, str], patience: float
    ) -> Answer:
        prefix, pool = self._runners[runner]
        response = pool.urlopen(
            method, prefix + path, body=body, headers=headers, retries=False, redirect=False,
            timeout=urllib3.Timeout(total=patience, connect=min(CONNECT_SECONDS, patience)),
            # urllib3 before 2.0 takes an answer that was cut off for a whole one.
            preload_content=False, decode_content=False, enforce_content_length=True,
        )
        # A connection whose answer was not read completely is not reused.
        with contextlib.closing(response):
            whole = bytearray()
            while chunk := response.read(CHUNK, decode_content=False):
                whole += chunk
        said = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, said, bytes(whole), runner)
