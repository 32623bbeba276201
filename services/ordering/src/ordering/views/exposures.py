"""Exposures as answers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import case, select, tuple_

from chassis.http import Page, Text
from chassis.tx import Tx
from ordering import tables
from ordering.tables import Row, columns, sql
from ordering.views.models import ExposureView


class ExposureSearch(Page):
    """Filters of the exposure list; the customer by id or code."""

    customer_id: UUID | None = None
    customer: Annotated[str, Text(10)] | None = None
    over_limit: bool | None = None


async def list_exposures(tx: Tx, search: ExposureSearch) -> tuple[Sequence[ExposureView], str | None]:
    """One page of customers with what they owe, by customer id and currency."""
    e, c = columns(tables.CustomerExposure), columns(tables.Customer)
    maker = select(columns(tables.Maker).currency).where(columns(tables.Maker).maker_id == tx.maker_id)
    home = case((maker.scalar_subquery().is_(None), "JPY"), else_=maker.scalar_subquery())
    joined = sql(tables.CustomerExposure).outerjoin(
        sql(tables.Customer), (e.maker_id == c.maker_id) & (e.customer_id == c.customer_id)
    )
    shown: Any = select(
        e.customer_id, e.currency, e.ordered_amount, e.posted_amount, c.code, c.name, c.credit_limit, home.label("home")
    )
    wanted = shown.select_from(joined).where(e.maker_id == tx.maker_id)
    if search.customer_id is not None:
        wanted = wanted.where(e.customer_id == search.customer_id)
    if search.customer is not None:
        wanted = wanted.where(c.code == search.customer)
    if search.over_limit is not None:
        over = (c.credit_limit.is_not(None)) & (e.ordered_amount + e.posted_amount > c.credit_limit)
        wanted = wanted.where(over if search.over_limit else ~over)
    after = search.after(tx.maker_id, UUID, str)
    if after:
        wanted = wanted.where(tuple_(e.customer_id, e.currency) > tuple_(*after))
    wanted = wanted.order_by(e.customer_id, e.currency).limit(search.limit + 1)
    rows, cursor = search.cut(await tx.rows(wanted), tx.maker_id, key=_key)
    return [_view(row) for row in rows], cursor


def _key(row: Row) -> tuple[UUID, str]:
    return row.customer_id, row.currency


def _view(row: Row) -> ExposureView:
    total: Decimal = row.ordered_amount + row.posted_amount
    limit = row.credit_limit if row.currency == row.home else None
    return ExposureView(
        customer_id=row.customer_id,
        customer_code=row.code or "",
        customer_name=row.name or "",
        currency=row.currency,
        ordered=row.ordered_amount,
        posted=row.posted_amount,
        total=total,
        credit_limit=limit,
        available=None if limit is None else limit - total,
    )
