"""Sessions of PostgreSQL that know the array types every statement here is made of.

asyncpg asks the server what `uuid[]` is at its first use in every session: a recursive query over the catalogue, five
to seven times per session of a service, each dearer than an order. Built-in types have the same ids everywhere, so one
answer does for all sessions of a process. Should asyncpg rename what is overridden here, it asks again as before, and
the test says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import asyncpg

_BUILT_IN_ARRAYS: Final = frozenset({1000, 1001, 1005, 1007, 1009, 1016, 1182, 1185, 1231, 2951})
"""bool, bytea, int2, int4, text, int8, date, timestamptz, numeric, uuid: `chassis.statements` knows no others."""


class Session(asyncpg.Connection):
    """Whatever else it meets, it asks about as ever."""

    _known: list[Any] = []  # noqa: RUF012  # of the whole process, filled once

    async def _introspect_types(self, typeoids: Iterable[int], timeout: float | None) -> Any:  # noqa: ASYNC109  # theirs
        wanted = frozenset(typeoids)
        if not wanted <= _BUILT_IN_ARRAYS:
            return await super()._introspect_types(wanted, timeout)  # type: ignore[misc]  # not in its stubs
        if not self._known:
            answer = await super()._introspect_types(_BUILT_IN_ARRAYS, timeout)  # type: ignore[misc]
            self._known.append(answer)
        return self._known[0]
