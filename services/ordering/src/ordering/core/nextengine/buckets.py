"""Fee, point, cost and coupon columns become entries per bucket, with the fallbacks of the table (INT-050…054)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from kernel.money import JPY, Money, Rate
from ordering.core.content import ChargeEntry, ChargeKind
from ordering.core.nextengine.layouts import Field
from ordering.core.order_warning import OrderWarning

_RATES: Final = {0: Rate.of(0), 8: Rate.of(8), 10: Rate.of(10)}

FEES: Final = {Field.FEE_0: 0, Field.FEE_8: 8, Field.FEE_10: 10}
POINTS: Final = {Field.POINTS_0: 0, Field.POINTS_8: 8, Field.POINTS_10: 10}
COSTS: Final = {Field.OTHER_COST_0: 0, Field.OTHER_COST_8: 8, Field.OTHER_COST_10: 10}
COUPONS: Final = {Field.COUPON_0: 0, Field.COUPON_8: 8, Field.COUPON_10: 10}

_POINT_PARTS: Final = (*POINTS, Field.POINTS_PRORATED, Field.POINTS_PAYMENT)
_COUPON_PARTS: Final = (*COUPONS, Field.COUPON_PRORATED)
_COST_PARTS: Final = (*COSTS, *_COUPON_PARTS)

Numbers = Mapping[Field, int]
"""The number cells of an order that are present; blank and missing columns are absent (INT-050)."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A total that is given and is not the sum of its present breakdown (SUM_MISMATCH, INT-051)."""

    total: Field
    given: int
    breakdown: int


@dataclass(frozen=True, slots=True)
class Buckets:
    """An order's order-level amounts but shipping, whose rate is the maker's, and what to say about them."""

    entries: tuple[ChargeEntry, ...]
    warnings: tuple[OrderWarning, ...]


def read_buckets(numbers: Numbers) -> Buckets | tuple[Mismatch, ...]:
    """The entries in yen, tax-inclusive; coupons and points negative whatever their sign was (INT-054)."""
    mismatches = tuple(
        mismatch
        for total, parts in ((Field.FEE, tuple(FEES)), (Field.POINTS, _POINT_PARTS))
        if (mismatch := _mismatch(numbers, total, parts)) is not None
    )
    if mismatches:
        return mismatches
    entries = [*_fees(numbers), *_points(numbers), *_costs_and_coupons(numbers)]
    return Buckets(tuple(entry for entry in entries if entry.amount), tuple(_notices(numbers)))


def _mismatch(numbers: Numbers, total: Field, parts: Sequence[Field]) -> Mismatch | None:
    present = [numbers[part] for part in parts if part in numbers]
    given = numbers.get(total)
    if given is None or not present or given == sum(present):
        return None
    return Mismatch(total, given, sum(present))


def _fees(numbers: Numbers) -> Iterator[ChargeEntry]:
    if not any(part in numbers for part in FEES):
        yield _entry(ChargeKind.FEE, numbers.get(Field.FEE, 0), 10)
    for part, rate in FEES.items():
        yield _entry(ChargeKind.FEE, numbers.get(part, 0), rate)


def _points(numbers: Numbers) -> Iterator[ChargeEntry]:
    if not any(part in numbers for part in _POINT_PARTS):
        yield _entry(ChargeKind.POINTS, -numbers.get(Field.POINTS, 0), 10)
    for part, rate in POINTS.items():
        yield _entry(ChargeKind.POINTS, -numbers.get(part, 0), rate)
    yield _prorated(ChargeKind.POINTS, -numbers.get(Field.POINTS_PRORATED, 0))
    yield ChargeEntry(ChargeKind.PAYMENT_POINTS, _yen(-numbers.get(Field.POINTS_PAYMENT, 0)))


def _costs_and_coupons(numbers: Numbers) -> Iterator[ChargeEntry]:
    if not any(part in numbers for part in _COST_PARTS):
        given = numbers.get(Field.OTHER_COST, 0)
        yield _entry(ChargeKind.OTHER_COST if given > 0 else ChargeKind.COUPON, given, 10)
    for part, rate in COSTS.items():
        yield _entry(ChargeKind.OTHER_COST, numbers.get(part, 0), rate)
    for part, rate in COUPONS.items():
        yield _entry(ChargeKind.COUPON, -abs(numbers.get(part, 0)), rate)
    yield _prorated(ChargeKind.COUPON, -abs(numbers.get(Field.COUPON_PRORATED, 0)))


def _notices(numbers: Numbers) -> Iterator[OrderWarning]:
    positive = [part.value for part in _COUPON_PARTS if numbers.get(part, 0) > 0]
    if positive:
        yield OrderWarning("COUPON_ENTERED_POSITIVE", {"columns": ", ".join(positive)})
    given = numbers.get(Field.OTHER_COST)
    if given is None or not any(part in numbers for part in _COST_PARTS):
        return
    # The source registers the sum of the breakdown, so the breakdown wins (INT-051).
    registered = sum(numbers.get(part, 0) for part in COSTS) - sum(abs(numbers.get(part, 0)) for part in _COUPON_PARTS)
    if given != registered:
        yield OrderWarning("OTHER_COST_SUM_DIFFERS", {"given": str(given), "registered": str(registered)})


def _entry(kind: ChargeKind, amount: int, rate: int) -> ChargeEntry:
    return ChargeEntry(kind, _yen(amount), _RATES[rate])


def _prorated(kind: ChargeKind, amount: int) -> ChargeEntry:
    return ChargeEntry(kind, _yen(amount), prorated=True)


def _yen(amount: int) -> Money:
    return Money.of(amount, JPY)
