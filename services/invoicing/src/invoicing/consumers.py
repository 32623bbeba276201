"""The complete list of messages invoicing reacts to."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from chassis.messages import Incoming, Listens, Run, Wait
from chassis.tx import Tx
from contracts import parts
from contracts.catalog import TaxState
from contracts.customers import BankAccount as BankAccountPart
from contracts.customers import CustomerState, DelegationState, MakerState, TermsState
from contracts.customers import Location as LocationPart
from contracts.fulfillment import DeliveryNoteIssued, DeliveryNoteShipped, ReturnNoteIssued
from contracts.payments import OverpaymentRecorded, OverpaymentReversed, PaymentAllocated, PaymentReversed
from contracts.wire import Body
from invoicing import tables
from invoicing.core.billable import (
    Billable,
    BillableState,
    Charge,
    Line,
    ReceivedNote,
    ReturnedFrom,
    SourceKind,
    payment_points_of,
    points_by_order,
    sums_by_order,
)
from invoicing.core.credit_note import Overpayment
from invoicing.core.invoice import Allocate, Reverse
from invoicing.core.parties import HOME_COUNTRY, BankAccount, BillFrom, Location, Maker, Party, PostalAddress, TaxRule
from invoicing.store import parties
from invoicing.usecases import billables, credit_notes, invoices
from kernel.calendar import BusinessDayRule, ClosingTerms
from kernel.money import Currency, Money, Rate, Rounding

LISTENS = Listens()
NOT_BILLABLE = "issued as not billable"
"""Why a note that fulfillment marked is exempt, until somebody lifts it (FUL-022)."""

B = TypeVar("B", bound=Body)


# ---- Copies of states ----


@LISTENS.on(MakerState)
async def copy_makers(tx: Tx, run: Run[MakerState]) -> None:
    for message in run:
        if message.body is not None:
            await parties.save_maker(tx, _maker(message.body), version=message.version)


@LISTENS.on(CustomerState)
async def copy_customers(tx: Tx, run: Run[CustomerState]) -> None:
    await parties.forget(tx, tables.Customer, "customer_id", _gone(run))
    await parties.save_customers(tx, [(_party(body), version) for body, version in _present(run)])


@LISTENS.on(TermsState)
async def copy_terms(tx: Tx, run: Run[TermsState]) -> None:
    await parties.save_terms(tx, [(_terms(UUID(one.key), one.body), one.version) for one in run])


@LISTENS.on(DelegationState)
async def copy_delegations(tx: Tx, run: Run[DelegationState]) -> None:
    delegatees = [(UUID(one.key), one.body.delegatee_id if one.body else None, one.version) for one in run]
    await parties.save_delegations(tx, [(parties.Delegation(who, to), version) for who, to, version in delegatees])


@LISTENS.on(TaxState)
async def copy_taxes(tx: Tx, run: Run[TaxState]) -> None:
    """Lines carry rates of the home country only (ordering sees to that), so other countries' taxes say nothing."""
    await parties.forget(tx, tables.Tax, "tax_id", _gone(run))
    ours = [(_tax(body), version) for body, version in _present(run) if body.country == HOME_COUNTRY]
    await parties.save_taxes(tx, ours)


# ---- Billable documents ----


@LISTENS.on(DeliveryNoteIssued)
async def receive_delivery_notes(tx: Tx, run: Run[DeliveryNoteIssued]) -> None:
    await billables.receive(tx, [_delivery_note(body) for body in run.bodies()])
    await tx.arrived(_note_fact(body.note_id) for body in run.bodies())


@LISTENS.on(DeliveryNoteShipped)
async def note_shipping(tx: Tx, run: Run[DeliveryNoteShipped]) -> None:
    await billables.ship(tx, {body.note_id: body.shipped_on for body in run.bodies()})


@LISTENS.on(ReturnNoteIssued)
async def receive_return_notes(tx: Tx, run: Run[ReturnNoteIssued]) -> list[Wait]:
    """A note comes before its return, unless it could not be dealt with: then the return waits for it."""
    missing = await billables.receive_returns(tx, [_return_note(body) for body in run.bodies()])
    return [
        Wait(message, for_=_note_fact(missing[message.body.return_id]))
        for message in run
        if message.body is not None and message.body.return_id in missing
    ]


# ---- Money ----


@LISTENS.on(PaymentAllocated)
async def settle_invoices(tx: Tx, run: Run[PaymentAllocated]) -> None:
    await invoices.settle(
        tx, [(body.invoice_id, Allocate(_money(body.open_amount, body.currency))) for body in run.bodies()]
    )


@LISTENS.on(PaymentReversed)
async def reopen_invoices(tx: Tx, run: Run[PaymentReversed]) -> None:
    await invoices.settle(
        tx, [(body.invoice_id, Reverse(_money(body.open_amount, body.currency))) for body in run.bodies()]
    )


@LISTENS.on(OverpaymentRecorded)
async def answer_overpayments(tx: Tx, run: Run[OverpaymentRecorded]) -> None:
    await credit_notes.answer(tx, [_overpayment(body) for body in run.bodies()])


@LISTENS.on(OverpaymentReversed)
async def take_back_credit_notes(tx: Tx, run: Run[OverpaymentReversed]) -> None:
    await credit_notes.take_back(tx, [(body.overpayment_id, body.reversed_on) for body in run.bodies()])


# ---- Wire to core ----


def _note_fact(note_id: UUID) -> str:
    """What a return waits for."""
    return f"delivery-note/{note_id}"


def _present(run: Run[B]) -> Iterable[tuple[B, int]]:
    return ((message.body, message.version) for message in run if message.body is not None)


def _gone(run: Iterable[Incoming[Body]]) -> list[UUID]:
    return [UUID(message.key) for message in run if message.body is None]


def _money(amount: Decimal, currency: str) -> Money:
    return Money(amount, Currency.of(currency))


def _postal(address: parts.Address) -> PostalAddress:
    return PostalAddress(address.postal_code, address.address1, address.address2, address.phone)


def _maker(body: MakerState) -> Maker:
    return Maker(
        maker_id=body.maker_id,
        name=body.name,
        time_zone=body.time_zone,
        bill_from=BillFrom(body.bill_from),
        locations=tuple(_location(one) for one in body.locations),
        bank_accounts=tuple(_bank_account(one) for one in body.bank_accounts),
    )


def _location(one: LocationPart) -> Location:
    return Location(one.location_id, one.name, _postal(one.address), one.registration_number)


def _bank_account(one: BankAccountPart) -> BankAccount:
    return BankAccount(
        bank_account_id=one.bank_account_id,
        bank_code=one.bank_code,
        bank_name=one.bank_name,
        branch_code=one.branch_code,
        branch_name=one.branch_name,
        account_type=one.account_type,
        number=one.number,
        holder_kana=one.holder_kana,
        currency=one.currency,
        active=one.active,
    )


def _party(body: CustomerState) -> Party:
    """Invoices are posted to the mailing address where there is one (CUS-037), in the name of the bill-to."""
    return Party(
        customer_id=body.customer_id,
        code=body.code,
        name=body.address.name,
        currency=body.currency,
        department=body.address.department,
        individual=body.kind == "individual",
        address=_postal(body.mailing_address or body.address),
    )


def _terms(customer_id: UUID, body: TermsState | None) -> parties.Terms:
    if body is None:
        return parties.Terms(customer_id, None)
    rule = BusinessDayRule(body.business_day_rule)
    return parties.Terms(customer_id, ClosingTerms(body.closing_day, body.payment_month_offset, body.payment_day, rule))


def _tax(body: TaxState) -> parties.Tax:
    rule = TaxRule(Rate.of(body.rate), Rounding(body.rounding), body.reduced)
    return parties.Tax(body.tax_id, body.code, rule, body.standard, body.active)


def _delivery_note(body: DeliveryNoteIssued) -> ReceivedNote:
    currency = Currency.of(body.currency)
    lines = tuple(_line(one, currency) for one in body.lines)
    charges = tuple(_charge(one, currency) for one in body.charges)
    billable = Billable(
        billable_id=body.note_id,
        kind=SourceKind.DELIVERY_NOTE,
        number=body.number,
        customer_id=body.customer_id,
        dated_on=body.delivery_date,
        sums=sums_by_order(lines, charges),
        payment_points=payment_points_of(charges, currency),
        order_points=points_by_order(charges),
        location_id=body.location_id,
        state=BillableState.UNBILLED if body.billable else BillableState.NON_BILLABLE,
        exemption="" if body.billable else NOT_BILLABLE,
    )
    return ReceivedNote(billable, body.issued_on, lines, charges)


def _return_note(body: ReturnNoteIssued) -> ReceivedNote:
    currency = Currency.of(body.currency)
    lines = tuple(_line(one, currency) for one in body.lines)
    billable = Billable(
        billable_id=body.return_id,
        kind=SourceKind.RETURN_NOTE,
        number=body.number,
        customer_id=body.customer_id,
        dated_on=body.returned_on,
        sums=sums_by_order(lines, ()),
        payment_points=Money.zero(currency),
        returned_from=ReturnedFrom(body.note_id, body.note_number, body.delivery_date),
    )
    return ReceivedNote(billable, body.returned_on, lines, reason=body.reason)


def _line(one: parts.DeliveredLine, currency: Currency) -> Line:
    return Line(
        order_id=one.order_id,
        order_number=one.order_number,
        sku_code=one.sku_code,
        product_name=one.product_name,
        option=one.option,
        quantity=one.quantity,
        unit_price=Money(one.unit_price, currency),
        amount=Money(one.amount, currency),
        tax_rate=Rate.of(one.tax_rate),
        tax_included=one.tax_included,
        reduced=one.reduced,
    )


def _charge(one: parts.Charge, currency: Currency) -> Charge:
    rate = None if one.tax_rate is None else Rate.of(one.tax_rate)
    return Charge(one.kind, one.name, Money(one.amount, currency), rate, one.tax_included, one.order_id)


def _overpayment(body: OverpaymentRecorded) -> Overpayment:
    return Overpayment(body.overpayment_id, body.bill_to_id, body.recorded_on, _money(body.amount, body.currency))
