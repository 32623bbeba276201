"""Small pieces of SQL that every store and view of catalog uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Table, any_, literal
from sqlmodel import SQLModel

from chassis.statements import table_of


def among(column: ColumnElement[Any], values: Collection[object]) -> ColumnElement[bool]:
    """`column = any(array)`: one bound value however many there are."""
    return column == any_(literal(list(values), ARRAY(column.type)))


def sql(model: type[SQLModel]) -> Table:
    """The table of a model."""
    return table_of(model)


def amounts(stored: Mapping[str, str]) -> dict[str, Decimal]:
    """Prices by currency as JSON keeps them."""
    return {currency: Decimal(amount) for currency, amount in stored.items()}
