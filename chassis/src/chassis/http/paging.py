"""Lists come in pages with an opaque cursor: the sort key of the last row, bound to the maker and checked by type.

A cursor is not signed: its values reach the database only as bound parameters of the checked types, and only inside
the caller's own maker, so a forged one can do no more than begin the list elsewhere (GEN-016, docs/adr/0024).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict, Field

from chassis.http.refused import Refused
from kernel.refusal import Refusal
from kernel.text import BadText, clean

DEFAULT_LIMIT: Final = 50
MAX_LIMIT: Final = 200
_MAX_CURSOR: Final = 1_000
_MAX_INTEGER: Final = 2**63
_DECIMAL: Final = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")

R = TypeVar("R")

Key = str | int | bool | Decimal | date | datetime | UUID | None
"""What a list may be sorted by."""


class Page(BaseModel):
    """`?cursor=…&limit=…` of every list: `page: Annotated[Page, Query()]`. A list with filters subclasses it."""

    model_config = ConfigDict(frozen=True)

    cursor: Annotated[str | None, Field(max_length=_MAX_CURSOR)] = None
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT

    def after(self, maker_id: UUID, *kinds: type[Any]) -> tuple[Any, ...] | None:
        """The sort key to begin after, one value per kind (str, int, bool, Decimal, date, datetime, UUID), or None.

        Raises Refused (400, parameter `cursor`) for anything that this list did not hand out to this maker.
        """
        if self.cursor is None:
            return None
        try:
            return _decoded(self.cursor, maker_id, kinds)
        except (ValueError, TypeError, OverflowError, BadText) as error:
            reason = "it does not belong to this list"
            raise Refused(
                Refusal("BAD_PARAMETER", {"parameter": "cursor", "reason": reason}, field="cursor")
            ) from error

    def cut(
        self, rows: Sequence[R], maker_id: UUID, key: Callable[[R], Sequence[Key]]
    ) -> tuple[Sequence[R], str | None]:
        """The page's rows and the next cursor, from a query `limit(page.limit + 1)`."""
        if len(rows) <= self.limit:
            return rows, None
        shown = rows[: self.limit]
        return shown, cursor_of(maker_id, key(shown[-1]))


def cursor_of(maker_id: UUID, values: Sequence[Key]) -> str:
    """The cursor that begins after the row with these sort values."""
    packed = orjson.dumps([maker_id.hex[-12:], *(_packed(value) for value in values)])
    return base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def _packed(value: Key) -> str | int | None:
    match value:
        case bool():
            return int(value)
        case None | int() | str():
            return value
        case Decimal():
            return format(value, "f")
        case UUID():
            return value.hex
        case _:
            return value.isoformat()


def _decoded(cursor: str, maker_id: UUID, kinds: Sequence[type[Any]]) -> tuple[Any, ...]:
    padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
    try:
        parts = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if not isinstance(parts, list) or len(parts) != len(kinds) + 1 or parts[0] != maker_id.hex[-12:]:
        raise ValueError("not a cursor of this list")
    return tuple(None if part is None else _unpacked(part, kind) for part, kind in zip(parts[1:], kinds, strict=True))


def _unpacked(part: object, kind: type[Any]) -> object:
    if kind in (int, bool):
        if not isinstance(part, int) or not -_MAX_INTEGER <= part < _MAX_INTEGER:
            raise ValueError("not an integer")
        return bool(part) if kind is bool else part
    if not isinstance(part, str):
        raise TypeError("not text")
    if kind is str:
        clean(part)  # a NUL or a lone surrogate would fail in the database
        return part
    if kind is Decimal:
        if not _DECIMAL.fullmatch(part):
            raise ValueError("not a plain decimal")
        return Decimal(part)
    return _moment_or_id(part, kind)


def _moment_or_id(part: str, kind: type[Any]) -> object:
    if kind is UUID:
        return UUID(part)
    if kind is datetime:
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError("without offset")
        return moment
    if kind is date:
        return date.fromisoformat(part)
    raise TypeError(f"{kind} is no sort key")
