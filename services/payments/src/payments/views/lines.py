"""Bank lines with decision, reasons, candidates, allocations, and the proof of the decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Select, or_, select

from chassis.http import AmountText, BusinessDate, Page, View
from chassis.tx import Tx
from kernel.money import Currency
from payments import tables
from payments.core.bank_line import LineState
from payments.core.matching import Verdict, replayed
from payments.core.matching.proof import from_json
from payments.core.matching.stored import decision_json
from payments.core.recorded import Method
from payments.tables import Row, among, columns
from payments.views.customers import Customers, CustomerView, codes_of_accounts, customer_asked, customers


class ReasonView(View):
    """Why: a code and its facts."""

    code: str
    facts: Mapping[str, str]


class CandidateShareView(View):
    invoice_id: UUID
    invoice_number: str
    bill_to_id: UUID
    amount: AmountText
    fee_discount: AmountText


class CandidateView(View):
    """One way to apply the line. `ticked`: confirmed as it stands; otherwise `lost` says why not.

    `difference`: open amounts minus the line. `age_days`: value date minus the oldest due date.
    """

    rule: str
    ticked: bool
    lost: str | None
    customer: CustomerView | None
    allocations: tuple[CandidateShareView, ...]
    difference: AmountText
    age_days: int


class AllocationView(View):
    """Money of a line for an invoice; `fee_discount` and `shortage_slip` are settled beside `amount`."""

    allocation_id: UUID
    bank_line_id: UUID
    invoice_id: UUID
    invoice_number: str
    bill_to: CustomerView
    currency: str
    amount: AmountText
    fee_discount: AmountText
    shortage_slip: AmountText
    booked_on: date
    recorded_at: datetime
    recorded_by: str
    reversed_on: date | None


class OverpaymentView(View):
    """Kept for the customer; `credit_note_number` once invoicing has issued it."""

    overpayment_id: UUID
    bill_to: CustomerView
    amount: AmountText
    credit_note_number: str | None


class AdvanceView(View):
    customer: CustomerView
    amount: AmountText


class BankLineView(View):
    """`unallocated` is what is neither with invoices nor kept as overpayment nor held on account."""

    bank_line_id: UUID
    bank_file_id: UUID | None
    row: int | None
    bank_account_id: UUID | None
    bank_account_code: str | None
    method: Method
    value_date: date
    amount: AmountText
    currency: str
    payer: str
    payer_code: str
    description: str
    reference: str
    sending_bank: str
    memo: str
    cancellation: bool
    state: LineState
    decision: Verdict | None
    reasons: tuple[ReasonView, ...]
    candidates: tuple[CandidateView, ...]
    customer: CustomerView | None
    bill_to: CustomerView | None
    allocations: tuple[AllocationView, ...]
    overpayment: OverpaymentView | None
    advance: AdvanceView | None
    unallocated: AmountText
    ignore_reason: str | None
    recorded_at: datetime
    recorded_by: str
    version: int


class MatchProofView(View):
    """The stored evidence of a decision and its answer; `reproduced`: deciding it again now gives the same."""

    proof_id: UUID
    decided_at: datetime
    decision: Verdict
    rule_version: str
    evidence: Mapping[str, Any]
    outcome: Mapping[str, Any]
    reproduced: bool


class BankLineDetail(BankLineView):
    """The line with all decisions ever made on it and everything that was taken back."""

    match_proofs: tuple[MatchProofView, ...]
    reversed_allocations: tuple[AllocationView, ...]


class LineOrder(StrEnum):
    """`imported` is the order of the files and of the lines in them."""

    IMPORTED = "imported"
    NEWEST = "-imported"
    VALUE_DATE = "value_date"


class LineSearch(Page):
    """Filters of the list of lines; `customer_*` finds payer and billed customer alike."""

    state: list[LineState] = Field(default_factory=list, max_length=5)
    decision: list[Verdict] = Field(default_factory=list, max_length=3)
    bank_file_id: UUID | None = None
    bank_account_id: UUID | None = None
    customer_id: UUID | None = None
    customer_code: str | None = Field(default=None, max_length=50)
    from_date: BusinessDate | None = None
    to_date: BusinessDate | None = None
    payer: str | None = Field(default=None, max_length=100)
    sort: LineOrder = LineOrder.IMPORTED


async def list_lines(tx: Tx, search: LineSearch) -> tuple[Sequence[BankLineView], str | None]:
    """One page."""
    t = columns(tables.BankLineRow)
    found = await _filtered(tx, search)
    match search.sort:
        case LineOrder.VALUE_DATE:
            after = search.after(tx.maker_id, date, UUID)
            if after is not None:
                found = found.where(or_(t.value_date > after[0], (t.value_date == after[0]) & (t.line_id > after[1])))
            found = found.order_by(t.value_date, t.line_id)
            rows, cursor = search.cut(
                await tx.rows(found.limit(search.limit + 1)), tx.maker_id, lambda row: (row.value_date, row.line_id)
            )
        case _:
            newest = search.sort is LineOrder.NEWEST
            after = search.after(tx.maker_id, UUID)
            if after is not None:
                found = found.where(t.line_id < after[0] if newest else t.line_id > after[0])
            found = found.order_by(t.line_id.desc() if newest else t.line_id)
            rows, cursor = search.cut(
                await tx.rows(found.limit(search.limit + 1)), tx.maker_id, lambda row: (row.line_id,)
            )
    views = await _views(tx, rows)
    return [views[row.line_id] for row in rows], cursor


async def _filtered(tx: Tx, search: LineSearch) -> Select[Any]:
    t = columns(tables.BankLineRow)
    found = select(tables.sql(tables.BankLineRow)).where(t.maker_id == tx.maker_id)
    customer_id = await customer_asked(tx, search.customer_id, search.customer_code)
    conditions = [
        among(t.state, [one.value for one in search.state]) if search.state else None,
        among(t.decision, [one.value for one in search.decision]) if search.decision else None,
        t.bank_file_id == search.bank_file_id if search.bank_file_id else None,
        t.bank_account_id == search.bank_account_id if search.bank_account_id else None,
        or_(t.customer_id == customer_id, t.bill_to_id == customer_id) if customer_id else None,
        t.value_date >= search.from_date if search.from_date else None,
        t.value_date <= search.to_date if search.to_date else None,
        t.payer.contains(search.payer, autoescape=True) if search.payer else None,
    ]
    return found.where(*(one for one in conditions if one is not None))


async def find_lines(tx: Tx, line_ids: Collection[UUID]) -> dict[UUID, BankLineView]:
    """These lines, as far as they are the maker's."""
    if not line_ids:
        return {}
    t = columns(tables.BankLineRow)
    rows = await tx.rows(
        select(tables.sql(tables.BankLineRow)).where(t.maker_id == tx.maker_id, among(t.line_id, line_ids))
    )
    return await _views(tx, rows)


async def find_line(tx: Tx, line_id: UUID) -> BankLineDetail | None:
    """One line with its proofs and everything taken back."""
    found = (await find_lines(tx, [line_id])).get(line_id)
    if found is None:
        return None
    t = columns(tables.AllocationRow)
    rows = await tx.rows(
        select(tables.sql(tables.AllocationRow))
        .where(t.maker_id == tx.maker_id, t.line_id == line_id, t.reversed_on.is_not(None))
        .order_by(t.allocation_id)
    )
    named = await customers(tx, (row.bill_to_id for row in rows))
    return BankLineDetail(
        **found.model_dump(),
        match_proofs=await _proofs(tx, line_id),
        reversed_allocations=tuple(allocation_view(row, named) for row in rows),
    )


async def _proofs(tx: Tx, line_id: UUID) -> tuple[MatchProofView, ...]:
    t = columns(tables.MatchProofRow)
    rows = await tx.rows(
        select(tables.sql(tables.MatchProofRow))
        .where(t.maker_id == tx.maker_id, t.line_id == line_id)
        .order_by(t.proof_id)
    )
    return tuple(
        MatchProofView(
            proof_id=row.proof_id,
            decided_at=row.decided_at,
            decision=Verdict(row.decision),
            rule_version=row.rule_version,
            evidence=row.evidence,
            outcome=row.outcome,
            reproduced=decision_json(replayed(from_json(row.evidence))) == row.outcome,
        )
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class _Around:
    """What stands beside a page of lines."""

    named: Customers
    accounts: Mapping[UUID, str]
    allocations: Mapping[UUID, list[Row]]
    overpayments: Mapping[UUID, Row]


async def _views(tx: Tx, rows: Sequence[Row]) -> dict[UUID, BankLineView]:
    allocations, overpayments = await _settlements(tx, [row.line_id for row in rows])
    concerned: list[UUID | None] = [one for row in rows for one in (row.customer_id, row.bill_to_id, row.held_for_id)]
    concerned += [one.bill_to_id for several in allocations.values() for one in several]
    concerned += [one.bill_to_id for one in overpayments.values()]
    concerned += [UUID(one["customer_id"]) for row in rows for one in row.candidates if one["customer_id"]]
    named = await customers(tx, concerned)
    accounts = await codes_of_accounts(tx, [row.bank_account_id for row in rows])
    around = _Around(named, accounts, allocations, overpayments)
    return {row.line_id: _view(row, around) for row in rows}


async def _settlements(tx: Tx, line_ids: Sequence[UUID]) -> tuple[Mapping[UUID, list[Row]], Mapping[UUID, Row]]:
    if not line_ids:
        return {}, {}
    a, o, c = columns(tables.AllocationRow), columns(tables.OverpaymentRow), columns(tables.CreditNoteRow)
    allocations: dict[UUID, list[Row]] = defaultdict(list)
    live = select(tables.sql(tables.AllocationRow)).where(
        a.maker_id == tx.maker_id, among(a.line_id, line_ids), a.reversed_on.is_(None)
    )
    for row in await tx.rows(live.order_by(a.allocation_id)):
        allocations[row.line_id].append(row)
    notes = (c.maker_id == o.maker_id) & (c.overpayment_id == o.overpayment_id)
    kept = (
        select(tables.sql(tables.OverpaymentRow), c.number.label("credit_note_number"))
        .join_from(tables.sql(tables.OverpaymentRow), tables.sql(tables.CreditNoteRow), notes, isouter=True)
        .where(o.maker_id == tx.maker_id, among(o.line_id, line_ids), o.reversed_on.is_(None))
    )
    return allocations, {row.line_id: row for row in await tx.rows(kept)}


def _view(row: Row, around: _Around) -> BankLineView:
    kept = around.overpayments.get(row.line_id)
    held_for = around.named.view(row.held_for_id) if row.held else None
    return BankLineView(
        bank_line_id=row.line_id,
        bank_file_id=row.bank_file_id,
        row=row.row_no,
        bank_account_id=row.bank_account_id,
        bank_account_code=around.accounts.get(row.bank_account_id),
        method=Method(row.method),
        value_date=row.value_date,
        amount=row.amount,
        currency=row.currency,
        payer=row.payer,
        payer_code=row.payer_code,
        description=row.description,
        reference=row.reference,
        sending_bank=row.sending_bank,
        memo=row.memo,
        cancellation=row.cancels,
        state=LineState(row.state),
        decision=Verdict(row.decision) if row.decision else None,
        reasons=reason_views(row.reasons),
        candidates=_candidates(row, around.named),
        customer=around.named.view(row.customer_id),
        bill_to=around.named.view(row.bill_to_id),
        allocations=tuple(allocation_view(one, around.named) for one in around.allocations.get(row.line_id, ())),
        overpayment=_overpayment(kept, around.named) if kept else None,
        advance=AdvanceView(customer=held_for, amount=row.held) if held_for else None,
        unallocated=row.free_amount - row.held,
        ignore_reason=row.ignore_reason,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        version=row.version,
    )


def reason_views(stored: Iterable[Mapping[str, Any]]) -> tuple[ReasonView, ...]:
    """Reasons as they are stored."""
    return tuple(ReasonView(code=one["code"], facts=one["facts"]) for one in stored)


def _candidates(row: Row, named: Customers) -> tuple[CandidateView, ...]:
    units = Currency.of(row.currency).minor_units
    return tuple(
        CandidateView(
            rule=one["rule"],
            ticked=one["lost"] is None and bool(one["shares"]),
            lost=one["lost"],
            customer=named.of(UUID(one["customer_id"])) if one["customer_id"] else None,
            allocations=tuple(_candidate_share(share, units) for share in one["shares"]),
            difference=Decimal(one["gap"]).scaleb(-units),
            age_days=one["age_days"],
        )
        for one in row.candidates
    )


def _candidate_share(stored: Mapping[str, Any], units: int) -> CandidateShareView:
    return CandidateShareView(
        invoice_id=UUID(stored["invoice_id"]),
        invoice_number=stored["number"],
        bill_to_id=UUID(stored["bill_to_id"]),
        amount=Decimal(stored["amount"]).scaleb(-units),
        fee_discount=Decimal(stored["fee"]).scaleb(-units),
    )


def _overpayment(row: Row, named: Customers) -> OverpaymentView:
    return OverpaymentView(
        overpayment_id=row.overpayment_id,
        bill_to=named.of(row.bill_to_id),
        amount=row.amount,
        credit_note_number=row.credit_note_number,
    )


def allocation_view(row: Row, named: Customers) -> AllocationView:
    """An allocation, standing or taken back."""
    return AllocationView(
        allocation_id=row.allocation_id,
        bank_line_id=row.line_id,
        invoice_id=row.invoice_id,
        invoice_number=row.invoice_number,
        bill_to=named.of(row.bill_to_id),
        currency=row.currency,
        amount=row.amount,
        fee_discount=row.fee_discount,
        shortage_slip=row.shortage_slip,
        booked_on=row.booked_on,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        reversed_on=row.reversed_on,
    )
