"""Messages of other services as fulfillment hears them, with defaults; a test spells out only what matters to it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from contracts.customers import CustomerState, Location, MakerState, ShipTo
from contracts.invoicing import (
    BillableExempted,
    BillableExemptionLifted,
    InvoiceIssued,
    InvoiceSource,
    InvoiceVoided,
)
from contracts.ordering import OrderConfirmed
from contracts.parts import Address, Charge, OrderLine
from services.fulfillment.tests.builders import an_id

SHOP = Address(postal_code="980-4994", address1="仙台市青葉区見本町4-26-6", name="株式会社玉野井")
DEPOT = Address(postal_code="060-0000", address1="札幌市中央区見本町1", name="玉野井 札幌倉庫")
CONFIRMED_ON = date(2026, 6, 1)


def a_maker(maker_id: UUID, *, bill_from: str = "issued", time_zone: str = "Asia/Tokyo") -> MakerState:
    return MakerState(
        maker_id=maker_id,
        name="株式会社おろし商事",
        time_zone=time_zone,
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
            Location(location_id=an_id(2), code="HQ", name="本社", address=SHOP, registration_number=None),
            Location(location_id=an_id(3), code="W1", name="倉庫", address=DEPOT, registration_number=None),
        ),
    )


def a_customer(number: int = 1, *, code: str = "", on_hold: bool = False) -> CustomerState:
    return CustomerState(
        customer_id=an_id(number),
        code=code or f"C{number}",
        kind="company",
        address=Address(name=f"得意先{number}"),
        email="buyer@shop.example",
        ship_tos=(ShipTo(number=0, address=SHOP), ShipTo(number=7, address=DEPOT)),
        payment_category="銀行振込",
        shipping_category="宅配便",
        language="ja",
        currency="JPY",
        wholesale_rate=Decimal(60),
        credit_limit=None,
        on_hold=on_hold,
        active=True,
    )


def a_line(order: int, number: int, *, quantity: int = 10, price: str = "100", rate: str = "10") -> OrderLine:
    return OrderLine(
        line_id=an_id(order * 1000 + number),
        line_no=number,
        sku_id=None,
        sku_code=f"SKU-{number}",
        product_name=f"商品{number}",
        quantity=quantity,
        original_price=Decimal(price) * 2,
        wholesale_rate=Decimal(50),
        unit_price=Decimal(price),
        tax_rate=Decimal(rate),
        tax_included=False,
        reduced=rate == "8",
        planned_from=date(2026, 6, 5),
    )


def a_charge(
    order: int, number: int = 1, *, kind: str = "shipping", amount: str = "660", rate: str | None = "10"
) -> Charge:
    return Charge(
        charge_id=an_id(order * 1000 + 900 + number),
        kind=kind,
        name=kind,
        tax_rate=None if rate is None else Decimal(rate),
        amount=Decimal(amount),
        tax_included=True,
    )


def an_order(
    number: int = 100,
    *lines: OrderLine,
    customer: int = 1,
    charges: tuple[Charge, ...] | None = None,
    automatic: bool = True,
    on_hold: bool = False,
    oc_version: int = 1,
    ship_to: Address = SHOP,
) -> OrderConfirmed:
    """Two lines of ten pieces and a shipping fee of ¥660, unless said otherwise."""
    return OrderConfirmed(
        order_id=an_id(number),
        number=f"W-{number}",
        customer_id=an_id(customer),
        currency="JPY",
        customer_code=f"C{customer}",
        oc_version=oc_version,
        ordered_at=datetime(2026, 6, 1, 3, tzinfo=UTC),
        confirmed_on=CONFIRMED_ON,
        create_unshipped=automatic,
        on_hold=on_hold,
        ship_to=ship_to,
        lines=lines or (a_line(number, 1), a_line(number, 2)),
        charges=(a_charge(number),) if charges is None else charges,
        grand_total=Decimal(2860),
    )


def an_invoice(number: int, *sources: tuple[str, UUID]) -> InvoiceIssued:
    """An invoice over these (kind, id) sources."""
    return InvoiceIssued(
        bill_to_id=an_id(1),
        invoice_id=an_id(number),
        number=f"INV202606-{number}",
        bill_to_code="C1",
        currency="JPY",
        issued_on=date(2026, 6, 30),
        closing_date=date(2026, 6, 30),
        due_on=date(2026, 7, 31),
        per_rate=(),
        net=Decimal(0),
        tax=Decimal(0),
        payment_points=Decimal(0),
        total=Decimal(0),
        brought_forward=Decimal(0),
        billing_amount=Decimal(0),
        sources=tuple(
            InvoiceSource(kind=kind, source_id=source_id, number="…", customer_id=an_id(1))
            for kind, source_id in sources
        ),
        orders=(),
    )


def a_void(invoice: InvoiceIssued) -> InvoiceVoided:
    return InvoiceVoided(
        bill_to_id=invoice.bill_to_id,
        invoice_id=invoice.invoice_id,
        number=invoice.number,
        currency=invoice.currency,
        voided_on=date(2026, 7, 1),
        reason="宛先違い",
        total=invoice.total,
        sources=invoice.sources,
        orders=(),
    )


def an_exemption(billable_id: UUID, reason: str = "見本", kind: str = "delivery_note") -> BillableExempted:
    return BillableExempted(
        customer_id=an_id(1), billable_id=billable_id, kind=kind, number="…", currency="JPY", orders=(), reason=reason
    )


def a_lifting(billable_id: UUID, kind: str = "delivery_note") -> BillableExemptionLifted:
    return BillableExemptionLifted(
        customer_id=an_id(1), billable_id=billable_id, kind=kind, number="…", currency="JPY", orders=()
    )
