"""A transfer notice (振込入金通知, type 01, format A) as a bank sends it: records of 200 bytes in CP932, CRLF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

RECORD_BYTES = 200
_FIRST_REIWA_YEAR = 2019


@dataclass(frozen=True, slots=True)
class Account:
    """Where the money arrived: codes in digits, names in half-width kana."""

    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    number: str
    holder: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money of one payer, in yen; the name in half-width kana."""

    payer: str
    amount: int


def notice(account: Account, transfers: Sequence[Transfer], day: date) -> bytes:
    """The file of one day: header, a data record per transfer, trailer with count and total, end record."""
    on = _era(day)
    header = f"1010{on}{on}{on}{account.bank_code}{account.bank_name:<15}{account.branch_code}{account.branch_name:<15}"
    header += f"1{account.number}{account.holder:<40}"
    lines = [_transfer(at, one, on) for at, one in enumerate(transfers, start=1)]
    trailer = f"8{len(transfers):06d}{sum(one.amount for one in transfers):012d}{0:06d}{0:012d}"
    return b"".join(_record(text) for text in (header, *lines, trailer, "9"))


def _transfer(reference: int, transfer: Transfer, on: str) -> str:
    money = f"{transfer.amount:010d}{0:010d}{0:010d}"
    return f"2{reference % 1_000_000:06d}{on}{on}{money}{transfer.payer:<48}{'ﾍﾞﾝﾁｷﾞﾝｺｳ':<15}{'ﾎﾝﾃﾝ':<15}"


def _record(text: str) -> bytes:
    return text.encode("cp932").ljust(RECORD_BYTES) + b"\r\n"


def _era(day: date) -> str:
    """令和 year, month and day in two digits each."""
    return f"{day.year - _FIRST_REIWA_YEAR + 1:02d}{day:%m%d}"
