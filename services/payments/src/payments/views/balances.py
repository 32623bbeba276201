"""Billing balances (請求残高) per customer and currency, now or as of any past day, and what stands beside them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import and_, or_, select, text

from chassis.http import AmountText, BusinessDate, Instant, Page, View
from chassis.tx import Tx
from payments import tables
from payments.core.slip import SlipState
from payments.tables import Row, columns
from payments.views.customers import CustomerView, customer_asked, customers
from payments.views.receivables import ReceivableSearch, ReceivableView, list_receivables


class BalanceView(View):
    """`balance` = open invoices + open shortage slips; credit notes and money on account stand beside it, not netted
    (PAY-001)."""

    customer: CustomerView
    currency: str
    balance: AmountText
    open_invoices: AmountText
    open_slips: AmountText
    open_credit_notes: AmountText
    advances: AmountText
    as_of: date | None


class SlipView(View):
    slip_id: UUID
    invoice_id: UUID
    bank_line_id: UUID
    currency: str
    amount: AmountText
    state: SlipState
    created_on: date


class CreditNoteView(View):
    credit_note_id: UUID
    number: str
    kind: str
    currency: str
    amount: AmountText
    issued_on: date
    overpayment_id: UUID | None


class HeldView(View):
    """Money of a line held on account (前受金, PAY-052)."""

    bank_line_id: UUID
    value_date: date
    currency: str
    amount: AmountText


class CustomerBalances(View):
    """One customer: balances per currency, and the open items, slips, credit notes and advances behind them."""

    customer: CustomerView
    balances: tuple[BalanceView, ...]
    open_invoices: tuple[ReceivableView, ...]
    open_slips: tuple[SlipView, ...]
    credit_notes: tuple[CreditNoteView, ...]
    advances: tuple[HeldView, ...]


class BalanceSearch(Page):
    """`as_of`: by the dates entries count from. `known_at`: only what had been recorded by that moment."""

    customer_id: UUID | None = None
    customer_code: str | None = Field(default=None, max_length=50)
    currency: str | None = Field(default=None, max_length=3)
    as_of: BusinessDate | None = None
    known_at: Instant | None = None


async def list_balances(tx: Tx, search: BalanceSearch) -> tuple[Sequence[BalanceView], str | None]:
    """By customer id and currency; customers that never had an entry have no row."""
    customer_id = await customer_asked(tx, search.customer_id, search.customer_code)
    after = search.after(tx.maker_id, UUID, str)
    if search.as_of is None and search.known_at is None:
        rows = await _present(tx, search, customer_id, after)
    else:
        rows = await _from_ledger(tx, search, customer_id, after)
    shown, cursor = search.cut(rows, tx.maker_id, lambda row: (row.customer_id, row.currency))
    named = await customers(tx, (row.customer_id for row in shown))
    return [_view(row, named.of(row.customer_id), search.as_of) for row in shown], cursor


async def _present(
    tx: Tx, search: BalanceSearch, customer_id: UUID | None, after: tuple[Any, ...] | None
) -> Sequence[Row]:
    t = columns(tables.BalanceRow)
    found = select(tables.sql(tables.BalanceRow)).where(t.maker_id == tx.maker_id)
    if customer_id:
        found = found.where(t.customer_id == customer_id)
    if search.currency:
        found = found.where(t.currency == search.currency)
    if after is not None:
        found = found.where(or_(t.customer_id > after[0], and_(t.customer_id == after[0], t.currency > after[1])))
    return await tx.rows(found.order_by(t.customer_id, t.currency).limit(search.limit + 1))


_FROM_LEDGER = """
with page as (
    select customer_id, currency from balances
    where maker_id = :maker_id
        and (cast(:customer_id as uuid) is null or customer_id = :customer_id)
        and (cast(:currency as text) is null or currency = :currency)
        and (cast(:after_customer as uuid) is null or (customer_id, currency) > (:after_customer, :after_currency))
    order by customer_id, currency
    limit :limit
)
select p.customer_id, p.currency,
    d.receivable - c.receivable as open_invoices,
    d.slips - c.slips as open_slips,
    c.notes - d.notes as credit_notes,
    c.held - d.held as advances
from page p
cross join lateral (
    select coalesce(sum(amount) filter (where debit = 'receivable'), 0) as receivable,
        coalesce(sum(amount) filter (where debit = 'shortage_slips'), 0) as slips,
        coalesce(sum(amount) filter (where debit = 'credit_notes'), 0) as notes,
        coalesce(sum(amount) filter (where debit = 'advances'), 0) as held
    from ledger_entries
    where maker_id = :maker_id and debit_customer_id = p.customer_id and currency = p.currency
        and booked_on <= :as_of and recorded_at <= :known_at
) d
cross join lateral (
    select coalesce(sum(amount) filter (where credit = 'receivable'), 0) as receivable,
        coalesce(sum(amount) filter (where credit = 'shortage_slips'), 0) as slips,
        coalesce(sum(amount) filter (where credit = 'credit_notes'), 0) as notes,
        coalesce(sum(amount) filter (where credit = 'advances'), 0) as held
    from ledger_entries
    where maker_id = :maker_id and credit_customer_id = p.customer_id and currency = p.currency
        and booked_on <= :as_of and recorded_at <= :known_at
) c
order by p.customer_id, p.currency
"""
_FOR_EVER = datetime(9999, 1, 1, tzinfo=UTC)


async def _from_ledger(
    tx: Tx, search: BalanceSearch, customer_id: UUID | None, after: tuple[Any, ...] | None
) -> Sequence[Row]:
    """The same figures out of the entries alone (PAY-004); zero before a customer's first entry."""
    given: dict[str, object] = {
        "maker_id": tx.maker_id,
        "customer_id": customer_id,
        "currency": search.currency,
        "as_of": search.as_of or _FOR_EVER.date(),
        "known_at": search.known_at or _FOR_EVER,
        "after_customer": after[0] if after else None,
        "after_currency": after[1] if after else "",
        "limit": search.limit + 1,
    }
    return await tx.rows(text(_FROM_LEDGER), given)


def _view(row: Row, customer: CustomerView, as_of: date | None) -> BalanceView:
    return BalanceView(
        customer=customer,
        currency=row.currency,
        balance=row.open_invoices + row.open_slips,
        open_invoices=row.open_invoices,
        open_slips=row.open_slips,
        open_credit_notes=row.credit_notes,
        advances=row.advances,
        as_of=as_of,
    )


_MOST_BESIDE = 200
"""Open items, slips, credit notes and advances shown with one customer; the lists have the rest."""


async def find_customer(tx: Tx, customer_id: UUID) -> CustomerBalances | None:
    """None for a customer this maker neither has nor ever billed."""
    balances, _ = await list_balances(tx, BalanceSearch(customer_id=customer_id, limit=200))
    customer = (await customers(tx, [customer_id])).of(customer_id)
    if not balances and not customer.code:
        return None
    open_items = ReceivableSearch(customer_id=customer_id, open_only=True, limit=_MOST_BESIDE)
    invoices, _ = await list_receivables(tx, open_items)
    return CustomerBalances(
        customer=customer,
        balances=tuple(balances),
        open_invoices=tuple(invoices),
        open_slips=await _slips(tx, customer_id),
        credit_notes=await _credit_notes(tx, customer_id),
        advances=await _advances(tx, customer_id),
    )


async def _slips(tx: Tx, customer_id: UUID) -> tuple[SlipView, ...]:
    t = columns(tables.ShortageSlipRow)
    rows = await tx.rows(
        select(tables.sql(tables.ShortageSlipRow))
        .where(t.maker_id == tx.maker_id, t.bill_to_id == customer_id, t.state == SlipState.OPEN.value)
        .order_by(t.slip_id)
        .limit(_MOST_BESIDE)
    )
    return tuple(
        SlipView(
            slip_id=row.slip_id,
            invoice_id=row.invoice_id,
            bank_line_id=row.line_id,
            currency=row.currency,
            amount=row.amount,
            state=SlipState(row.state),
            created_on=row.created_on,
        )
        for row in rows
    )


async def _credit_notes(tx: Tx, customer_id: UUID) -> tuple[CreditNoteView, ...]:
    """Without those of overpayments that were reversed: invoicing voids them when it hears of it."""
    t, o = columns(tables.CreditNoteRow), columns(tables.OverpaymentRow)
    reversed_ = select(o.overpayment_id).where(
        o.maker_id == t.maker_id, o.overpayment_id == t.overpayment_id, o.reversed_on.is_not(None)
    )
    rows = await tx.rows(
        select(tables.sql(tables.CreditNoteRow))
        .where(t.maker_id == tx.maker_id, t.bill_to_id == customer_id, ~reversed_.exists())
        .order_by(t.issued_on.desc(), t.credit_note_id)
        .limit(_MOST_BESIDE)
    )
    return tuple(
        CreditNoteView(
            credit_note_id=row.credit_note_id,
            number=row.number,
            kind=row.kind,
            currency=row.currency,
            amount=row.amount,
            issued_on=row.issued_on,
            overpayment_id=row.overpayment_id,
        )
        for row in rows
    )


async def _advances(tx: Tx, customer_id: UUID) -> tuple[HeldView, ...]:
    t = columns(tables.BankLineRow)
    rows = await tx.rows(
        select(t.line_id, t.value_date, t.currency, t.held)
        .where(t.maker_id == tx.maker_id, t.held_for_id == customer_id, t.held > 0)
        .order_by(t.line_id)
        .limit(_MOST_BESIDE)
    )
    return tuple(
        HeldView(bank_line_id=row.line_id, value_date=row.value_date, currency=row.currency, amount=row.held)
        for row in rows
    )
