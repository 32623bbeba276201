"""Closing terms by customer."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select

from chassis.tx import Tx
from customers import tables
from customers.core.terms import CustomerTerms
from customers.tables import Row, among, columns, sql
from kernel.calendar import BusinessDayRule, ClosingTerms


async def load_terms(tx: Tx, customer_ids: Collection[UUID]) -> dict[UUID, CustomerTerms]:
    """The terms of each of these customers; `CustomerTerms(id)` where nothing was ever agreed."""
    if not customer_ids:
        return {}
    t = columns(tables.TermsRow)
    rows = await tx.rows(
        select(sql(tables.TermsRow)).where(t.maker_id == tx.maker_id, among(t.customer_id, customer_ids))
    )
    found = {row.customer_id: CustomerTerms(row.customer_id, _agreed(row), row.version) for row in rows}
    return {customer_id: found.get(customer_id, CustomerTerms(customer_id)) for customer_id in customer_ids}


async def save_terms(
    tx: Tx, before: Mapping[UUID, CustomerTerms], after: Iterable[CustomerTerms]
) -> list[CustomerTerms]:
    """Stores new and changed terms and returns them with their new versions."""
    changed = [one for one in after if before.get(one.customer_id, CustomerTerms(one.customer_id)) != one]
    await tx.insert(tables.TermsRow, [{**_row(tx, one), "version": 1} for one in changed if one.version == 0])
    await tx.update(
        tables.TermsRow,
        [_row(tx, one) for one in changed if one.version],
        key=("maker_id", "customer_id"),
        expect_version="version",
    )
    return [replace(one, version=one.version + 1) for one in changed]


def _agreed(row: Row) -> ClosingTerms | None:
    if row.closing_day is None:
        return None
    rule = BusinessDayRule(row.business_day_rule)
    return ClosingTerms(row.closing_day, row.payment_month_offset, row.payment_day, rule)


def _row(tx: Tx, terms: CustomerTerms) -> dict[str, object]:
    agreed = terms.agreed
    return {
        "maker_id": tx.maker_id,
        "customer_id": terms.customer_id,
        "closing_day": agreed.closing_day if agreed else None,
        "payment_month_offset": agreed.payment_month_offset if agreed else None,
        "payment_day": agreed.payment_day if agreed else None,
        "business_day_rule": agreed.business_day_rule if agreed else None,
        "version": terms.version,
    }
