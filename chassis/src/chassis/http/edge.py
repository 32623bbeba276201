"""The edge of a route: one transaction around one deed, and what came of it as an answer.

A route builds commands, names the use case and the view, and leaves the rest here: transaction, retries, idempotency
keys, refusals as problems, bulk results, dry runs, entity tags. A refusal always rolls back what its deed wrote.
"""

from __future__ import annotations

import asyncio
import inspect
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, TypeVar, cast, overload
from uuid import UUID

from fastapi import Request
from sqlalchemy.exc import DBAPIError
from starlette.responses import Response

from chassis import failures, metrics
from chassis.auth import Caller
from chassis.http import idempotency, results
from chassis.http.answers import MAX_ERRORS, Teller, request_id_of
from chassis.http.idempotency import Answer
from chassis.http.models import Listing, Results, RowProblem, View
from chassis.http.outcomes import Deeds, Done, refusals_in, settled, settled_one
from chassis.http.refused import Refused
from chassis.http.shell import shell_of
from chassis.tx import NO_MAKER, Stale, StoredFile, Tx
from kernel.refusal import Refusal

T = TypeVar("T")
V = TypeVar("V", bound=View)

ROUTE: Final = "chassis.route"
CALLER: Final = "chassis.caller"
"""Where the route's facts and the admitted caller stand in the ASGI scope."""
MAX_ATTEMPTS: Final = 6
_FIRST_PAUSE_SECONDS: Final = 0.01
_ENTITY_TAG: Final = re.compile(r'"([0-9]{1,9})"')
_TRACEPARENT: Final = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_RACES: Final = frozenset({"23505", "23503"})
"""A key or a referenced row appeared or vanished between the deed's read and its write: run again, the deed sees it."""


class _Undone(Exception):
    """Carries the answer out of a transaction that must not commit."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("rolled back on purpose")
        self.answer = answer


class Edge:
    """What a route is given: who is calling, and the ways to do, read and list."""

    def __init__(self, request: Request, caller: Caller, maker_id: UUID | None = None) -> None:
        self._request = request
        self._shell = shell_of(request.app)
        self.caller = caller
        self.maker_id = maker_id or caller.maker_id or NO_MAKER
        """The maker all of this call's data belongs to; `NO_MAKER` for an operator who has not chosen one."""

    @property
    def actor(self) -> str:
        """The user id, or `service:<name>`."""
        return self.caller.actor

    @property
    def expected_version(self) -> int | None:
        """The version in `If-Match: "<version>"`; None without the header or for `*`. Raises Refused (400)."""
        header = self._request.headers.get("if-match")
        if header is None or header.strip() == "*":
            return None
        found = _ENTITY_TAG.fullmatch(header.strip())
        if found is None:
            raise Refused(_bad_parameter("If-Match", 'write the version read in quotes, such as "3"'))
        return int(found.group(1))

    def for_maker(self, maker_id: UUID) -> Edge:
        """The same call bound to a maker the route names; for operators, services and open routes only."""
        if self.caller.maker_id not in (None, maker_id) and not self.caller.crosses_makers:
            raise Refused(Refusal("NOT_FOUND"))
        return Edge(self._request, self.caller, maker_id)

    # -- deeds ------------------------------------------------------------------------------------------------------

    @overload
    async def one(
        self, deed: Callable[[Tx], Awaitable[Deeds[T]]], view: Callable[[T], V], *, dry_run: bool = ...
    ) -> V: ...
    @overload
    async def one(
        self, deed: Callable[[Tx], Awaitable[Deeds[T]]], view: Callable[[Tx, T], Awaitable[V]], *, dry_run: bool = ...
    ) -> V: ...
    @overload
    async def one(
        self,
        deed: Callable[[Tx], Awaitable[T | Refusal | Sequence[Refusal]]],
        view: Callable[[T], V],
        *,
        dry_run: bool = ...,
    ) -> V: ...
    @overload
    async def one(
        self,
        deed: Callable[[Tx], Awaitable[T | Refusal | Sequence[Refusal]]],
        view: Callable[[Tx, T], Awaitable[V]],
        *,
        dry_run: bool = ...,
    ) -> V: ...
    async def one(
        self, deed: Callable[[Tx], Awaitable[Any]], view: Callable[..., Any], *, dry_run: bool = False
    ) -> View:
        """Carries out one command. Refused → problem and rollback; `dry_run` → the answer, and rollback all the same.

        `view` is `view(outcome)`, or `await view(tx, outcome)` where the answer needs a read. What is returned is the
        finished response in the guise of the view, because a repeated call must get the same bytes (FastAPI passes
        responses through).
        """

        async def work(tx: Tx) -> Answer:
            outcome = settled_one(await deed(tx))
            if not isinstance(outcome, Done):
                raise Refused(*outcome)
            return results.answer_of(self._status, await _viewed(view, tx, outcome.outcome))

        return cast("View", await self._do(work, keep=not dry_run))

    async def many(
        self, deed: Callable[[Tx], Awaitable[Deeds[T]]], view: Callable[[T], V], *, dry_run: bool = False
    ) -> Results[V]:
        """Carries out independent commands: accepted ones stand, refused ones are reported, one result per command.

        `?atomic=true`: one refusal rolls all back, answered as a problem with the results. The deed itself must leave
        nothing behind for a command it refuses.
        """
        told = Teller.of(self._request.scope, self._shell.texts)
        atomic = self._atomic()

        async def work(tx: Tx) -> Answer:
            outcomes = [settled(outcome) for outcome in await deed(tx)]
            refused = results.refused_of(outcomes, told)
            if atomic and refused:
                raise Refused(Refusal("BATCH_REFUSED", {"count": str(len(refused))}), facts={"results": refused})
            return results.results_of(outcomes, view, told)

        return cast("Results[V]", await self._do(work, keep=not dry_run))

    async def _do(self, work: Callable[[Tx], Awaitable[Answer]], *, keep: bool) -> Any:
        claim = await idempotency.claim_of(self._request, self._route) if keep else None

        async def attempt() -> Answer:
            async with self._transaction() as tx:
                known = await idempotency.replayed(tx, claim) if claim else None
                if known is not None:
                    return known
                answer = await work(tx)
                if not keep:
                    raise _Undone(answer)
                if claim is not None:
                    await idempotency.keep(tx, claim, answer)
            return answer

        try:
            return _response(await self._repeated(attempt))
        except _Undone as undone:
            return _response(undone.answer)

    async def _repeated(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Runs the deed again in a fresh transaction when another one got in its way; then answers CONFLICT."""
        for turn in range(MAX_ATTEMPTS):
            try:
                return await attempt()
            except (Stale, DBAPIError) as error:
                if not _in_the_way(error):
                    raise
                if turn == MAX_ATTEMPTS - 1:
                    raise Refused(Refusal("CONFLICT"), headers={"Retry-After": "1"}) from error
            metrics.retried(service=self._shell.service, origin="http")
            await asyncio.sleep(random.uniform(0.5, 1.5) * _FIRST_PAUSE_SECONDS * 2**turn)
        raise AssertionError("the last turn returns or raises")

    # -- reading ----------------------------------------------------------------------------------------------------

    async def read(self, reader: Callable[[Tx], Awaitable[V | Refusal | Sequence[Refusal] | None]]) -> V:
        """What the reader finds, from a read-only transaction; None → 404."""
        async with self._transaction(read_only=True) as tx:
            found = await reader(tx)
        refused = refusals_in(found)
        if refused:
            raise Refused(*refused)
        if found is None:
            raise Refused(Refusal("NOT_FOUND"))
        return cast("V", _response(results.answer_of(self._status, cast("View", found))))

    async def look(self, reader: Callable[[Tx], Awaitable[T]]) -> T:
        """What the reader finds in a read-only transaction of its own, as it is: for whoever goes on with it."""
        async with self._transaction(read_only=True) as tx:
            return await reader(tx)

    async def page(self, reader: Callable[[Tx], Awaitable[tuple[Sequence[V], str | None]]]) -> Listing[V]:
        """One page of a list; the reader returns the items and the next cursor (see `Page.cut`)."""
        async with self._transaction(read_only=True) as tx:
            items, next_cursor = await reader(tx)
        return cast("Listing[V]", _response(results.listing_of(items, next_cursor)))

    async def download(self, reader: Callable[[Tx], Awaitable[StoredFile | Refusal | None]]) -> Response:
        """A file as it is stored, never shown inside a page; None → 404."""
        async with self._transaction(read_only=True) as tx:
            found = await reader(tx)
        if isinstance(found, Refusal):
            raise Refused(found)
        if found is None:
            raise Refused(Refusal("NOT_FOUND"))
        return results.file_response(found.content, found.name, found.media_type)

    async def load(self, reader: Callable[[Tx], Awaitable[T]]) -> T:
        """What the reader brings from a read-only transaction, for a route that makes its answer of it afterwards:
        an export is written when the connection is free again."""
        async with self._transaction(read_only=True) as tx:
            return await reader(tx)

    def told(self, refusals: Sequence[Refusal]) -> list[RowProblem]:
        """Refusals of a file's rows as a report shows them: at most 1,000, texts in the caller's language."""
        teller = Teller.of(self._request.scope, self._shell.texts)
        return [teller.row_problem(refusal) for refusal in refusals[:MAX_ERRORS]]

    # -- parts ------------------------------------------------------------------------------------------------------

    def _transaction(self, *, read_only: bool = False) -> AbstractAsyncContextManager[Tx]:
        traceparent = self._request.headers.get("traceparent", "")
        return self._shell.database.transaction(
            self.maker_id,
            actor=self.actor,
            correlation_id=request_id_of(self._request.scope),
            traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else None,
            read_only=read_only,
        )

    @property
    def _status(self) -> int:
        return int(self._request.scope[ROUTE].status)

    @property
    def _route(self) -> str:
        return f"{self._request.method} {self._request.scope[ROUTE].path}"

    def _atomic(self) -> bool:
        asked = self._request.query_params.get("atomic", "false")
        if asked not in ("true", "false"):
            raise Refused(_bad_parameter("atomic", "write true or false"))
        return asked == "true"


def _bad_parameter(name: str, reason: str) -> Refusal:
    return Refusal("BAD_PARAMETER", {"parameter": name, "reason": reason}, field=name)


def _in_the_way(error: Exception) -> bool:
    return isinstance(error, Stale) or failures.is_conflict(error) or failures.sqlstate(error) in _RACES


async def _viewed(view: Callable[..., Any], tx: Tx, outcome: object) -> View:
    reads = len(inspect.signature(view).parameters) == 2
    return cast("View", await view(tx, outcome) if reads else view(outcome))


def _response(answer: Answer) -> Response:
    return Response(answer.body or None, status_code=answer.status, headers=dict(answer.headers))
