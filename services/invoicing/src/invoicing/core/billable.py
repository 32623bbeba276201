"""Billable documents: delivery notes and return notes whose billing right invoicing holds (ARCHITECTURE §5).

A billable is on at most one live invoice (INV-027, GEN-009). It keeps the sums entered without and with tax per order
and rate (INT-055), never a rounded tax: that is computed once per rate on the invoice (GEN-003).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from invoicing.core.parties import BillFrom
from kernel.money import Currency, Money, Rate, total
from kernel.refusal import Refusal
from kernel.sharing import share_by_largest_remainder
from kernel.tax import TaxSums

PAYMENT_POINTS: Final = "payment_points"
"""The charge kind that lowers only the amount due and carries no rate (INT-053, INV-155)."""


class SourceKind(StrEnum):
    """What a billable is; amounts of a return note are positive and deducted (FUL-071)."""

    DELIVERY_NOTE = "delivery_note"
    RETURN_NOTE = "return_note"


class BillableState(StrEnum):
    """Billing status of a note (FUL-022)."""

    UNBILLED = "UNBILLED"
    INVOICED = "INVOICED"
    NON_BILLABLE = "NON_BILLABLE"


@dataclass(frozen=True, slots=True)
class OrderSums:
    """What one order contributes to a note at one tax rate."""

    order_id: UUID
    sums: TaxSums


@dataclass(frozen=True, slots=True)
class OrderPoints:
    """The payment points of one order on a note, a positive deduction."""

    order_id: UUID
    points: Money


@dataclass(frozen=True, slots=True)
class ReturnedFrom:
    """The delivery a return note takes back; printed on the return invoice (INV-083)."""

    note_id: UUID
    note_number: str
    delivered_on: date


@dataclass(frozen=True, slots=True)
class Billable:
    """A delivery or return note. `dated_on`: delivery date or return date, the date closing runs look at.

    `payment_points` is a positive deduction in the note's currency; `order_points` says whose, as far as the note
    does. `deferred_past`: not to be billed by a closing run
    up to and including that date (次回請求, R10).
    """

    billable_id: UUID
    kind: SourceKind
    number: str
    customer_id: UUID
    dated_on: date
    sums: tuple[OrderSums, ...]
    payment_points: Money
    order_points: tuple[OrderPoints, ...] = ()
    shipped_on: date | None = None
    location_id: UUID | None = None
    returned_from: ReturnedFrom | None = None
    state: BillableState = BillableState.UNBILLED
    exemption: str = ""
    deferred_past: date | None = None
    invoice_id: UUID | None = None
    version: int = 1

    @property
    def currency(self) -> Currency:
        return self.payment_points.currency

    @property
    def is_return(self) -> bool:
        """Its amounts are deducted."""
        return self.kind is SourceKind.RETURN_NOTE

    def is_ready(self, bill_from: BillFrom) -> bool:
        """A delivery note may have to be shipped first (FUL-034); a return note never waits."""
        return bill_from is BillFrom.ISSUED or self.is_return or self.shipped_on is not None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a note: a quantity of one order line, amount = unit price × quantity."""

    order_id: UUID
    order_number: str
    sku_code: str
    product_name: str
    option: str
    quantity: int
    unit_price: Money
    amount: Money
    tax_rate: Rate
    tax_included: bool
    reduced: bool


@dataclass(frozen=True, slots=True)
class Charge:
    """An order-level amount on a note, signed; `tax_rate` is None for payment points only. Notes of before it was told
    do not name the order."""

    kind: str
    name: str
    amount: Money
    tax_rate: Rate | None
    tax_included: bool
    order_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ReceivedNote:
    """A note as it came from fulfillment: the billable with what is printed of it. `reason` is a return's."""

    billable: Billable
    issued_on: date
    lines: tuple[Line, ...]
    charges: tuple[Charge, ...] = ()
    reason: str = ""


def sums_by_order(lines: Sequence[Line], charges: Sequence[Charge]) -> tuple[OrderSums, ...]:
    """E and I per order and rate, orders as they appear, rates descending.

    A charge that does not say whose it is, on a note over several orders, is spread over them by the value of their
    lines, in whole minor units (largest remainder). A note without lines has no order to give such charges to; they
    count under the nil id.
    """
    found: dict[tuple[UUID, Rate], TaxSums] = {}
    for line in lines:
        _add(found, line.order_id, _sums(line.tax_rate, line.amount, line.tax_included, reduced=line.reduced))
    weights = _line_values(lines)
    for charge in charges:
        if charge.tax_rate is not None:
            for order_id, part in _owners(charge, weights):
                _add(found, order_id, _sums(charge.tax_rate, part, charge.tax_included, reduced=False))
    order = {order_id: index for index, order_id in enumerate(dict.fromkeys((*weights, *(key[0] for key in found))))}
    ranked = sorted(found.items(), key=lambda item: (order[item[0][0]], -item[0][1].percent))
    return tuple(OrderSums(order_id, sums) for (order_id, _), sums in ranked)


def payment_points_of(charges: Iterable[Charge], currency: Currency) -> Money:
    """The points taken off after tax, as a positive deduction (INV-151 step 5)."""
    return -total((charge.amount for charge in charges if charge.kind == PAYMENT_POINTS), currency)


def points_by_order(charges: Iterable[Charge]) -> tuple[OrderPoints, ...]:
    """Whose the payment points are, orders as they appear; points that do not say so are in the sum only."""
    found: dict[UUID, Money] = {}
    for charge in charges:
        if charge.kind == PAYMENT_POINTS and charge.order_id is not None:
            found[charge.order_id] = found.get(charge.order_id, Money.zero(charge.amount.currency)) - charge.amount
    return tuple(OrderPoints(order_id, points) for order_id, points in found.items())


NIL: Final = UUID(int=0)


def _line_values(lines: Sequence[Line]) -> dict[UUID, Decimal]:
    values: dict[UUID, Decimal] = {}
    for line in lines:
        values[line.order_id] = values.get(line.order_id, Decimal(0)) + abs(line.amount.amount)
    return values or {NIL: Decimal(1)}


def _owners(charge: Charge, weights: Mapping[UUID, Decimal]) -> list[tuple[UUID, Money]]:
    return _spread(charge.amount, weights) if charge.order_id is None else [(charge.order_id, charge.amount)]


def _spread(amount: Money, weights: Mapping[UUID, Decimal]) -> list[tuple[UUID, Money]]:
    if len(weights) == 1 or not sum(weights.values()):
        return [(next(iter(weights)), amount)]
    parts = share_by_largest_remainder(amount.amount, list(weights.values()), amount.currency.unit)
    return [(order_id, Money(part, amount.currency)) for order_id, part in zip(weights, parts, strict=True) if part]


def _sums(rate: Rate, amount: Money, tax_included: bool, *, reduced: bool) -> TaxSums:
    nothing = Money.zero(amount.currency)
    return TaxSums(rate, nothing if tax_included else amount, amount if tax_included else nothing, reduced)


def _add(found: dict[tuple[UUID, Rate], TaxSums], order_id: UUID, sums: TaxSums) -> None:
    known = found.get((order_id, sums.rate))
    found[order_id, sums.rate] = sums if known is None else known + sums


# ---- What people and invoices do to a billable ----


@dataclass(frozen=True, slots=True)
class Exempt:
    """Never bill this note, for a reason (samples); may be lifted while not invoiced (FUL-022)."""

    reason: str


@dataclass(frozen=True, slots=True)
class LiftExemption:
    """Bill it after all."""


@dataclass(frozen=True, slots=True)
class Defer:
    """Leave it out of closing runs up to and including `past`; None takes the mark off (R10)."""

    past: date | None


@dataclass(frozen=True, slots=True)
class Bill:
    """Put it on an invoice."""

    invoice_id: UUID


@dataclass(frozen=True, slots=True)
class Release:
    """Its invoice was voided: it may be billed again."""


Command: TypeAlias = Exempt | LiftExemption | Defer | Bill | Release


@dataclass(frozen=True, slots=True)
class Exempted:
    reason: str


@dataclass(frozen=True, slots=True)
class ExemptionLifted:
    pass


@dataclass(frozen=True, slots=True)
class Deferred:
    past: date | None


@dataclass(frozen=True, slots=True)
class Billed:
    invoice_id: UUID


@dataclass(frozen=True, slots=True)
class Released:
    pass


Event: TypeAlias = Exempted | ExemptionLifted | Deferred | Billed | Released

TRANSITIONS: Final[Mapping[tuple[BillableState, type[Command]], BillableState]] = {
    (BillableState.UNBILLED, Exempt): BillableState.NON_BILLABLE,
    (BillableState.UNBILLED, Defer): BillableState.UNBILLED,
    (BillableState.UNBILLED, Bill): BillableState.INVOICED,
    (BillableState.NON_BILLABLE, LiftExemption): BillableState.UNBILLED,
    (BillableState.INVOICED, Release): BillableState.UNBILLED,
}
"""Billing status machine of FUL-022: what is not in here is refused."""


def decide(billable: Billable, command: Command) -> list[Event] | Refusal:
    """What the command does. Refuses with SOURCE_ALREADY_USED on an invoiced note, else INVALID_STATE."""
    if (billable.state, type(command)) not in TRANSITIONS:
        return _out_of_turn(billable)
    match command:
        case Exempt(reason):
            return [Exempted(reason)]
        case LiftExemption():
            return [ExemptionLifted()]
        case Defer(past):
            return [Deferred(past)]
        case Bill(invoice_id):
            return [Billed(invoice_id)]
        case Release():
            return [Released()]
        case _:
            assert_never(command)


def evolve(billable: Billable, event: Event) -> Billable:
    """The billable after the event."""
    match event:
        case Exempted(reason):
            return replace(billable, state=BillableState.NON_BILLABLE, exemption=reason)
        case ExemptionLifted():
            return replace(billable, state=BillableState.UNBILLED, exemption="")
        case Deferred(past):
            return replace(billable, deferred_past=past)
        case Billed(invoice_id):
            return replace(billable, state=BillableState.INVOICED, invoice_id=invoice_id)
        case Released():
            return replace(billable, state=BillableState.UNBILLED, invoice_id=None)
        case _:
            assert_never(event)


def carried_along(returned: Billable, note: Billable, event: Event) -> list[Event]:
    """What happens to a return when this happens to its delivery note, as that was before: goods that are never billed
    are never deducted either (FUL-022). A return that is on an invoice, or exempt for a reason of its own, stays."""
    match event:
        case Exempted() if returned.state is BillableState.UNBILLED:
            return [event]
        case ExemptionLifted() if (returned.state, returned.exemption) == (note.state, note.exemption):
            return [event]
        case _:
            return []


def _out_of_turn(billable: Billable) -> Refusal:
    facts = {"source": billable.number, "state": billable.state.value}
    if billable.state is BillableState.INVOICED:
        return Refusal("SOURCE_ALREADY_USED", facts, value=billable.number)
    return Refusal("INVALID_STATE", facts, value=billable.number)
