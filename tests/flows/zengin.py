"""A transfer notice (振込入金通知, type 01, format A) as a bank sends it: 200 bytes a record, CP932, CRLF between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

_RECORD_BYTES = 200
_FIRST_REIWA_YEAR = 2019


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money of one payer (half-width kana), in yen. `reference` is the bank's inquiry number of the day."""

    payer: str
    amount: int
    reference: int = 1


def notice(day: str, transfers: Sequence[Transfer]) -> bytes:
    """Header, a data record per transfer, trailer with count and total, end record."""
    on = _era(date.fromisoformat(day))
    header = f"1010{on}{on}{on}9999{'ﾐﾎﾝｷﾞﾝｺｳ':<15}001{'ﾎﾝﾃﾝ':<15}11234567{'ｶ)ﾘﾕｳﾂｳ':<40}"
    trailer = f"8{len(transfers):06d}{sum(one.amount for one in transfers):012d}{0:06d}{0:012d}"
    return b"".join(_record(text) for text in (header, *(_data(one, on) for one in transfers), trailer, "9"))


def _data(one: Transfer, on: str) -> str:
    money = f"{one.amount:010d}{0:010d}{0:010d}"
    return f"2{one.reference:06d}{on}{on}{money}{one.payer:<48}{'ﾐﾎﾝｷﾞﾝｺｳ':<15}{'ﾎﾝﾃﾝ':<15}"


def _record(text: str) -> bytes:
    return text.encode("cp932").ljust(_RECORD_BYTES) + b"\r\n"


def _era(day: date) -> str:
    """令和 year, month and day in two digits each."""
    return f"{day.year - _FIRST_REIWA_YEAR + 1:02d}{day:%m%d}"
