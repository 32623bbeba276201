"""An order as the cells of a wholesale file, column by column by meaning: `reading` backwards (INT-061).

Nothing is judged here. Both layouts take their columns from the same cells; the ordinary one has only the totals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from kernel.money import Currency, Money, Rate, total
from ordering.core.content import ChargeEntry, ChargeKind, Line
from ordering.core.nextengine.buckets import COSTS, COUPONS, FEES, POINTS
from ordering.core.nextengine.layouts import Field
from ordering.core.order import Heading, Order

Entry: TypeAlias = int | str
"""What stands in a cell: numbers as numbers, so that a minus sign is never taken for a formula."""
Cells: TypeAlias = Mapping[Field, Entry]
Slot: TypeAlias = tuple[ChargeKind, Rate | None, bool]
"""Kind, rate and whether it is to be prorated: what a column of the file stands for."""

_DEDUCTED: Final = frozenset({ChargeKind.POINTS, ChargeKind.PAYMENT_POINTS})
"""Stored negative, written positive; coupons are written negative (INT-054)."""


class Price(StrEnum):
    """What stands under 商品価格: the original price, to which the receiver applies its own rate (INT-048), or the
    price of one piece as ordered, for a receiver who switches the rate off."""

    ORIGINAL = "original"
    NET = "net"


@dataclass(frozen=True, slots=True)
class Spelling:
    """How orders are written: dates in this zone, which price, and the SKU code that stands for custom items."""

    zone: ZoneInfo
    price: Price = Price.ORIGINAL
    custom_item_code: str = ""


@dataclass(frozen=True, slots=True)
class WrittenOrder:
    """An order spelled out: the cells that repeat in each of its rows, and those of each line."""

    head: Cells
    lines: Sequence[Cells]


def write_order(order: Order, spelling: Spelling) -> WrittenOrder:
    """The official content of the order: quantities and prices of its newest OC (ORD-015)."""
    return WrittenOrder(_head(order, spelling.zone), [_line(line, spelling) for line in order.content.lines])


def entries_of(order: Order) -> tuple[ChargeEntry, ...]:
    """The order-level amounts as they are to be entered again. Prorated ones were shared over the lines as placed;
    once an OC has changed the content, their shares stand where they fell."""
    if not order.content.version:
        return tuple(entry for entry in order.entries if entry.amount)
    return tuple(ChargeEntry(charge.kind, charge.amount, charge.tax_rate) for charge in order.content.charges)


def sums_of(entries: Iterable[ChargeEntry], currency: Currency) -> dict[Slot, Money]:
    """The amounts per kind, rate and proration, without those that come to nothing."""
    amounts: dict[Slot, list[Money]] = defaultdict(list)
    for entry in entries:
        amounts[entry.kind, entry.rate, entry.prorated].append(entry.amount)
    sums = {slot: total(parts, currency) for slot, parts in amounts.items()}
    return {slot: amount for slot, amount in sums.items() if amount}


def _head(order: Order, zone: ZoneInfo) -> Cells:
    heading = order.heading
    return {
        Field.CUSTOMER_CODE: order.customer_code,
        Field.ORDER_NUMBER: order.number,
        Field.ORDERED_AT: f"{order.ordered_at.astimezone(zone):%Y/%m/%d %H:%M:%S}",
        Field.TIME_SLOT: heading.time_slot,
        Field.WISHED_ON: f"{heading.wished_on:%Y/%m/%d}" if heading.wished_on else "",
        Field.WORKER_MEMO: heading.worker_memo,
        Field.REMARK: _remark(heading),
        **_amounts(entries_of(order), order.currency),
    }


def _remark(heading: Heading) -> str:
    """The remark without the time slot that was joined before it (INT-059)."""
    slot, remark = heading.time_slot, heading.remark
    if slot and remark == slot:
        return ""
    return remark.removeprefix(f"{slot} ") if slot else remark


def _amounts(entries: Sequence[ChargeEntry], currency: Currency) -> Cells:
    """Every amount column, 0 where there is nothing, so that no fallback of INT-050 has anything to decide."""
    sums = sums_of(entries, currency)

    def of(*kinds: ChargeKind) -> Money:
        return total((amount for (kind, _, _), amount in sums.items() if kind in kinds), currency)

    parts = {field: sums.get(slot, Money.zero(currency)) for field, slot in _SLOTS.items()}
    amounts = {
        Field.SHIPPING: of(ChargeKind.SHIPPING),
        Field.FEE: of(ChargeKind.FEE),
        Field.POINTS: -of(*_DEDUCTED),
        Field.OTHER_COST: of(ChargeKind.OTHER_COST, ChargeKind.COUPON),
        **{field: -amount if _SLOTS[field][0] in _DEDUCTED else amount for field, amount in parts.items()},
    }
    return {field: _number(amount.amount) for field, amount in amounts.items()}


def _line(line: Line, spelling: Spelling) -> Cells:
    price = line.unit_price if spelling.price is Price.NET else line.original_price
    return {
        Field.PRODUCT_NAME: line.product_name,
        Field.SKU_CODE: line.sku_code or spelling.custom_item_code,
        Field.PRICE: _number(price.amount),
        Field.QUANTITY: line.quantity,
        Field.OPTION: line.option,
        Field.TAX_RATE: _number(line.tax_rate.percent),
    }


def _number(amount: Decimal) -> Entry:
    return int(amount) if amount == int(amount) else format(amount, "f")


def _slots(kind: ChargeKind, columns: Mapping[Field, int]) -> dict[Field, Slot]:
    return {field: (kind, Rate.of(rate), False) for field, rate in columns.items()}


_SLOTS: Final[Mapping[Field, Slot]] = {
    **_slots(ChargeKind.FEE, FEES),
    **_slots(ChargeKind.POINTS, POINTS),
    Field.POINTS_PRORATED: (ChargeKind.POINTS, None, True),
    Field.POINTS_PAYMENT: (ChargeKind.PAYMENT_POINTS, None, False),
    **_slots(ChargeKind.OTHER_COST, COSTS),
    **_slots(ChargeKind.COUPON, COUPONS),
    Field.COUPON_PRORATED: (ChargeKind.COUPON, None, True),
}
"""What each column of the breakdown stands for."""
