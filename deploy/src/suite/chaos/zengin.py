"""A transfer notice (振込入金通知, type 01, format A) whose bank references belong to the transfers, not to
their place: so two files can overlap, and two equal transfers of one day look exactly alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

BANK_CODE, BRANCH_CODE, ACCOUNT_NUMBER = "9998", "001", "7654321"
_RECORD_BYTES = 200
_FIRST_REIWA_YEAR = 2019


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money of one payer in whole yen; `payer` in half-width kana, `reference` six digits of the bank's."""

    payer: str
    amount: int
    reference: str
    day: date


def notice(transfers: Sequence[Transfer]) -> bytes:
    """The file: header, a data record per transfer, trailer with count and total, end record; CRLF between."""
    days = [one.day for one in transfers]
    since, until = _era(min(days)), _era(max(days))
    header = f"1010{until}{since}{until}{BANK_CODE}{'ｶｵｽｷﾞﾝｺｳ':<15}{BRANCH_CODE}{'ﾎﾝﾃﾝ':<15}"
    header += f"1{ACCOUNT_NUMBER}{'ｶ)ｶｵｽ':<40}"
    trailer = f"8{len(transfers):06d}{sum(one.amount for one in transfers):012d}{0:06d}{0:012d}"
    return b"".join(_record(text) for text in (header, *map(_data, transfers), trailer, "9"))


def _data(one: Transfer) -> str:
    on = _era(one.day)
    money = f"{one.amount:010d}{0:010d}{0:010d}"
    return f"2{one.reference}{on}{on}{money}{one.payer:<48}{'ｶｵｽｷﾞﾝｺｳ':<15}{'ﾎﾝﾃﾝ':<15}"


def _record(text: str) -> bytes:
    return text.encode("cp932").ljust(_RECORD_BYTES) + b"\r\n"


def _era(day: date) -> str:
    """令和 year, month and day in two digits each."""
    return f"{day.year - _FIRST_REIWA_YEAR + 1:02d}{day:%m%d}"
