"""The ledger as people read it: entries, account statements, and the proof that it says what the balances say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import Field
from sqlalchemy import or_, select, text

from chassis.http import AmountText, BusinessDate, Page, View
from chassis.tx import Tx
from kernel.refusal import Refusal
from payments import tables
from payments.core.ledger import Account, EntryKind
from payments.tables import Row, among, columns
from payments.views.customers import Customers, CustomerView, customer_asked, customers

MOST_MOVEMENTS = 5_000
"""Movements of one account statement; with more it is refused, and asked for in shorter periods."""


class EntryView(View):
    """A debit and a credit of the same amount."""

    entry_id: UUID
    kind: EntryKind
    booked_on: date
    debit: Account
    debit_customer: CustomerView | None
    credit: Account
    credit_customer: CustomerView | None
    amount: AmountText
    currency: str
    invoice_id: UUID | None
    bank_line_id: UUID | None
    allocation_id: UUID | None
    recorded_at: datetime
    recorded_by: str


class EntrySearch(Page):
    """Entries in the order they were recorded."""

    customer_id: UUID | None = None
    customer_code: str | None = Field(default=None, max_length=50)
    account: Account | None = None
    kind: list[EntryKind] = Field(default_factory=list, max_length=20)
    currency: str | None = Field(default=None, max_length=3)
    invoice_id: UUID | None = None
    bank_line_id: UUID | None = None
    from_date: BusinessDate | None = None
    to_date: BusinessDate | None = None


async def list_entries(tx: Tx, search: EntrySearch) -> tuple[Sequence[EntryView], str | None]:
    t = columns(tables.LedgerEntryRow)
    customer_id = await customer_asked(tx, search.customer_id, search.customer_code)
    after = search.after(tx.maker_id, UUID)
    conditions = [
        or_(t.debit_customer_id == customer_id, t.credit_customer_id == customer_id) if customer_id else None,
        or_(t.debit == search.account.value, t.credit == search.account.value) if search.account else None,
        among(t.kind, [one.value for one in search.kind]) if search.kind else None,
        t.currency == search.currency if search.currency else None,
        t.invoice_id == search.invoice_id if search.invoice_id else None,
        t.line_id == search.bank_line_id if search.bank_line_id else None,
        t.booked_on >= search.from_date if search.from_date else None,
        t.booked_on <= search.to_date if search.to_date else None,
        t.entry_id > after[0] if after else None,
    ]
    found = select(tables.sql(tables.LedgerEntryRow)).where(
        t.maker_id == tx.maker_id, *(one for one in conditions if one is not None)
    )
    rows = await tx.rows(found.order_by(t.entry_id).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, lambda row: (row.entry_id,))
    named = await customers(tx, [one for row in shown for one in (row.debit_customer_id, row.credit_customer_id)])
    return [_entry(row, named) for row in shown], cursor


def _entry(row: Row, named: Customers) -> EntryView:
    return EntryView(
        entry_id=row.entry_id,
        kind=EntryKind(row.kind),
        booked_on=row.booked_on,
        debit=Account(row.debit),
        debit_customer=named.view(row.debit_customer_id),
        credit=Account(row.credit),
        credit_customer=named.view(row.credit_customer_id),
        amount=row.amount,
        currency=row.currency,
        invoice_id=row.invoice_id,
        bank_line_id=row.line_id,
        allocation_id=row.allocation_id,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
    )


class MovementView(View):
    """`amount` raises (positive) or lowers what the customer owes; `balance` is what is owed after it."""

    booked_on: date
    kind: EntryKind
    invoice_number: str | None
    bank_line_id: UUID | None
    amount: AmountText
    balance: AmountText


class AccountStatementView(View):
    """Opening balance, movements, closing balance of one customer, currency and period (PAY-005)."""

    customer: CustomerView
    currency: str
    from_date: date
    to_date: date
    opening_balance: AmountText
    movements: tuple[MovementView, ...]
    closing_balance: AmountText


_MOVEMENTS = """
select booked_on, kind, invoice_id, line_id, signed from (
    select entry_id, booked_on, kind, invoice_id, line_id, amount as signed
    from ledger_entries
    where maker_id = :maker_id and debit_customer_id = :customer_id and currency = :currency
        and debit in ('receivable', 'shortage_slips')
    union all
    select entry_id, booked_on, kind, invoice_id, line_id, -amount
    from ledger_entries
    where maker_id = :maker_id and credit_customer_id = :customer_id and currency = :currency
        and credit in ('receivable', 'shortage_slips')
) sides
where booked_on between :first and :last and kind not in ('shortage_slip', 'shortage_slip_reversal')
order by booked_on, entry_id
limit :limit
"""

_OPENING = """
select coalesce(sum(
    amount * (debit_customer_id = :customer_id and debit in ('receivable', 'shortage_slips'))::int
    - amount * (credit_customer_id = :customer_id and credit in ('receivable', 'shortage_slips'))::int
), 0)
from ledger_entries
where maker_id = :maker_id and currency = :currency and booked_on < :first
    and (debit_customer_id = :customer_id or credit_customer_id = :customer_id)
"""


async def account_statement(
    tx: Tx, customer_id: UUID, currency: str, first: date, last: date
) -> AccountStatementView | Refusal | None:
    """None for a customer this maker does not have. A shortage slip moves the debt and leaves the balance alone: its
    two sides cancel out and neither is shown. Refuses TOO_MANY_MOVEMENTS."""
    customer = (await customers(tx, [customer_id])).of(customer_id)
    if not customer.code:
        return None
    given = {"maker_id": tx.maker_id, "customer_id": customer_id, "currency": currency, "first": first, "last": last}
    opening = Decimal(await tx.scalar(text(_OPENING), given) or 0)
    shown = await tx.rows(text(_MOVEMENTS), {**given, "limit": MOST_MOVEMENTS + 1})
    if len(shown) > MOST_MOVEMENTS:
        return Refusal("TOO_MANY_MOVEMENTS", {"limit": str(MOST_MOVEMENTS)}, field="to_date", value=last.isoformat())
    numbers = await _numbers(tx, shown)
    balance, movements = opening, []
    for row in shown:
        balance += row.signed
        movements.append(
            MovementView(
                booked_on=row.booked_on,
                kind=EntryKind(row.kind),
                invoice_number=numbers.get(row.invoice_id),
                bank_line_id=row.line_id,
                amount=row.signed,
                balance=balance,
            )
        )
    return AccountStatementView(
        customer=customer,
        currency=currency,
        from_date=first,
        to_date=last,
        opening_balance=opening,
        movements=tuple(movements),
        closing_balance=balance,
    )


async def _numbers(tx: Tx, rows: Sequence[Row]) -> Mapping[UUID, str]:
    t = columns(tables.ReceivableRow)
    found = await tx.rows(
        select(t.invoice_id, t.number).where(
            t.maker_id == tx.maker_id, among(t.invoice_id, {row.invoice_id for row in rows if row.invoice_id})
        )
    )
    return {row.invoice_id: row.number for row in found}


class Totals(View):
    """Control totals of one currency, out of the ledger: received = allocated + credit notes + unallocated (+ held,
    ignored), invoiced − allocated − fee discounts = balance."""

    currency: str
    invoiced: AmountText
    received: AmountText
    allocated: AmountText
    fee_discounts: AmountText
    unallocated: AmountText
    ignored: AmountText
    open_invoices: AmountText
    open_slips: AmountText
    balance: AmountText
    open_credit_notes: AmountText
    advances: AmountText
    debits: AmountText
    credits: AmountText


class Difference(View):
    """Two figures that should be equal and are not."""

    what: str
    id: str
    currency: str
    ledger: AmountText
    other: AmountText


class LedgerVerification(View):
    """`ok`: every displayed balance, open item and line agrees with the ledger (PAY-004)."""

    ok: bool
    entries: int
    totals: tuple[Totals, ...]
    differences: tuple[Difference, ...]
    difference_count: int


_TOTALS = """
with sides as (
    select currency, debit as account, kind, amount as debit from ledger_entries where maker_id = :maker_id
    union all
    select currency, credit, kind, -amount from ledger_entries where maker_id = :maker_id
)
select currency,
    -coalesce(sum(debit) filter (where account = 'sales' and kind <> 'credit_note'), 0) as invoiced,
    coalesce(sum(debit) filter (where account = 'bank'), 0) as received,
    -coalesce(sum(debit) filter (where account = 'receivable' and kind in ('payment', 'payment_reversal')), 0)
        as allocated,
    coalesce(sum(debit) filter (where account = 'fee_discount'), 0) as fee_discounts,
    -coalesce(sum(debit) filter (where account = 'unallocated'), 0) as unallocated,
    -coalesce(sum(debit) filter (where account = 'ignored'), 0) as ignored,
    coalesce(sum(debit) filter (where account = 'receivable'), 0) as open_invoices,
    coalesce(sum(debit) filter (where account = 'shortage_slips'), 0) as open_slips,
    coalesce(sum(debit) filter (where account in ('receivable', 'shortage_slips')), 0) as balance,
    -coalesce(sum(debit) filter (where account = 'credit_notes'), 0) as open_credit_notes,
    -coalesce(sum(debit) filter (where account = 'advances'), 0) as advances,
    coalesce(sum(debit) filter (where debit > 0), 0) as debits,
    -coalesce(sum(debit) filter (where debit < 0), 0) as credits
from sides group by currency order by currency
"""

_DIFFERENCES = """
with sides as (
    select debit_customer_id as customer_id, currency, debit as account, amount as debit, invoice_id
    from ledger_entries where maker_id = :maker_id and debit_customer_id is not null
    union all
    select credit_customer_id, currency, credit, -amount, invoice_id
    from ledger_entries where maker_id = :maker_id and credit_customer_id is not null
),
balanced as (
    select customer_id, currency,
        coalesce(sum(debit) filter (where account = 'receivable'), 0) as open_invoices,
        coalesce(sum(debit) filter (where account = 'shortage_slips'), 0) as open_slips,
        -coalesce(sum(debit) filter (where account = 'credit_notes'), 0) as credit_notes,
        -coalesce(sum(debit) filter (where account = 'advances'), 0) as advances
    from sides group by customer_id, currency
),
invoiced as (
    select invoice_id, sum(debit) as open from sides where account = 'receivable' group by invoice_id
),
received as (
    select line_id, sum(case when credit = 'unallocated' then amount else -amount end) as unassigned
    from ledger_entries where maker_id = :maker_id and 'unallocated' in (debit, credit) group by line_id
),
lines as (
    select line_id, currency,
        case when state = 'IGNORED' then 0 when cancels then -amount else free_amount - held end as unassigned
    from bank_lines where maker_id = :maker_id
)
select 'balance' as what, coalesce(l.customer_id, b.customer_id)::text as id,
    coalesce(l.currency, b.currency) as currency,
    coalesce(l.open_invoices + l.open_slips + l.credit_notes + l.advances, 0) as ledger,
    coalesce(b.open_invoices + b.open_slips + b.credit_notes + b.advances, 0) as other
from balanced l full join (select * from balances where maker_id = :maker_id) b
    on b.customer_id = l.customer_id and b.currency = l.currency
where (l.open_invoices, l.open_slips, l.credit_notes, l.advances)
    is distinct from (b.open_invoices, b.open_slips, b.credit_notes, b.advances)
union all
select 'receivable', r.invoice_id::text, r.currency, coalesce(i.open, 0), r.open_amount
from receivables r left join invoiced i on i.invoice_id = r.invoice_id
where r.maker_id = :maker_id and coalesce(i.open, 0) <> r.open_amount
union all
select 'bank_line', l.line_id::text, l.currency, coalesce(r.unassigned, 0), l.unassigned
from lines l left join received r using (line_id)
where coalesce(r.unassigned, 0) <> l.unassigned
limit 1000
"""


async def verify(tx: Tx) -> LedgerVerification:
    """Adds up all entries and compares them with what is displayed; nothing is corrected."""
    given = {"maker_id": tx.maker_id}
    entries = await tx.scalar(text("select count(*) from ledger_entries where maker_id = :maker_id"), given)
    totals = tuple(Totals(**row._mapping) for row in await tx.rows(text(_TOTALS), given))
    differences = tuple(Difference(**row._mapping) for row in await tx.rows(text(_DIFFERENCES), given))
    balanced = all(one.debits == one.credits for one in totals)
    return LedgerVerification(
        ok=balanced and not differences,
        entries=int(entries or 0),
        totals=totals,
        differences=differences,
        difference_count=len(differences),
    )
