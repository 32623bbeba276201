"""How far a confirmed order is carried out: pieces that left or never will, and what was invoiced of it.

Deliveries and invoices come in great numbers, so what they change is a small value of its own that needs none of the
order's lines. Every yen of an order is in one bucket: ordered here until it is invoiced, then posted by payments (R24).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from kernel.money import Money
from kernel.refusal import Refusal
from ordering.core.content import Content
from ordering.core.states import CONVERTED, Deed, OrderState, move


class Invoiced(StrEnum):
    """How much of what was delivered stands on invoices (ORD-100)."""

    NO = "no"
    PARTLY = "partly"
    YES = "yes"


class NotConverted(LookupError):
    """Pieces moved of an order that has no unshipped SKUs: a bug or a foreign message, never a refusal."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Pieces of the official content, and money: `expected` is its value without closed pieces, `billed` the order's
    share of issued invoices, tax included, whatever of it came back: a return is not ordered again. `exempt_quantity`
    pieces are on notes that are never billed (FUL-022); `waived` is what those notes were worth of the order."""

    ordered: int
    shipped: int
    closed: int
    billed_quantity: int
    expected: Money
    billed: Money
    exempt_quantity: int
    waived: Money

    @staticmethod
    def of(content: Content) -> Standing:
        """Nothing moved yet."""
        nothing = Money.zero(content.totals.items.currency)
        return Standing(content.quantity, 0, 0, 0, content.totals.grand_total, nothing, 0, nothing)

    @property
    def open(self) -> int:
        return self.ordered - self.shipped - self.closed

    @property
    def is_settled(self) -> bool:
        """Every piece left or never will, and every piece that left is on an issued invoice or never will be."""
        return self.open <= 0 and self.billed_quantity + self.exempt_quantity >= self.shipped

    @property
    def invoiced(self) -> Invoiced:
        if self.billed_quantity <= 0 and not self.billed:
            return Invoiced.NO
        return Invoiced.YES if self.is_settled else Invoiced.PARTLY


@dataclass(frozen=True, slots=True)
class Carried:
    """An order as deliveries and invoices see it."""

    order_id: UUID
    customer_id: UUID | None
    state: OrderState
    standing: Standing
    version: int

    @property
    def exposed(self) -> Money:
        return exposed(self.state, self.customer_id, self.standing)


def ship(order: Carried, pieces: int) -> Carried:
    """Pieces left on a delivery note. Raises NotConverted."""
    return _moved(order, replace(order.standing, shipped=order.standing.shipped + pieces))


def close(order: Carried, pieces: int, *, expected: Money) -> Carried:
    """Pieces will never ship (FUL-015); `expected` is the order's value without them. Raises NotConverted."""
    return _moved(order, replace(order.standing, closed=order.standing.closed + pieces, expected=expected))


def bill(order: Carried, *, quantity: int, amount: Money) -> Carried:
    """`quantity` pieces are on issued invoices now; the order's share of their totals changed by `amount`."""
    standing = replace(order.standing, billed_quantity=quantity, billed=order.standing.billed + amount)
    return replace(order, standing=standing)


def waive(order: Carried, *, quantity: int, worth: Money) -> Carried:
    """`quantity` pieces are on notes that are never billed now, `worth` is what those were worth, tax included."""
    return replace(order, standing=replace(order.standing, exempt_quantity=quantity, waived=worth))


def exposed(state: OrderState, customer_id: UUID | None, standing: Standing) -> Money:
    """What an order still has in its customer's ordered bucket: what is expected less what was invoiced or never
    will be; nothing once it is cancelled or settled, and nothing for nobody (CUS-065, R24)."""
    nothing = Money.zero(standing.expected.currency)
    if customer_id is None or state is OrderState.CANCELLED or standing.is_settled:
        return nothing
    return max(standing.expected - standing.billed - standing.waived, nothing)


def _moved(order: Carried, standing: Standing) -> Carried:
    if order.state not in CONVERTED:
        raise NotConverted(f"order {order.order_id} is {order.state}: it has no unshipped SKUs")
    state = move(order.state, Deed.DELIVER_PART if standing.open > 0 else Deed.DELIVER_ALL)
    # DELIVERED is final: a late correction of a delivered order changes its pieces only.
    return replace(order, state=order.state if isinstance(state, Refusal) else state, standing=standing)
