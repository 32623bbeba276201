"""What a person or a file asks for: order lines and charges named by id or by the keys of the trade.

Picking turns an ask into pieces per order line. A SKU that stands on several lines of an order is filled in line
order while those lines cost and tax the same; where they differ, the person must name the line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, TypeVar
from uuid import UUID

from fulfillment.core.charges import OrderCharges, StockedCharge
from fulfillment.core.delivery_note import DeliveryNote, NoteLine
from fulfillment.core.parts import ChargeId, NoteLineId, OrderId, OrderLineId, Refused
from fulfillment.core.unshipped import UnshippedLine, UnshippedOrder
from kernel.money import Rate
from kernel.refusal import Refusal

K = TypeVar("K")

OrderRef: TypeAlias = UUID | str
"""An order's id, or its number."""


@dataclass(frozen=True, slots=True)
class LineAsk:
    """Pieces of an order: of one line (id or number), of a SKU, or with none of them of the whole order.

    `quantity` None asks for everything free. `field` is where the asker finds it in the request.
    """

    order: OrderRef
    quantity: int | None = None
    line_id: OrderLineId | None = None
    line_no: int | None = None
    sku_code: str | None = None
    field: str = ""

    @property
    def key(self) -> str:
        """The line as the asker named it."""
        return str(self.line_id or self.line_no or self.sku_code or "")


@dataclass(frozen=True, slots=True)
class ChargeAsk:
    """A stocked charge by id, or the order's charges of one kind and rate."""

    order: OrderRef
    charge_id: ChargeId | None = None
    kind: str | None = None
    tax_rate: Rate | None = None
    field: str = ""


@dataclass(frozen=True, slots=True)
class Basket:
    """Pieces picked so far per order line, and where each line was first asked for."""

    orders: dict[OrderId, dict[OrderLineId, int]] = field(default_factory=dict)
    fields: dict[OrderLineId, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderIndex:
    """The lines of one order by number and by SKU; made once per load, since lines never change places."""

    by_no: Mapping[int, OrderLineId]
    by_sku: Mapping[str, Sequence[OrderLineId]]


def index_of(order: UnshippedOrder) -> OrderIndex:
    """Where the order's lines are found."""
    by_sku: dict[str, list[OrderLineId]] = {}
    lines = sorted(order.lines.values(), key=lambda line: line.line_no)
    for line in lines:
        by_sku.setdefault(line.sku_code, []).append(line.line_id)
    return OrderIndex({line.line_no: line.line_id for line in lines}, by_sku)


def pick(order: UnshippedOrder, index: OrderIndex, ask: LineAsk, basket: Basket) -> Refused:
    """Put what is asked into the basket. Refuses UNKNOWN_LINE, AMBIGUOUS_LINE, NOTHING_OPEN; excess is judged later."""
    lines = [order.lines[line_id] for line_id in _candidates(order, index, ask)]
    if not lines:
        return (Refusal("UNKNOWN_LINE", {"order": order.number, "line": ask.key}, field=ask.field, value=ask.key),)
    if ask.quantity is not None and len({_terms(line) for line in lines}) > 1:
        return (_ambiguous(order, lines, ask),)
    picked = basket.orders.setdefault(order.order_id, {})
    left = {line.line_id: max(line.free - picked.get(line.line_id, 0), 0) for line in lines}
    pieces = _spread(left, ask.quantity)
    if not pieces:
        return (Refusal("NOTHING_OPEN", {"order": order.number, "line": ask.key}, field=ask.field),)
    for line_id, count in pieces.items():
        picked[line_id] = picked.get(line_id, 0) + count
        basket.fields.setdefault(line_id, ask.field)
    return ()


def pick_charges(stocked: OrderCharges, ask: ChargeAsk) -> tuple[ChargeId, ...] | Refusal:
    """The charges asked for. Refuses UNKNOWN_CHARGE when the order has none such."""
    found = tuple(charge.charge_id for charge in stocked.charges.values() if _is_asked(charge, ask))
    if found:
        return found
    asked = str(ask.charge_id or ask.kind)
    return Refusal("UNKNOWN_CHARGE", {"order": stocked.order_number, "charge": asked}, field=ask.field, value=asked)


def _is_asked(charge: StockedCharge, ask: ChargeAsk) -> bool:
    if ask.charge_id is not None:
        return charge.charge_id == ask.charge_id
    return charge.kind == ask.kind and charge.tax_rate == ask.tax_rate


def _candidates(order: UnshippedOrder, index: OrderIndex, ask: LineAsk) -> Sequence[OrderLineId]:
    if ask.line_id is not None:
        return [ask.line_id] if ask.line_id in order.lines else []
    if ask.line_no is not None:
        line_id = index.by_no.get(ask.line_no)
        return [] if line_id is None else [line_id]
    if ask.sku_code is not None:
        return index.by_sku.get(ask.sku_code, [])
    return list(index.by_no.values())


def _terms(line: UnshippedLine) -> tuple[object, ...]:
    return (line.sku_code, line.unit_price, line.tax_rate, line.tax_included, line.option, line.ship_to_number)


def _ambiguous(order: UnshippedOrder, lines: Sequence[UnshippedLine], ask: LineAsk) -> Refusal:
    numbers = ", ".join(str(line.line_no) for line in lines)
    facts = {"order": order.number, "line": ask.key, "lines": numbers}
    return Refusal("AMBIGUOUS_LINE", facts, field=ask.field, value=ask.key)


def _spread(left: Mapping[K, int], quantity: int | None) -> dict[K, int]:
    if quantity is None:
        return {line_id: count for line_id, count in left.items() if count}
    pieces: dict[K, int] = {}
    for line_id, count in left.items():
        pieces[line_id] = min(count, quantity)
        quantity -= pieces[line_id]
    last = next(reversed(pieces))
    pieces[last] += quantity  # more than all lines hold: the last one shows by how much
    return {line_id: count for line_id, count in pieces.items() if count}


@dataclass(frozen=True, slots=True)
class ReturnAsk:
    """Pieces of a delivery note: of one line (id or number), or of a SKU, of one order if that is named.

    `quantity` None asks for everything that can still come back.
    """

    quantity: int | None = None
    line_id: NoteLineId | None = None
    line_no: int | None = None
    order_number: str | None = None
    sku_code: str | None = None
    field: str = ""


def pick_returned(note: DeliveryNote, asks: Sequence[ReturnAsk]) -> dict[NoteLineId, int] | Refused:
    """The pieces asked for, per line of the note. Refuses UNKNOWN_NOTE_LINE, AMBIGUOUS_NOTE_LINE,
    NOTHING_TO_RETURN; excess is judged by the note (`take_back`)."""
    picked: dict[NoteLineId, int] = {}
    problems: list[Refusal] = []
    for ask in asks:
        lines = [line for line in note.lines if _is_meant(line, ask)]
        pieces = _pick_returned(note, lines, ask, picked)
        if isinstance(pieces, Refusal):
            problems.append(pieces)
        else:
            for line_id, count in pieces.items():
                picked[line_id] = picked.get(line_id, 0) + count
    return tuple(problems) or picked


def _is_meant(line: NoteLine, ask: ReturnAsk) -> bool:
    if ask.line_id is not None:
        return line.line_id == ask.line_id
    if ask.line_no is not None:
        return line.line_no == ask.line_no
    of_order = ask.order_number in (None, line.goods.order_number)
    return of_order and ask.sku_code in (None, line.goods.sku_code)


def _pick_returned(
    note: DeliveryNote, lines: Sequence[NoteLine], ask: ReturnAsk, picked: Mapping[NoteLineId, int]
) -> dict[NoteLineId, int] | Refusal:
    key = str(ask.line_id or ask.line_no or ask.sku_code or "")
    facts = {"note": note.number or "", "line": key}
    if not lines:
        return Refusal("UNKNOWN_NOTE_LINE", facts, field=ask.field, value=key)
    prices = {(line.goods.unit_price, line.goods.tax_rate, line.goods.tax_included) for line in lines}
    if ask.quantity is not None and len(prices) > 1:
        numbers = ", ".join(str(line.line_no) for line in lines)
        return Refusal("AMBIGUOUS_NOTE_LINE", {**facts, "lines": numbers}, field=ask.field, value=key)
    left = {line.line_id: max(line.returnable - picked.get(line.line_id, 0), 0) for line in lines}
    return _spread(left, ask.quantity) or Refusal("NOTHING_TO_RETURN", facts, field=ask.field)
