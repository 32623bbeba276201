"""Rows as use cases and views read them."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import text

from chassis.database import Database
from chassis.records import records


async def test_a_row_is_a_tuple_whose_columns_have_names(database: Database, maker_id: UUID) -> None:
    async with database.transaction(maker_id) as tx:
        [row] = await tx.rows(text("select 1 as number, 'A' as name"))
    assert (row.number, row.name, tuple(row)) == (1, "A", (1, "A"))
    assert row._mapping == {"number": 1, "name": "A"} == row._asdict()
    assert row == (1, "A")


async def test_a_column_that_does_not_exist_is_no_attribute(database: Database, maker_id: UUID) -> None:
    async with database.transaction(maker_id) as tx:
        [row] = await tx.rows(text("select 1 as number"))
    with pytest.raises(AttributeError):
        _ = row.numbers


@pytest.mark.parametrize(
    "select",
    [
        "select 1 as number, 2 as number",
        'select 1 as "class"',
        'select 1 as "?"',
        "select 1 as _one",
        "select 1 as count",
    ],
)
async def test_columns_that_cannot_be_attributes_are_left_to_sqlalchemy(
    database: Database, maker_id: UUID, select: str
) -> None:
    async with database.transaction(maker_id) as tx:
        [row] = await tx.rows(text(select))
    assert row[0] == 1
    assert type(row).__module__.startswith("sqlalchemy")


def test_no_rows_are_no_records() -> None:
    assert list(records(["number"], [])) == []
