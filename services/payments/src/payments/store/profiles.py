"""Mapping profiles of CSV statements (PAY-011)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import select

from chassis.tx import Tx
from payments import tables
from payments.core.statement_csv import (
    GENERIC,
    Column,
    DateFormat,
    DecimalSign,
    Delimiter,
    Encoding,
    StatementProfile,
)
from payments.tables import Row, columns


@dataclass(frozen=True, slots=True)
class StoredProfile:
    """A profile by name; it may belong to one bank account."""

    profile_id: UUID
    name: str
    bank_account_id: UUID | None
    mapping: StatementProfile
    version: int = 0


_PRESET = StoredProfile(UUID(int=0), "generic", None, GENERIC)


async def load_profiles(tx: Tx) -> list[StoredProfile]:
    """All profiles of the maker, by name."""
    t = columns(tables.StatementProfileRow)
    mine = select(tables.sql(tables.StatementProfileRow)).where(t.maker_id == tx.maker_id).order_by(t.name)
    return [_profile(row) for row in await tx.rows(mine)]


async def choose_profile(tx: Tx, asked: UUID | str | None, account_id: UUID | None) -> StoredProfile | None:
    """The one asked for; none asked: the account's own, else the generic preset. None: there is no such profile."""
    stored = await load_profiles(tx)
    if asked is None:
        own = [one for one in stored if account_id is not None and one.bank_account_id == account_id]
        return own[0] if own else _PRESET
    return next((one for one in [*stored, _PRESET] if asked in (one.profile_id, one.name)), None)


async def insert_profiles(tx: Tx, profiles: Sequence[StoredProfile]) -> None:
    await tx.insert(tables.StatementProfileRow, [_row(tx, one) for one in profiles])


async def save_profiles(tx: Tx, profiles: Sequence[StoredProfile]) -> None:
    """Raises chassis.tx.Stale when one changed since it was read."""
    rows = [_row(tx, one) for one in profiles]
    await tx.update(tables.StatementProfileRow, rows, key=("maker_id", "profile_id"), expect_version="version")


def _row(tx: Tx, one: StoredProfile) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "profile_id": one.profile_id,
        "name": one.name,
        "bank_account_id": one.bank_account_id,
        "mapping": asdict(one.mapping),
        "version": one.version,
    }


def _profile(row: Row) -> StoredProfile:
    stored = row.mapping
    names = ("amount", "amount_in", "amount_out", "payer", "description", "reference", "balance")
    optional: dict[str, Column | None] = {name: stored[name] for name in names}
    mapping = StatementProfile(
        value_date=stored["value_date"],
        **optional,
        skip_rows=stored["skip_rows"],
        header=stored["header"],
        encoding=Encoding(stored["encoding"]),
        delimiter=Delimiter(stored["delimiter"]),
        date_format=DateFormat(stored["date_format"]),
        decimal_sign=DecimalSign(stored["decimal_sign"]),
    )
    return StoredProfile(row.profile_id, row.name, row.bank_account_id, mapping, row.version)
