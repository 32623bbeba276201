"""Contract messages → what the core speaks of. A value the core cannot hold raises, and the message is parked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar
from uuid import UUID

from chassis.messages import Incoming, Run
from contracts import parts
from contracts.customers import CustomerState, MakerState
from contracts.invoicing import InvoiceSource
from contracts.ordering import OrderConfirmed
from contracts.parts import Charge, OrderLine
from contracts.wire import Body
from fulfillment.core.charges import OrderCharges, StockedCharge
from fulfillment.core.parts import (
    Address,
    ChargeId,
    Customer,
    CustomerId,
    Location,
    Maker,
    OrderId,
    OrderLineId,
)
from fulfillment.core.unshipped import UnshippedLine, UnshippedOrder
from fulfillment.store.billing import Kind
from fulfillment.usecases.billing import Source
from fulfillment.usecases.knowing import Versioned, VersionedMaker
from fulfillment.usecases.stocking import Confirmed
from kernel.money import Currency, Money, Rate

B = TypeVar("B", bound=Body)

_OURS = {kind.value: kind for kind in Kind}


def confirmed(body: OrderConfirmed) -> Confirmed:
    """The order and its charges. Raises UnknownCurrency, BadRate."""
    currency, order_id = Currency.of(body.currency), OrderId(body.order_id)
    order = UnshippedOrder(
        order_id=order_id,
        number=body.number,
        customer_id=CustomerId(body.customer_id),
        customer_code=body.customer_code,
        currency=currency,
        oc_version=body.oc_version,
        converted=body.create_unshipped,
        on_hold=body.on_hold,
        ship_to=address(body.ship_to),
        lines={OrderLineId(line.line_id): _line(line, currency) for line in body.lines},
    )
    charges = {ChargeId(charge.charge_id): _charge(charge, currency) for charge in body.charges}
    return order, OrderCharges(order_id, body.number, charges)


def _line(line: OrderLine, currency: Currency) -> UnshippedLine:
    return UnshippedLine(
        line_id=OrderLineId(line.line_id),
        line_no=line.line_no,
        sku_id=line.sku_id,
        sku_code=line.sku_code,
        product_name=line.product_name,
        option=line.option,
        ordered=line.quantity,
        original_price=Money(line.original_price, currency),
        wholesale_rate=Rate.of(line.wholesale_rate),
        unit_price=Money(line.unit_price, currency),
        tax_rate=Rate.of(line.tax_rate),
        tax_included=line.tax_included,
        reduced=line.reduced,
        planned_from=line.planned_from,
        planned_to=line.planned_to,
        ship_to_number=line.ship_to_number,
    )


def _charge(charge: Charge, currency: Currency) -> StockedCharge:
    return StockedCharge(
        charge_id=ChargeId(charge.charge_id),
        kind=charge.kind,
        name=charge.name,
        tax_rate=None if charge.tax_rate is None else Rate.of(charge.tax_rate),
        amount=Money(charge.amount, currency),
        tax_included=charge.tax_included,
    )


def address(part: parts.Address) -> Address:
    """An address as the core compares it."""
    return Address(
        postal_code=part.postal_code,
        address1=part.address1,
        address2=part.address2,
        name=part.name,
        department=part.department,
        kana=part.kana,
        phone=part.phone,
    )


def customer(body: CustomerState, version: int) -> Versioned:
    """What fulfillment keeps of a customer."""
    ship_tos = {ship_to.number: address(ship_to.address) for ship_to in body.ship_tos}
    kept = Customer(CustomerId(body.customer_id), body.code, body.address.name, body.on_hold, ship_tos)
    return Versioned(kept, version)


def maker(body: MakerState, version: int) -> VersionedMaker:
    """What fulfillment keeps of its maker."""
    locations = tuple(Location(one.location_id, one.code, one.name) for one in body.locations)
    return VersionedMaker(Maker(body.time_zone, body.bill_from, locations), version)


def sources(invoice_id: UUID, named: Iterable[InvoiceSource]) -> Iterator[Source]:
    """The notes and returns among an invoice's sources; other kinds are not ours."""
    for source in named:
        kind = _OURS.get(source.kind)
        if kind is not None:
            yield Source(kind, source.source_id, invoice_id)


def is_delivery_note(kind: str) -> bool:
    """Returns are exempted too; here they have no billing status beside their state (FUL-073)."""
    return _OURS.get(kind) is Kind.DELIVERY_NOTE


def latest(run: Run[B]) -> list[Incoming[B]]:
    """The newest message of each key: an older state, or one before a deletion, need not be kept first."""
    return list({message.key: message for message in run}.values())
