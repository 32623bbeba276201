"""Delivery notes as answers, and their list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, case, exists, func, literal, not_, select, tuple_

from chassis.http import AmountText, BusinessDate, Page, Text, View
from chassis.statements import table_of
from chassis.tx import Tx
from fulfillment import tables
from fulfillment.core.delivery_note import (
    BillingStatus,
    DeliveryNote,
    NoteCharge,
    NoteLine,
    NoteState,
    billable_states,
    payment_points,
    rate_sums,
)
from fulfillment.tables import Row, among, coded
from fulfillment.views import parts
from fulfillment.views.parts import AddressView, LocationView, RateSumsView, plain

NOTES = table_of(tables.DeliveryNote)
LINES = table_of(tables.DeliveryNoteLine)
CHARGES = table_of(tables.OrderCharge)


class NoteLineView(View):
    """A line of a note; amount = unit price × quantity."""

    line_id: UUID
    line_no: int
    order_id: UUID
    order_number: str
    order_line_id: UUID
    sku_code: str
    product_name: str
    option: str
    quantity: int
    returned: int
    unit_price: AmountText
    amount: AmountText
    tax_rate: AmountText
    tax_included: bool
    reduced: bool


class NoteChargeView(View):
    """An order charge on a note; signed."""

    charge_id: UUID
    order_id: UUID
    kind: str
    name: str
    tax_rate: AmountText | None
    amount: AmountText
    tax_included: bool


class NoteSummary(View):
    """A note without its lines. `payment_points` are positive and deducted after tax."""

    note_id: UUID
    number: str | None
    state: str
    billing_status: str
    customer_id: UUID
    customer_code: str
    customer_name: str
    currency: str
    delivery_date: date
    issued_on: date | None
    shipped_on: date | None
    delivered_on: date | None
    quantity: int
    rates: list[RateSumsView]
    payment_points: AmountText
    version: int


class NoteView(NoteSummary):
    """A whole note."""

    invoice_id: UUID | None
    non_billable_reason: str | None
    location: LocationView | None
    ship_to: AddressView
    memo: str
    comment: str
    carrier: str
    tracking_number: str
    lines: list[NoteLineView]
    charges: list[NoteChargeView]


class NoteListItem(NoteSummary):
    """A note in the list. `billable`: an invoice may take it now, as the maker's `bill_from` says (FUL-034)."""

    billable: bool
    created_at: datetime


class NotePage(Page):
    """Filters of the list; all given ones must hold."""

    customer_id: UUID | None = None
    customer_code: Annotated[str, Text(50)] | None = None
    number: Annotated[str, Text(50)] | None = None
    order_number: Annotated[str, Text(100)] | None = None
    state: Literal["DRAFT", "ISSUED", "SHIPPED", "DELIVERED"] | None = None
    billing_status: Literal["UNBILLED", "NON_BILLABLE", "INVOICED"] | None = None
    billable: bool | None = None
    invoice_id: UUID | None = None
    delivery_from: BusinessDate | None = None
    delivery_to: BusinessDate | None = None
    sort: Literal["created", "-created", "delivery_date", "-delivery_date"] = "-created"


def summary(note: DeliveryNote) -> NoteSummary:
    """What a bulk call answers per note."""
    return NoteSummary(**_summary(note))


def note(note: DeliveryNote) -> NoteView:
    """A whole note."""
    written = note.particulars
    return NoteView(
        **_summary(note),
        invoice_id=note.invoice_id,
        non_billable_reason=note.non_billable_reason,
        location=parts.location(written.location),
        ship_to=parts.address(written.ship_to),
        memo=written.memo,
        comment=written.comment,
        carrier=written.carrier,
        tracking_number=written.tracking_number,
        lines=[_line(line) for line in note.lines],
        charges=[_charge(taken) for taken in note.charges],
    )


async def listed(tx: Tx, page: NotePage, bill_from: str) -> tuple[Sequence[NoteListItem], str | None]:
    """One page of notes; sums are added up in the database, so a note of 2,000 lines costs no more here."""
    ready = billable_states(bill_from)
    by_date, descending = page.sort.endswith("delivery_date"), page.sort.startswith("-")
    keys = (NOTES.c.delivery_on, NOTES.c.note_id) if by_date else (NOTES.c.note_id,)
    after = page.after(tx.maker_id, *((date, UUID) if by_date else (UUID,)))
    wanted = select(NOTES).where(NOTES.c.maker_id == tx.maker_id, *_conditions(tx, page))
    if page.billable is not None:
        wanted = wanted.where(_is_billable(ready) if page.billable else not_(_is_billable(ready)))
    if after is not None:
        at = tuple_(*keys)
        wanted = wanted.where(at < tuple_(*after) if descending else at > tuple_(*after))
    wanted = wanted.order_by(*(key.desc() if descending else key for key in keys)).limit(page.limit + 1)
    rows, cursor = page.cut(await tx.rows(wanted), tx.maker_id, _date_key if by_date else _key)
    sums = await _sums(tx, [row.note_id for row in rows])
    return [_item(row, sums.get(row.note_id, ()), ready) for row in rows], cursor


def _key(row: Row) -> tuple[UUID]:
    return (row.note_id,)


def _date_key(row: Row) -> tuple[date, UUID]:
    return (row.delivery_on, row.note_id)


def _conditions(tx: Tx, page: NotePage) -> Iterator[ColumnElement[bool]]:
    t = NOTES.c
    equal = {
        t.customer_id: page.customer_id,
        t.number: page.number,
        t.state: page.state,
        t.billing_status: page.billing_status,
        t.invoice_id: page.invoice_id,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
    if page.customer_code is not None:
        yield coded(t.customer_id, tx.maker_id, page.customer_code)
    if page.billing_status in ("UNBILLED", "NON_BILLABLE"):
        yield t.invoice_id.is_(None)  # lets the index of documents without an invoice serve
    if page.delivery_from is not None:
        yield t.delivery_on >= page.delivery_from
    if page.delivery_to is not None:
        yield t.delivery_on <= page.delivery_to
    if page.order_number is not None:
        line = LINES.c
        of_note = (line.maker_id == tx.maker_id) & (line.note_id == t.note_id)
        yield exists().where(of_note, line.order_number == page.order_number)


async def _sums(tx: Tx, note_ids: Sequence[UUID]) -> dict[UUID, list[Row]]:
    """Per note and rate: quantity, exclusive and inclusive sums; payment points in the row without a rate."""
    line, charge = LINES.c, CHARGES.c
    lines = select(
        line.note_id,
        line.tax_rate,
        line.reduced,
        line.quantity,
        (line.quantity * line.unit_price).label("amount"),
        line.tax_included,
    ).where(line.maker_id == tx.maker_id, among(line.note_id, note_ids))
    charges = select(
        charge.taken_by, charge.tax_rate, literal(False), literal(0), charge.amount, charge.tax_included
    ).where(charge.maker_id == tx.maker_id, among(charge.taken_by, note_ids))
    all_ = lines.union_all(charges).subquery()
    included = case((all_.c.tax_included, all_.c.amount), else_=0)
    exclusive = case((all_.c.tax_included, 0), else_=all_.c.amount)
    per_rate = select(
        all_.c.note_id,
        all_.c.tax_rate,
        func.bool_or(all_.c.reduced).label("reduced"),
        func.sum(all_.c.quantity).label("quantity"),
        func.sum(exclusive).label("exclusive_sum"),
        func.sum(included).label("inclusive_sum"),
        func.sum(all_.c.amount).label("amount"),
    ).group_by(all_.c.note_id, all_.c.tax_rate)
    found: dict[UUID, list[Row]] = {}
    for row in await tx.rows(per_rate.order_by(all_.c.tax_rate.desc())):
        found.setdefault(row.note_id, []).append(row)
    return found


def _is_billable(ready: frozenset[NoteState]) -> ColumnElement[bool]:
    unbilled = NOTES.c.invoice_id.is_(None) & NOTES.c.non_billable_reason.is_(None)
    return unbilled & NOTES.c.state.in_(sorted(ready))


def _item(row: Row, sums: Iterable[Row], ready: frozenset[NoteState]) -> NoteListItem:
    per_rate = list(sums)
    points = [-one.amount for one in per_rate if one.tax_rate is None]
    return NoteListItem(
        note_id=row.note_id,
        number=row.number,
        state=row.state,
        billing_status=row.billing_status,
        customer_id=row.customer_id,
        customer_code=row.customer_code,
        customer_name=row.customer_name,
        currency=row.currency,
        delivery_date=row.delivery_on,
        issued_on=row.issued_on,
        shipped_on=row.shipped_on,
        delivered_on=row.delivered_on,
        quantity=sum(int(one.quantity) for one in per_rate),
        rates=[_rate_view(one) for one in per_rate if one.tax_rate is not None],
        payment_points=sum(points, Decimal(0)),
        version=row.version,
        billable=row.billing_status == BillingStatus.UNBILLED and row.state in ready,
        created_at=row.created_at,
    )


def _rate_view(row: Row) -> RateSumsView:
    return RateSumsView(
        tax_rate=plain(row.tax_rate),
        reduced=row.reduced,
        exclusive_sum=row.exclusive_sum,
        inclusive_sum=row.inclusive_sum,
    )


def _summary(note: DeliveryNote) -> dict[str, Any]:
    return {
        "note_id": note.note_id,
        "number": note.number,
        "state": note.state,
        "billing_status": note.billing,
        "customer_id": note.customer_id,
        "customer_code": note.customer_code,
        "customer_name": note.customer_name,
        "currency": note.currency.code,
        "delivery_date": note.particulars.delivery_date,
        "issued_on": note.issued_on,
        "shipped_on": note.shipped_on,
        "delivered_on": note.delivered_on,
        "quantity": sum(line.quantity for line in note.lines),
        "rates": [parts.rate_sums(sums) for sums in rate_sums(note)],
        "payment_points": payment_points(note).amount,
        "version": note.version,
    }


def _line(line: NoteLine) -> NoteLineView:
    goods = line.goods
    return NoteLineView(
        line_id=line.line_id,
        line_no=line.line_no,
        order_id=goods.order_id,
        order_number=goods.order_number,
        order_line_id=goods.order_line_id,
        sku_code=goods.sku_code,
        product_name=goods.product_name,
        option=goods.option,
        quantity=line.quantity,
        returned=line.returned,
        unit_price=goods.unit_price.amount,
        amount=line.amount.amount,
        tax_rate=plain(goods.tax_rate.percent),
        tax_included=goods.tax_included,
        reduced=goods.reduced,
    )


def _charge(taken: NoteCharge) -> NoteChargeView:
    charge = taken.charge
    return NoteChargeView(
        charge_id=charge.charge_id,
        order_id=taken.order_id,
        kind=charge.kind,
        name=charge.name,
        tax_rate=None if charge.tax_rate is None else plain(charge.tax_rate.percent),
        amount=charge.amount.amount,
        tax_included=charge.tax_included,
    )
