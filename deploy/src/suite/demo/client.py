"""The public API as one maker's owner sees it: what the demo and the proofs call, and nothing behind it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import httpx

Json = dict[str, Any]
MOST_AT_ONCE = 1_000
_READERS = 4
_TRIES = 20


class ApiRefused(Exception):
    """The API answered with a problem."""

    def __init__(self, call: str, answer: httpx.Response) -> None:
        self.status = answer.status_code
        self.problem = _problem(answer)
        super().__init__(f"{call} answered {self.status}: {self.problem}")

    @property
    def code(self) -> str:
        return str(self.problem.get("code", ""))


class Api:
    """Calls through the proxy with a token; a service that is away for a moment is asked again."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(base_url=self.url, headers=headers, timeout=httpx.Timeout(120.0, connect=5.0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends its connections."""
        self._client.close()

    def log_in(self, email: str, password: str) -> Api:
        """The same API for whoever this is."""
        told = self.post("/v1/tokens", {"email": email, "password": password})
        return Api(self.url, told["access_token"])

    def get(self, path: str, **params: Any) -> Json:
        return dict(self._call("GET", path, params=params).json())

    def download(self, path: str) -> bytes:
        return self._call("GET", path).content

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> Json:
        """`key` makes the call safe to repeat (Idempotency-Key)."""
        headers = {"Idempotency-Key": key} if key else {}
        return dict(self._call("POST", path, json=body, headers=headers).json())

    def patch(self, path: str, body: Any) -> Json:
        return dict(self._call("PATCH", path, json=body).json())

    def upload(
        self, path: str, name: str, content: bytes, fields: Mapping[str, str] | None = None, **params: Any
    ) -> Json:
        """Sends a file; `fields` are the form's other fields."""
        files = {"file": (name, content)}
        return dict(self._call("POST", path, files=files, data=fields or {}, params=params).json())

    def many(self, path: str, commands: Sequence[Json]) -> list[Json]:
        """A bulk form, in slices of a thousand: one result per command, in order."""
        results: list[Json] = []
        for start in range(0, len(commands), MOST_AT_ONCE):
            results += self.post(path, list(commands[start : start + MOST_AT_ONCE]))["results"]
        return results

    def all(self, path: str, **params: Any) -> Iterator[Json]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, limit=200, **params, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def get_many(self, paths: Sequence[str]) -> list[Json]:
        """Several reads, a few at a time, answers in order."""
        with ThreadPoolExecutor(_READERS) as readers:
            return list(readers.map(self.get, paths))

    def wait_until_quiet(self, *, patience: float = 120.0) -> None:
        """Returns when every message that was sent has been dealt with. Raises TimeoutError naming who is not."""
        deadline = time.monotonic() + patience
        calm = 0
        while calm < 2:  # services are not asked at the same instant: quiet twice is quiet
            told = self.get("/v1/quiet", wait=30)
            calm = calm + 1 if told["quiet"] else 0
            if not told["quiet"] and time.monotonic() > deadline:
                restless = [service for service in told["services"] if not service["quiet"]]
                raise TimeoutError(f"the suite did not come to rest: {restless}")

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = self._tried(method, path, **options)
        if answer.is_error:
            raise ApiRefused(f"{method} {path}", answer)
        return answer

    def _tried(self, method: str, path: str, **options: Any) -> httpx.Response:
        """503 and 429 say themselves that nothing happened and when to come again."""
        for _ in range(_TRIES):
            answer = self._client.request(method, path, **options)
            if answer.status_code not in (429, 503):
                return answer
            time.sleep(min(float(answer.headers.get("Retry-After", "1") or 1), 5.0))
        return answer


def _problem(answer: httpx.Response) -> Json:
    try:
        found = answer.json()
    except ValueError:
        return {"detail": answer.text[:500]}
    return found if isinstance(found, dict) else {"detail": found}
