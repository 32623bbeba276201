"""What can happen to an order, and how the order looks afterwards; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeAlias, assert_never

from ordering.core.buyer import Buyer
from ordering.core.content import Content
from ordering.core.order import Confirmation, Order, Signature
from ordering.core.order_warning import OrderWarning
from ordering.core.standing import Standing
from ordering.core.states import OrderState


@dataclass(frozen=True, slots=True)
class OrderPlaced:
    """An order came in, `PLACED` or `NEEDS_ATTENTION`."""

    order: Order


@dataclass(frozen=True, slots=True)
class CustomerAssigned:
    """A held order got its customer: master fields filled, rates applied anew (ORD-064)."""

    buyer: Buyer
    content: Content
    warnings: tuple[OrderWarning, ...]
    over_limit: bool
    signed: Signature


@dataclass(frozen=True, slots=True)
class CreditOverridden:
    """Someone with the right to do so let the order pass over the limit; the note is the reason (CUS-060)."""

    signed: Signature


@dataclass(frozen=True, slots=True)
class ConfirmationCreated:
    """A new OC version; `content` is None when it shows an earlier content unchanged."""

    confirmation: Confirmation
    content: Content | None
    warnings: tuple[OrderWarning, ...]
    over_limit: bool


@dataclass(frozen=True, slots=True)
class ConfirmationApproved:
    """The OC was approved, by hand or by the buyer (ORD-072)."""

    signed: Signature


@dataclass(frozen=True, slots=True)
class ConfirmationRejected:
    """The buyer did not agree; the note is the reason (ORD-073)."""

    signed: Signature


@dataclass(frozen=True, slots=True)
class OrderConfirmed:
    """The content is fixed, its charges have come into being (ORD-074). `converts` when unshipped SKUs follow."""

    confirmed_on: date
    converts: bool
    signed: Signature


@dataclass(frozen=True, slots=True)
class OrderConverted:
    """The order is turned into unshipped SKUs: at confirmation, or by hand in manual mode (ORD-080)."""

    by_hand: bool
    signed: Signature


@dataclass(frozen=True, slots=True)
class OrderReopened:
    """The OC needs an update (ORD-076). `was_confirmed` when its charges are withdrawn again."""

    was_confirmed: bool
    signed: Signature


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """Cancelled by the maker, final; the note is the reason (ORD-083)."""

    signed: Signature


@dataclass(frozen=True, slots=True)
class HoldChanged:
    """The order's own hold was set or released (ORD-075); the customer's hold is another thing (CUS-062)."""

    on_hold: bool
    signed: Signature


OrderEvent: TypeAlias = (
    OrderPlaced
    | CustomerAssigned
    | CreditOverridden
    | ConfirmationCreated
    | ConfirmationApproved
    | ConfirmationRejected
    | OrderConfirmed
    | OrderConverted
    | OrderReopened
    | OrderCancelled
    | HoldChanged
)


@dataclass(frozen=True, slots=True)
class Step:
    """One event and the order right after it: what announcing needs."""

    event: OrderEvent
    order: Order


@dataclass(frozen=True, slots=True)
class History:
    """What one deed, or several in a row, did to one order. `before` is None for a new one."""

    before: Order | None
    after: Order
    steps: tuple[Step, ...] = field(default=())

    @staticmethod
    def placed(order: Order) -> History:
        """A new order."""
        return History(None, order, (Step(OrderPlaced(order), order),))

    @staticmethod
    def untouched(order: Order) -> History:
        """An order that nothing has happened to yet."""
        return History(order, order)

    def then(self, events: Iterable[OrderEvent]) -> History:
        """The history with these events added."""
        order, steps = self.after, list(self.steps)
        for event in events:
            order = evolve(order, event)
            steps.append(Step(event, order))
        return replace(self, after=order, steps=tuple(steps))


def evolve(order: Order, event: OrderEvent) -> Order:
    """The order after the event; total over all events, decides nothing."""
    match event:
        case OrderPlaced():
            return event.order
        case CustomerAssigned():
            return _assigned(order, event)
        case CreditOverridden():
            return replace(order, over_limit=False)
        case ConfirmationCreated():
            return _with_new_oc(order, event)
        case ConfirmationApproved():
            return _with_oc(order, OrderState.OC_APPROVED, approved=event.signed)
        case ConfirmationRejected():
            return _with_oc(order, OrderState.OC_REJECTED, rejected=event.signed)
        case OrderConfirmed():
            return _confirmed(order, event)
        case OrderConverted():
            return replace(order, state=OrderState.UNSHIPPED)
        case OrderReopened():
            return replace(order, state=OrderState.OC_REVISION)
        case OrderCancelled():
            return replace(order, state=OrderState.CANCELLED)
        case HoldChanged():
            return replace(order, on_hold=event.on_hold)
        case _:
            assert_never(event)


def _assigned(order: Order, event: CustomerAssigned) -> Order:
    return replace(
        order,
        buyer=event.buyer,
        customer_code=event.buyer.code,
        state=OrderState.PLACED,
        contents=(event.content, *order.contents[1:]),
        warnings=event.warnings,
        over_limit=event.over_limit,
        standing=Standing.of(event.content),
    )


def _with_new_oc(order: Order, event: ConfirmationCreated) -> Order:
    return replace(
        order,
        state=OrderState.OC_CREATED,
        contents=order.contents if event.content is None else (*order.contents, event.content),
        confirmations=(*order.confirmations, event.confirmation),
        warnings=event.warnings,
        over_limit=event.over_limit,
        standing=order.standing if event.content is None else Standing.of(event.content),
    )


def _with_oc(
    order: Order,
    state: OrderState,
    *,
    approved: Signature | None = None,
    rejected: Signature | None = None,
) -> Order:
    *earlier, newest = order.confirmations
    signed = replace(newest, approved=approved or newest.approved, rejected=rejected or newest.rejected)
    return replace(order, state=state, confirmations=(*earlier, signed))


def _confirmed(order: Order, event: OrderConfirmed) -> Order:
    *earlier, newest = order.confirmations
    fixed = replace(newest, confirmed=event.signed, confirmed_on=event.confirmed_on)
    return replace(order, state=OrderState.OC_CONFIRMED, confirmations=(*earlier, fixed))
