"""Messages that invoicing hears, with defaults; a test spells out only what matters to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from contracts.catalog import TaxState
from contracts.customers import (
    BankAccount,
    CustomerState,
    DelegationState,
    Location,
    MakerState,
    TermsState,
)
from contracts.fulfillment import DeliveryNoteIssued, DeliveryNoteShipped, ReturnNoteIssued
from contracts.parts import Address, Charge, DeliveredLine
from contracts.payments import OverpaymentRecorded, OverpaymentReversed, PaymentAllocated, PaymentReversed
from contracts.wire import Body
from services.invoicing.tests.builders import id_of

HQ = id_of("HQ")


def maker(
    maker_id: UUID, *, bill_from: str = "issued", registration_number: str | None = "T8700110005901"
) -> MakerState:
    office = Address(postal_code="100-0000", address1="東京都千代田区見本町1-2-3", phone="03-0000-0001")
    return MakerState(
        maker_id=maker_id,
        name="株式会社おろし商事",
        time_zone="Asia/Tokyo",
        default_language="ja",
        default_currency="JPY",
        currencies=("JPY",),
        price_rounding="floor",
        price_tax_mode="exclusive",
        unshipped_creation="automatic",
        bill_from=bill_from,
        strict_import=False,
        auto_confirm_matches=True,
        bank_fee_tolerance=Decimal(880),
        locations=(
            Location(location_id=HQ, code="HQ", name="本社", address=office, registration_number=registration_number),
        ),
        bank_accounts=(bank_account(),),
    )


def bank_account(code: str = "B1", currency: str = "JPY") -> BankAccount:
    return BankAccount(
        bank_account_id=id_of(code),
        code=code,
        bank_code="9999",
        bank_name="デモギンコウ",
        branch_code="001",
        branch_name="ホンテン",
        account_type="1",
        number="8235504",
        holder_kana="カ)オロシ",
        currency=currency,
    )


def customer(code: str, *, name: str = "", kind: str = "company", mailing: Address | None = None) -> CustomerState:
    address = Address(
        postal_code="980-4994",
        address1="宮城県仙台市青葉区見本町4-26-6",
        address2="デモビル6階",
        name=name or f"{code}商店",
        department="仕入部",
        phone="022-0000-7390",
    )
    return CustomerState(
        customer_id=id_of(code),
        code=code,
        kind=kind,
        address=address,
        email="shop@shop.example",
        mailing_address=mailing,
        payment_category="",
        shipping_category="",
        language="ja",
        currency="JPY",
        wholesale_rate=None,
        credit_limit=None,
        on_hold=False,
        active=True,
    )


def terms(code: str, closing_day: int = 0, month_offset: int = 1, payment_day: int = 0) -> TermsState:
    return TermsState(
        customer_id=id_of(code),
        closing_day=closing_day,
        payment_month_offset=month_offset,
        payment_day=payment_day,
        business_day_rule="none",
    )


def delegation(delegator: str, delegatee: str) -> DelegationState:
    return DelegationState(delegator_id=id_of(delegator), delegatee_id=id_of(delegatee))


def tax(code: str = "T10", rate: str = "10", *, reduced: bool = False, rounding: str = "floor") -> TaxState:
    return TaxState(
        tax_id=id_of(code),
        code=code,
        name=code,
        rate=Decimal(rate),
        reduced=reduced,
        rounding=rounding,
        country="JP",
        standard=rate == "10",
        active=True,
    )


def world(maker_id: UUID, *customers: str, **billed_to: str) -> list[Body]:
    """A maker, its taxes and customers closing at month end; `A="P"` bills A to P."""
    codes = [*customers, *billed_to]
    return [
        maker(maker_id),
        tax(),
        tax("T8", "8", reduced=True),
        *(customer(code) for code in codes),
        *(terms(code) for code in codes),
        *(delegation(delegator, delegatee) for delegator, delegatee in billed_to.items()),
    ]


def delivered(
    amount: int = 1_000, rate: int = 10, order: str = "W-1", quantity: int = 1, sku: str = "AP-1001"
) -> DeliveredLine:
    """A line of `quantity` pieces worth `amount` in all, without tax."""
    return DeliveredLine(
        line_id=id_of(f"{order}/{sku}/{amount}"),
        order_id=id_of(order),
        order_number=order,
        order_line_id=id_of(f"{order}/{sku}"),
        sku_code=sku,
        product_name="煎茶" if rate == 8 else "Tシャツ",
        option="50g" if rate == 8 else "白 / M",
        quantity=quantity,
        unit_price=Decimal(amount) / quantity,
        amount=Decimal(amount),
        tax_rate=Decimal(rate),
        tax_included=False,
        reduced=rate == 8,
    )


def charge(
    amount: int = 660, kind: str = "shipping", rate: int | None = 10, name: str = "", *, order: str = ""
) -> Charge:
    return Charge(
        charge_id=id_of(f"{kind}/{amount}/{order}"),
        order_id=id_of(order) if order else None,
        kind=kind,
        name=name,
        tax_rate=None if rate is None else Decimal(rate),
        amount=Decimal(amount),
        tax_included=True,
    )


def note(
    number: str,
    customer: str = "K1",
    delivery_date: date = date(2026, 6, 15),
    lines: Sequence[DeliveredLine] | None = None,
    charges: Sequence[Charge] = (),
    *,
    billable: bool = True,
    currency: str = "JPY",
    location_id: UUID | None = HQ,
) -> DeliveryNoteIssued:
    return DeliveryNoteIssued(
        customer_id=id_of(customer),
        note_id=id_of(number),
        number=number,
        customer_code=customer,
        currency=currency,
        issued_on=delivery_date,
        delivery_date=delivery_date,
        location_id=location_id,
        billable=billable,
        ship_to=Address(),
        lines=tuple(lines if lines is not None else [delivered(order=f"order of {number}")]),
        charges=tuple(charges),
    )


def shipped(number: str, customer: str = "K1", on: date = date(2026, 6, 16)) -> DeliveryNoteShipped:
    return DeliveryNoteShipped(
        customer_id=id_of(customer), note_id=id_of(number), number=number, shipped_on=on, lines=()
    )


def returned(
    number: str,
    of: str,
    customer: str = "K1",
    on: date = date(2026, 6, 20),
    lines: Sequence[DeliveredLine] | None = None,
) -> ReturnNoteIssued:
    return ReturnNoteIssued(
        customer_id=id_of(customer),
        return_id=id_of(number),
        number=number,
        note_id=id_of(of),
        note_number=of,
        currency="JPY",
        returned_on=on,
        delivery_date=date(2026, 6, 15),
        reason="誤納品",
        lines=tuple(lines if lines is not None else [delivered(100, order=f"order of {of}")]),
    )


def allocated(invoice_id: UUID, open_amount: int, bill_to: str = "K1", paid: int = 0) -> PaymentAllocated:
    return PaymentAllocated(
        bill_to_id=id_of(bill_to),
        currency="JPY",
        allocation_id=id_of(f"allocation {invoice_id} {open_amount}"),
        invoice_id=invoice_id,
        invoice_number="INV",
        bank_line_id=None,
        value_date=date(2026, 7, 31),
        amount=Decimal(paid),
        fee_discount=Decimal(0),
        shortage_slip=Decimal(0),
        open_amount=Decimal(open_amount),
    )


def reversed_(invoice_id: UUID, open_amount: int, bill_to: str = "K1") -> PaymentReversed:
    return PaymentReversed(
        bill_to_id=id_of(bill_to),
        currency="JPY",
        allocation_id=id_of(f"allocation {invoice_id}"),
        invoice_id=invoice_id,
        invoice_number="INV",
        reversed_on=date(2026, 8, 1),
        amount=Decimal(0),
        fee_discount=Decimal(0),
        shortage_slip=Decimal(0),
        open_amount=Decimal(open_amount),
    )


def overpaid(
    name: str = "over", amount: int = 2_000, on: date = date(2026, 9, 1), bill_to: str = "K1"
) -> OverpaymentRecorded:
    return OverpaymentRecorded(
        bill_to_id=id_of(bill_to),
        currency="JPY",
        overpayment_id=id_of(name),
        bank_line_id=id_of(f"line {name}"),
        recorded_on=on,
        amount=Decimal(amount),
    )


def overpayment_reversed(name: str = "over", on: date = date(2026, 9, 5), bill_to: str = "K1") -> OverpaymentReversed:
    return OverpaymentReversed(bill_to_id=id_of(bill_to), currency="JPY", overpayment_id=id_of(name), reversed_on=on)
