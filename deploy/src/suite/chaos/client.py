"""A client of the suite as a careful program would be: every command has a key and is repeated till it is answered.

What it cannot find out in time stays unknown in the journal: the command may have had one effect or none, never two.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

import httpx

from suite.chaos.journal import Journal, Json
from suite.demo.client import ApiRefused

_ATTEMPT = httpx.Timeout(8.0, connect=2.0)
_PAUSES = (0.1, 0.3, 0.6, 1.0)
_ALWAYS_AGAIN = frozenset({"CONFLICT", "IDEMPOTENCY_IN_FLIGHT", "EVENTS_LAG", "FACTS_MISSING"})
_UNSURE = frozenset({401, 408, 425, 429})
_SERVER_ERROR = 500


class Refused(Exception):
    """A definite no: the problem as told."""

    def __init__(self, deed: str, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{deed}: {problem}")
        self.code = str(problem.get("code", ""))
        self.problem = problem


class Unknown(Exception):
    """No answer in time."""


class Client:
    """One person's client. Threads have one each; `give_up` is the moment (monotonic) after which it stops asking."""

    def __init__(self, url: str, login: Callable[[], str], journal: Journal, give_up: Callable[[], float]) -> None:
        self._http = httpx.Client(base_url=url, timeout=_ATTEMPT, trust_env=False)
        self._login = login
        self._journal = journal
        self._give_up = give_up
        self._token = ""

    def close(self) -> None:
        self._http.close()

    def command(self, deed: str, ref: str, path: str, body: Json, again: Collection[str] = ()) -> Json:
        """Posts JSON until the answer is known. `again`: codes that only say "not yet". Raises Refused and Unknown."""
        return self._until_known(deed, ref, path, body, again, json=body)

    def upload(self, deed: str, ref: str, path: str, content: bytes, body: Json) -> Json:
        """Posts a file with form fields; `body` stands in the journal for both."""
        files = {"file": (f"{ref}.txt", content)}
        return self._until_known(deed, ref, path, body, (), files=files, data=body["fields"])

    def _until_known(self, deed: str, ref: str, path: str, body: Json, again: Collection[str], **sent: Any) -> Json:
        key = f"{deed}-{ref}-{secrets.token_hex(6)}"
        self._journal.write("intent", deed=deed, ref=ref, key=key, path=path, body=body)
        tried = 0
        while True:
            answer = self._attempt(key, path, sent)
            if answer is not None:
                known = self._known(deed, key, answer, _ALWAYS_AGAIN | set(again))
                if known is not None:
                    return known
            if time.monotonic() > self._give_up():
                raise Unknown(f"{deed} {ref}")
            time.sleep(_PAUSES[min(tried, len(_PAUSES) - 1)])
            tried += 1

    def _attempt(self, key: str, path: str, sent: Mapping[str, Any]) -> httpx.Response | None:
        try:
            self._token = self._token or self._login()
            headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key}
            return self._http.post(path, headers=headers, **sent)
        except (httpx.HTTPError, ApiRefused) as error:
            self._journal.write("unknown", key=key, error=f"{type(error).__name__}: {error}")
            return None

    def _known(self, deed: str, key: str, answer: httpx.Response, again: Collection[str]) -> Json | None:
        told = _object(answer)
        if answer.is_success:
            self._journal.write("answer", key=key, status=answer.status_code, body=told)
            return told
        code = str(told.get("code", ""))
        # Without a code no service has spoken: a proxy that has just started answers 404 before it knows its routes.
        if not code or answer.status_code in _UNSURE or answer.status_code >= _SERVER_ERROR or code in again:
            self._token = "" if answer.status_code == 401 else self._token
            self._journal.write("unknown", key=key, status=answer.status_code, code=code, detail=told.get("detail"))
            return None
        self._journal.write("refusal", key=key, status=answer.status_code, body=told)
        raise Refused(deed, told)


def _object(answer: httpx.Response) -> Json:
    try:
        told = answer.json()
    except ValueError:
        return {"detail": answer.text[:300]}
    return told if isinstance(told, dict) else {"detail": told}
