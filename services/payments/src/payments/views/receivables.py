"""Open items, now or as of a date, and the overdue ones with days late and aging bucket (PAY-060, PAY-064)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, FromClause, Select, and_, case, func, or_, select, true

from chassis.http import AmountText, BusinessDate, Page, View
from chassis.tx import Tx
from kernel.calendar import business_date
from payments import tables
from payments.core.maker import UNHEARD_OF
from payments.core.receivable import AgingBucket, ReceivableState, aging_bucket, days_late
from payments.tables import Row, columns
from payments.views.customers import Customers, CustomerView, customer_asked, customers
from payments.views.lines import AllocationView, allocation_view


class ReceivableView(View):
    """An invoice and what is left of it; `state` follows from the amounts (as of the date asked for)."""

    invoice_id: UUID
    number: str
    bill_to: CustomerView
    currency: str
    issued_on: date
    due_on: date
    total: AmountText
    allocated: AmountText
    fee_discounts: AmountText
    shortage_slips: AmountText
    open_amount: AmountText
    state: ReceivableState
    voided_on: date | None


class ReceivableDetail(ReceivableView):
    """With every allocation, taken back ones too."""

    allocations: tuple[AllocationView, ...]


class OverdueView(View):
    """An invoice whose due date has passed with something still open at the date asked for."""

    invoice_id: UUID
    number: str
    customer: CustomerView
    currency: str
    issued_on: date
    due_on: date
    days_late: int
    bucket: AgingBucket
    total: AmountText
    open_amount: AmountText
    as_of: date


class ReceivableSearch(Page):
    """`as_of` shows the items as they stood at the end of that day, by the dates things count from."""

    state: list[ReceivableState] = Field(default_factory=list, max_length=4)
    open_only: bool = False
    customer_id: UUID | None = None
    customer_code: str | None = Field(default=None, max_length=50)
    number: str | None = Field(default=None, max_length=50)
    currency: str | None = Field(default=None, max_length=3)
    due_from: BusinessDate | None = None
    due_to: BusinessDate | None = None
    as_of: BusinessDate | None = None


class OverdueSearch(Page):
    """`as_of` None is today in the maker's zone."""

    as_of: BusinessDate | None = None
    customer_id: UUID | None = None
    customer_code: str | None = Field(default=None, max_length=50)
    currency: str | None = Field(default=None, max_length=3)


async def list_receivables(tx: Tx, search: ReceivableSearch) -> tuple[Sequence[ReceivableView], str | None]:
    """By due date, the oldest first."""
    t = columns(tables.ReceivableRow)
    customer_id = await customer_asked(tx, search.customer_id, search.customer_code)
    found, open_amount, state = _as_of(tx, search.as_of)
    conditions = [
        state.in_([one.value for one in search.state]) if search.state else None,
        open_amount != 0 if search.open_only else None,
        t.bill_to_id == customer_id if customer_id else None,
        t.number == search.number if search.number else None,
        t.currency == search.currency if search.currency else None,
        t.due_on >= search.due_from if search.due_from else None,
        t.due_on <= search.due_to if search.due_to else None,
    ]
    found = found.where(*(one for one in conditions if one is not None))
    rows, cursor = await _page(tx, search, found)
    named = await customers(tx, (row.bill_to_id for row in rows))
    return [_view(row, named) for row in rows], cursor


async def find_receivable(tx: Tx, invoice_id: UUID) -> ReceivableDetail | None:
    t, a = columns(tables.ReceivableRow), columns(tables.AllocationRow)
    found, _, _ = _as_of(tx, None)
    row = await tx.one_or_none(found.where(t.invoice_id == invoice_id))
    if row is None:
        return None
    allocations = await tx.rows(
        select(tables.sql(tables.AllocationRow))
        .where(a.maker_id == tx.maker_id, a.invoice_id == invoice_id)
        .order_by(a.allocation_id)
    )
    named = await customers(tx, [row.bill_to_id, *(one.bill_to_id for one in allocations)])
    shown = tuple(allocation_view(one, named) for one in allocations)
    return ReceivableDetail(**_view(row, named).model_dump(), allocations=shown)


async def list_overdue(tx: Tx, search: OverdueSearch) -> tuple[Sequence[OverdueView], str | None]:
    """Due before the date and open on it; the longest overdue first."""
    t = columns(tables.ReceivableRow)
    as_of = search.as_of or await _today(tx)
    customer_id = await customer_asked(tx, search.customer_id, search.customer_code)
    found, open_amount, _ = _as_of(tx, as_of)
    found = found.where(t.due_on < as_of, open_amount > 0)
    if customer_id:
        found = found.where(t.bill_to_id == customer_id)
    if search.currency:
        found = found.where(t.currency == search.currency)
    rows, cursor = await _page(tx, search, found)
    named = await customers(tx, (row.bill_to_id for row in rows))
    return [_overdue(row, named, as_of) for row in rows], cursor


async def _today(tx: Tx) -> date:
    t = columns(tables.MakerRow)
    zone = await tx.scalar(select(t.time_zone).where(t.maker_id == tx.maker_id))
    return business_date(tx.now, zone if isinstance(zone, str) else UNHEARD_OF.time_zone)


async def _page(tx: Tx, search: Page, found: Select[Any]) -> tuple[Sequence[Row], str | None]:
    t = columns(tables.ReceivableRow)
    after = search.after(tx.maker_id, date, UUID)
    if after is not None:
        found = found.where(or_(t.due_on > after[0], and_(t.due_on == after[0], t.invoice_id > after[1])))
    rows = await tx.rows(found.order_by(t.due_on, t.invoice_id).limit(search.limit + 1))
    return search.cut(rows, tx.maker_id, lambda row: (row.due_on, row.invoice_id))


def _as_of(tx: Tx, as_of: date | None) -> tuple[Select[Any], ColumnElement[Any], ColumnElement[Any]]:
    """(the open items, what is open of each, the state of each) now or at the end of a day."""
    t = columns(tables.ReceivableRow)
    head = (t.invoice_id, t.number, t.bill_to_id, t.currency, t.issued_on, t.due_on, t.total)
    if as_of is None:
        sums = (t.allocated, t.discounted, t.slipped)
        voided: ColumnElement[Any] = t.voided_on
        source: FromClause = tables.sql(tables.ReceivableRow)
        conditions = [t.maker_id == tx.maker_id]
    else:
        settled = _settled_by(as_of)
        sums = (settled.c.allocated, settled.c.discounted, settled.c.slipped)
        voided = _when(t.voided_on <= as_of, t.voided_on)
        source = tables.sql(tables.ReceivableRow).join(settled, true())
        conditions = [t.maker_id == tx.maker_id, t.issued_on <= as_of]
    open_amount = _when(voided.is_(None), t.total - sums[0] - sums[1] - sums[2], 0)
    state = _state(voided, open_amount, sums[0])
    labelled = (
        sums[0].label("allocated"),
        sums[1].label("discounted"),
        sums[2].label("slipped"),
        voided.label("voided_on"),
        open_amount.label("open_amount"),
        state.label("state"),
    )
    return select(*head, *labelled).select_from(source).where(*conditions), open_amount, state


def _settled_by(as_of: date) -> Any:
    """What allocations had settled of one invoice by the end of a day."""
    t, a = columns(tables.ReceivableRow), columns(tables.AllocationRow)
    return (
        select(
            func.coalesce(func.sum(a.amount), 0).label("allocated"),
            func.coalesce(func.sum(a.fee_discount), 0).label("discounted"),
            func.coalesce(func.sum(a.shortage_slip), 0).label("slipped"),
        )
        .where(
            a.maker_id == t.maker_id,
            a.invoice_id == t.invoice_id,
            a.booked_on <= as_of,
            or_(a.reversed_on.is_(None), a.reversed_on > as_of),
        )
        .lateral("settled")
    )


def _when(condition: ColumnElement[Any], then: Any, otherwise: Any = None) -> ColumnElement[Any]:
    return case((condition, then), else_=otherwise)


def _state(
    voided: ColumnElement[Any], open_amount: ColumnElement[Any], allocated: ColumnElement[Any]
) -> ColumnElement[Any]:
    """`payments.core.receivable.Receivable.state`, in SQL."""
    paid = _when(open_amount == 0, ReceivableState.PAID.value, ReceivableState.ISSUED.value)
    partly = _when(and_(open_amount != 0, allocated != 0), ReceivableState.PARTLY_PAID.value, paid)
    return _when(voided.is_not(None), ReceivableState.VOIDED.value, partly)


def _view(row: Row, named: Customers) -> ReceivableView:
    return ReceivableView(
        invoice_id=row.invoice_id,
        number=row.number,
        bill_to=named.of(row.bill_to_id),
        currency=row.currency,
        issued_on=row.issued_on,
        due_on=row.due_on,
        total=row.total,
        allocated=row.allocated,
        fee_discounts=row.discounted,
        shortage_slips=row.slipped,
        open_amount=row.open_amount,
        state=ReceivableState(row.state),
        voided_on=row.voided_on,
    )


def _overdue(row: Row, named: Customers, as_of: date) -> OverdueView:
    late = days_late(row.due_on, as_of)
    return OverdueView(
        invoice_id=row.invoice_id,
        number=row.number,
        customer=named.of(row.bill_to_id),
        currency=row.currency,
        issued_on=row.issued_on,
        due_on=row.due_on,
        days_late=late,
        bucket=aging_bucket(late),
        total=row.total,
        open_amount=row.open_amount,
        as_of=as_of,
    )
