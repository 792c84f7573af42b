"""The service's API over a keystoneauth session."""
from __future__ import annotations

from typing import Any

from keystoneauth1 import adapter
from osc_lib import exceptions


class Client(adapter.Adapter):
    """Raises `CommandError` with the service's own text for an answer of 4xx or 5xx."""

    def call(self, method: str, path: str, extra: dict[str, str] | None = None, **options: Any) -> Any:
        """The parsed answer; `None` if it is empty. `extra` are more headers."""
        headers = {"Accept": "application/json", **(extra or {})}
        answer = self.request(path, method, raise_exc=False, headers=headers, **options)
        if answer.status_code >= 400:
            raise exceptions.CommandError(_error(answer))
        return answer.json() if answer.content else None

    def pages(self, path: str, key: str, limit: int | None) -> list[dict[str, Any]]:
        """The items of a list in pages, at most `limit`."""
        found: list[dict[str, Any]] = []
        while path and (limit is None or len(found) < limit):
            page = self.call("GET", path)
            found += page[key]
            path = page.get("next")
        return found[:limit]


def _error(answer: Any) -> str:
    try:
        return "; ".join(f"{error['code']}: {error['detail']}" for error in answer.json()["errors"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason}, and not an answer of Swaparoo: check the endpoint {answer.url}"
