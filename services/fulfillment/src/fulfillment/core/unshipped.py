"""Unshipped SKUs (未納品SKU) of one order: what was ordered, reserved by notes, shipped, closed short, and is open.

open = ordered - shipped - closed (FUL-004). What draft and issued notes reserve is `allocated`; a note may take what
is `free` = open - allocated. Quantities are pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias, assert_never
from uuid import UUID

from fulfillment.core.parts import Address, Broken, CustomerId, OrderId, OrderLineId, Refused
from kernel.money import Currency, Money, Rate
from kernel.refusal import Refusal

Quantities: TypeAlias = Mapping[OrderLineId, int]
"""Pieces per order line, each at least 1."""


@dataclass(frozen=True, slots=True)
class UnshippedLine:
    """One line of the order confirmation; `unit_price` is the rounded wholesale price per piece (CAT-051)."""

    line_id: OrderLineId
    line_no: int
    sku_id: UUID | None
    sku_code: str
    product_name: str
    option: str
    ordered: int
    original_price: Money
    wholesale_rate: Rate
    unit_price: Money
    tax_rate: Rate
    tax_included: bool
    reduced: bool
    planned_from: date | None = None
    planned_to: date | None = None
    ship_to_number: int = 0
    allocated: int = 0
    shipped: int = 0
    closed: int = 0

    @property
    def open(self) -> int:
        """Neither shipped nor closed (FUL-004)."""
        return self.ordered - self.shipped - self.closed

    @property
    def free(self) -> int:
        """Open and on no draft or issued note."""
        return self.open - self.allocated


@dataclass(frozen=True, slots=True)
class UnshippedOrder:
    """A confirmed order. Until `converted` (manual mode, ORD-080) its lines are known but nothing may ship."""

    order_id: OrderId
    number: str
    customer_id: CustomerId
    customer_code: str
    currency: Currency
    oc_version: int
    converted: bool
    on_hold: bool
    ship_to: Address
    lines: Mapping[OrderLineId, UnshippedLine]


@dataclass(frozen=True, slots=True)
class OrderStocked:
    """The lines of a confirmed order are kept."""

    order: UnshippedOrder


@dataclass(frozen=True, slots=True)
class UnshippedCreated:
    """From now on the order's quantities may ship; ordering is told once (FUL-005)."""

    order_id: OrderId


@dataclass(frozen=True, slots=True)
class OrderWithdrawn:
    """The order was reopened or cancelled before conversion: nothing of it is kept (ORD-076, ORD-082)."""

    order_id: OrderId


@dataclass(frozen=True, slots=True)
class OrderHoldChanged:
    """The order's own hold was set or released."""

    order_id: OrderId
    on_hold: bool


@dataclass(frozen=True, slots=True)
class QuantitiesAllocated:
    """A draft note reserved these pieces."""

    order_id: OrderId
    quantities: Quantities


@dataclass(frozen=True, slots=True)
class QuantitiesReleased:
    """A draft note was deleted: its pieces are free again."""

    order_id: OrderId
    quantities: Quantities


@dataclass(frozen=True, slots=True)
class QuantitiesShipped:
    """Reserved pieces left."""

    order_id: OrderId
    quantities: Quantities


@dataclass(frozen=True, slots=True)
class QuantitiesClosed:
    """Free pieces that will never ship; irreversible (FUL-015)."""

    order_id: OrderId
    quantities: Quantities
    reason: str
    closed_on: date


StockEvent: TypeAlias = OrderStocked | UnshippedCreated | OrderWithdrawn | OrderHoldChanged
QuantityEvent: TypeAlias = QuantitiesAllocated | QuantitiesReleased | QuantitiesShipped | QuantitiesClosed


def stock(known: UnshippedOrder | None, confirmed: UnshippedOrder) -> list[StockEvent]:
    """Keep a confirmed order's lines, exactly once per OC version (FUL-005): repeats and older versions change nothing.

    An order already converted is never replaced: its confirmation can no longer be reopened (ORD-076).
    """
    if known is not None and (known.converted or confirmed.oc_version <= known.oc_version):
        return []
    before: list[StockEvent] = [] if known is None else [OrderWithdrawn(known.order_id)]
    created: list[StockEvent] = [UnshippedCreated(confirmed.order_id)] if confirmed.converted else []
    return [*before, OrderStocked(confirmed), *created]


def convert(order: UnshippedOrder) -> list[StockEvent]:
    """Manual conversion (ORD-080); a repeat changes nothing."""
    return [] if order.converted else [UnshippedCreated(order.order_id)]


def withdraw(order: UnshippedOrder) -> list[StockEvent]:
    """Forget a reopened or cancelled order. Ordering does neither to a converted one, so that is left alone."""
    return [] if order.converted else [OrderWithdrawn(order.order_id)]


def hold(order: UnshippedOrder, *, on_hold: bool) -> list[StockEvent]:
    """Follow the order's own hold (ORD-075), which is independent of the customer's (CUS-062)."""
    return [] if order.on_hold == on_hold else [OrderHoldChanged(order.order_id, on_hold)]


def allocate(order: UnshippedOrder, quantities: Quantities) -> QuantitiesAllocated | Refused:
    """Reserve pieces for a draft note. Refuses ORDER_NOT_CONVERTED, QTY_EXCEEDS_OPEN (FUL-003, FUL-004).

    A customer or order on hold may be drafted (FUL-030).
    """
    return _excess(order, quantities) or QuantitiesAllocated(order.order_id, quantities)


def close_short(
    order: UnshippedOrder, quantities: Quantities, *, reason: str, closed_on: date
) -> QuantitiesClosed | Refused:
    """Give up free pieces for good (FUL-015). Refuses REASON_REQUIRED, ORDER_NOT_CONVERTED, QTY_EXCEEDS_OPEN.

    Pieces on a draft or issued note are not free: the note is dealt with first.
    """
    problems: Refused = () if reason else (Refusal("REASON_REQUIRED", {"order": order.number}, field="/reason"),)
    problems += _excess(order, quantities)
    return problems or QuantitiesClosed(order.order_id, quantities, reason, closed_on)


def free_quantities(order: UnshippedOrder) -> Quantities:
    """Everything of the order that no note holds, in line order."""
    lines = sorted(order.lines.values(), key=lambda line: line.line_no)
    return {line.line_id: line.free for line in lines if line.free}


def evolve(order: UnshippedOrder, event: UnshippedCreated | OrderHoldChanged | QuantityEvent) -> UnshippedOrder:
    """The order after the event. Raises Broken when the event takes more than is there."""
    match event:
        case UnshippedCreated():
            return replace(order, converted=True)
        case OrderHoldChanged(on_hold=on_hold):
            return replace(order, on_hold=on_hold)
        case QuantitiesAllocated(quantities=quantities):
            return _moved(order, {line: (pieces, 0, 0) for line, pieces in quantities.items()})
        case QuantitiesReleased(quantities=quantities):
            return _moved(order, {line: (-pieces, 0, 0) for line, pieces in quantities.items()})
        case QuantitiesShipped(quantities=quantities):
            return _moved(order, {line: (-pieces, pieces, 0) for line, pieces in quantities.items()})
        case QuantitiesClosed(quantities=quantities):
            return _moved(order, {line: (0, 0, pieces) for line, pieces in quantities.items()})
        case _:
            assert_never(event)


def _excess(order: UnshippedOrder, quantities: Quantities) -> Refused:
    if not order.converted:
        return (Refusal("ORDER_NOT_CONVERTED", {"order": order.number}),)
    lines = ((order.lines[line_id], pieces) for line_id, pieces in quantities.items())
    return tuple(_exceeds(order, line, pieces) for line, pieces in lines if pieces > line.free)


def _exceeds(order: UnshippedOrder, line: UnshippedLine, pieces: int) -> Refusal:
    facts = {"order": order.number, "line_no": str(line.line_no), "sku": line.sku_code, "open": str(line.free)}
    return Refusal("QTY_EXCEEDS_OPEN", {**facts, "asked": str(pieces)}, value=str(pieces))


def _moved(order: UnshippedOrder, moves: Mapping[OrderLineId, tuple[int, int, int]]) -> UnshippedOrder:
    changed = {line_id: _line_moved(order.lines[line_id], *move) for line_id, move in moves.items()}
    return replace(order, lines={**order.lines, **changed})


def _line_moved(line: UnshippedLine, allocated: int, shipped: int, closed: int) -> UnshippedLine:
    after = replace(
        line, allocated=line.allocated + allocated, shipped=line.shipped + shipped, closed=line.closed + closed
    )
    if after.allocated < 0 or after.free < 0:
        raise Broken(f"order line {line.line_id}: {after.allocated} allocated, {after.free} free")
    return after
