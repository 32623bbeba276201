"""Billable notes as people and programs read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from chassis.http import AmountText, BusinessDate, Page, Text, View
from chassis.tx import Tx
from invoicing import tables
from invoicing.core.billable import Billable, BillableState, SourceKind
from invoicing.tables import Row, among, columns
from invoicing.views.common import Direction, beyond, chosen


class BillableSearch(Page):
    """Filters of the list; all given ones apply together. `bill_to_id` takes in the notes of its delegators."""

    kind: SourceKind | None = None
    state: BillableState | None = None
    customer_id: UUID | None = None
    bill_to_id: UUID | None = None
    number: Annotated[str, Text(50)] | None = None
    currency: Annotated[str, Text(3)] | None = None
    dated_from: BusinessDate | None = None
    dated_to: BusinessDate | None = None
    sort: Direction = "newest_first"


class SumsView(View):
    """What was entered at one rate, without and with tax; returns are positive here."""

    tax_rate: AmountText
    reduced: bool
    exclusive_sum: AmountText
    inclusive_sum: AmountText


class BillableView(View):
    """A delivery or return note whose billing right invoicing holds."""

    billable_id: UUID
    kind: SourceKind
    number: str
    customer_id: UUID
    customer_code: str | None
    bill_to_id: UUID
    currency: str
    dated_on: date
    issued_on: date
    shipped_on: date | None
    state: BillableState
    exemption: str
    deferred_past: date | None
    invoice_id: UUID | None
    invoice_number: str | None
    per_rate: tuple[SumsView, ...]
    payment_points: AmountText
    version: int


class BillableStateView(View):
    """What a deed on a note left behind."""

    billable_id: UUID
    number: str
    state: BillableState
    exemption: str
    deferred_past: date | None
    version: int


def state_view(note: Billable) -> BillableStateView:
    return BillableStateView(
        billable_id=note.billable_id,
        number=note.number,
        state=note.state,
        exemption=note.exemption,
        deferred_past=note.deferred_past,
        version=note.version,
    )


async def list_billables(tx: Tx, search: BillableSearch) -> tuple[Sequence[BillableView], str | None]:
    """One page, by date."""
    b = columns(tables.Billable)
    after = search.after(tx.maker_id, date, UUID)
    conditions, order = beyond(b.dated_on, b.billable_id, after, search.sort)
    wanted = _select().where(b.maker_id == tx.maker_id, *_filters(search), *conditions)
    rows = await tx.rows(wanted.order_by(*order).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, key=lambda row: (row.dated_on, row.billable_id))
    return await _views(tx, shown), cursor


async def find_billable(tx: Tx, billable_id: UUID) -> BillableView | None:
    """One note, or None."""
    b = columns(tables.Billable)
    rows = await tx.rows(_select().where(b.maker_id == tx.maker_id, b.billable_id == billable_id))
    return next(iter(await _views(tx, rows)), None)


def _select() -> Select[Any]:
    b, c, d = columns(tables.Billable), columns(tables.Customer), columns(tables.Delegation)
    i = columns(tables.Invoice)
    joined = (
        b.maker_id.table.outerjoin(c.maker_id.table, (c.maker_id == b.maker_id) & (c.customer_id == b.customer_id))
        .outerjoin(d.maker_id.table, (d.maker_id == b.maker_id) & (d.delegator_id == b.customer_id))
        .outerjoin(i.maker_id.table, (i.maker_id == b.maker_id) & (i.invoice_id == b.invoice_id))
    )
    bill_to = func.coalesce(d.delegatee_id, b.customer_id).label("bill_to_id")
    names = (c.code.label("customer_code"), bill_to, i.number.label("invoice_number"))
    return select(*b, *names).select_from(joined)


def _filters(search: BillableSearch) -> list[ColumnElement[bool]]:
    b, d = columns(tables.Billable), columns(tables.Delegation)
    return chosen(
        (search.kind, lambda value: b.kind == value),
        (search.state, lambda value: b.state == value),
        (search.customer_id, lambda value: b.customer_id == value),
        (search.bill_to_id, lambda value: func.coalesce(d.delegatee_id, b.customer_id) == value),
        (search.number, lambda value: b.number == value),
        (search.currency, lambda value: b.currency == value),
        (search.dated_from, lambda value: b.dated_on >= value),
        (search.dated_to, lambda value: b.dated_on <= value),
    )


async def _views(tx: Tx, rows: Sequence[Row]) -> list[BillableView]:
    sums = await _sums(tx, [row.billable_id for row in rows])
    return [_view(row, sums.get(row.billable_id, ())) for row in rows]


async def _sums(tx: Tx, billable_ids: Sequence[UUID]) -> Mapping[UUID, list[SumsView]]:
    if not billable_ids:
        return {}
    s = columns(tables.BillableSum)
    added = (func.sum(s.exclusive).label("exclusive"), func.sum(s.inclusive).label("inclusive"))
    wanted = select(s.billable_id, s.tax_rate, func.bool_or(s.reduced).label("reduced"), *added).where(
        s.maker_id == tx.maker_id, among(s.billable_id, billable_ids)
    )
    found: dict[UUID, list[SumsView]] = {}
    for row in await tx.rows(wanted.group_by(s.billable_id, s.tax_rate).order_by(s.tax_rate.desc())):
        view = SumsView(
            tax_rate=row.tax_rate, reduced=row.reduced, exclusive_sum=row.exclusive, inclusive_sum=row.inclusive
        )
        found.setdefault(row.billable_id, []).append(view)
    return found


def _view(row: Row, sums: Sequence[SumsView]) -> BillableView:
    return BillableView(
        billable_id=row.billable_id,
        kind=SourceKind(row.kind),
        number=row.number,
        customer_id=row.customer_id,
        customer_code=row.customer_code,
        bill_to_id=row.bill_to_id,
        currency=row.currency,
        dated_on=row.dated_on,
        issued_on=row.issued_on,
        shipped_on=row.shipped_on,
        state=BillableState(row.state),
        exemption=row.exemption,
        deferred_past=row.deferred_past,
        invoice_id=row.invoice_id,
        invoice_number=row.invoice_number,
        per_rate=tuple(sums),
        payment_points=row.payment_points,
        version=row.version,
    )
