"""An invoice's total split over the orders behind it, for credit exposure: the shares add up exactly (R24)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from invoicing.core.billable import NIL, Billable
from kernel.money import Money
from kernel.sharing import share_by_largest_remainder

_SCALE: Final = 100_000
"""A percentage has at most three decimals, so E × (100 + p) is whole in hundred-thousandths of the minor unit."""


@dataclass(frozen=True, slots=True)
class OrderShare:
    """What one order owes of an invoice, tax included; negative when more came back than went out. `returned` is the
    (positive) part that came back, already taken off: nothing more of the order will be billed because of it."""

    order_id: UUID
    customer_id: UUID
    amount: Money
    returned: Money


def share_over_orders(billables: Iterable[Billable], invoice_total: Money) -> tuple[OrderShare, ...]:
    """Each order's part of the total: its own exact gross, plus its part by value of what belongs to no order
    (roundings of tax, fees of the invoice itself), in whole minor units by largest remainder.

    Σ shares = total. Orders in the order of the billables; none at all when no order stands behind the invoice.
    """
    exact: dict[tuple[UUID, UUID], int] = {}
    returned: dict[tuple[UUID, UUID], int] = {}
    for billable in billables:
        for order_id, scaled in _exact_gross(billable):
            key = (order_id, billable.customer_id)
            exact[key] = exact.get(key, 0) + scaled
            returned[key] = returned.get(key, 0) - (scaled if billable.is_return else 0)
    amounts = _whole_units(list(exact.values()), _units(invoice_total))
    unit, currency = invoice_total.currency.unit, invoice_total.currency
    return tuple(
        OrderShare(*key, Money(amount * unit, currency), Money(returned[key] // _SCALE * unit, currency))
        for key, amount in zip(exact, amounts, strict=True)
    )


def shares_of(note: Billable) -> tuple[OrderShare, ...]:
    """What the orders of a note would owe of an invoice over it alone; what a rounding of tax may add is left out."""
    exact = sum(scaled for _, scaled in _exact_gross(note))
    return share_over_orders([note], Money(exact // _SCALE * note.currency.unit, note.currency))


def _exact_gross(billable: Billable) -> list[tuple[UUID, int]]:
    """Per order of a note: gross less points, in hundred-thousandths of the minor unit; no rounding."""
    scaled: dict[UUID, int] = {}
    for one in billable.sums:
        if one.order_id != NIL:
            with_tax = _SCALE + int(one.sums.rate.percent * 1000)
            gross = _units(one.sums.exclusive) * with_tax + _units(one.sums.inclusive) * _SCALE
            scaled[one.order_id] = scaled.get(one.order_id, 0) + gross
    for order_id, points in _points_by_order(billable, scaled).items():
        scaled[order_id] = scaled.get(order_id, 0) - points * _SCALE
    sign = -1 if billable.is_return else 1
    return [(order_id, sign * amount) for order_id, amount in scaled.items()]


def _points_by_order(billable: Billable, gross: Mapping[UUID, int]) -> dict[UUID, int]:
    """The points each order says are its own, and its part by value of those that nobody does."""
    named = {one.order_id: _units(one.points) for one in billable.order_points}
    points = _units(billable.payment_points) - sum(named.values())
    if not points or not gross:
        return named
    if len(gross) == 1 or not any(gross.values()):
        first = next(iter(gross))
        return {**named, first: named.get(first, 0) + points}
    parts = share_by_largest_remainder(points, [abs(amount) for amount in gross.values()])
    return {**named, **{one: named.get(one, 0) + part for one, part in zip(gross, parts, strict=True)}}


def _whole_units(exact: Sequence[int], units: int) -> list[int]:
    """`units` split like `exact` (scaled), the difference spread by size, then rounded by largest remainder."""
    if not exact:
        return []
    weights = [abs(amount) for amount in exact] if any(exact) else [1] * len(exact)
    whole = sum(weights)
    missing = units * _SCALE - sum(exact)
    divisor = _SCALE * whole
    parts = [divmod(amount * whole + missing * weight, divisor) for amount, weight in zip(exact, weights, strict=True)]
    amounts = [quotient for quotient, _ in parts]
    left = units - sum(amounts)
    for index in sorted(range(len(parts)), key=lambda i: -parts[i][1])[:left]:
        amounts[index] += 1
    return amounts


def _units(money: Money) -> int:
    """The amount counted in minor units; document amounts are whole (GEN-001)."""
    return int(money.amount.scaleb(money.currency.minor_units))
