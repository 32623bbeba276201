"""What may be done to an order, and what then happens: `(order, command, facts) -> events, or every reason why not`.

Placing is in `placing`, creating an order confirmation in `confirming`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

from kernel.money import Money
from kernel.refusal import Refusal
from ordering.core.content import totals_of
from ordering.core.credit import CREDIT_LIMIT_EXCEEDED, RATE_MISSING
from ordering.core.events import (
    ConfirmationApproved,
    ConfirmationRejected,
    CreditOverridden,
    HoldChanged,
    OrderCancelled,
    OrderConfirmed,
    OrderConverted,
    OrderEvent,
    OrderReopened,
)
from ordering.core.market import TaxTable
from ordering.core.order import Order, Signature
from ordering.core.states import Deed, OrderState, move

Decision: TypeAlias = list[OrderEvent] | tuple[Refusal, ...]
"""The events of a deed, or all reasons why it is refused."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Fix the OC's content on a business date; `converts` is the maker's automatic mode (ORD-080)."""

    confirmed_on: date
    converts: bool
    signed: Signature


@dataclass(frozen=True, slots=True)
class Approve:
    """Approve the OC by hand (ORD-072); `then_confirm` when approving also confirms (ORD-100)."""

    signed: Signature
    then_confirm: Confirm | None = None


def override_credit(order: Order, signed: Signature) -> Decision:
    """Lets an order over the credit limit pass; needs a reason (CUS-060, ORD-016)."""
    if not signed.note:
        return (Refusal("REQUIRED", {}, "/reason"),)
    if order.state is OrderState.CANCELLED:
        return _refused(order, "override_credit")
    if not order.over_limit:
        return (Refusal("NOT_OVER_LIMIT", {"number": order.number}),)
    return [CreditOverridden(signed)]


def approve(order: Order, command: Approve) -> Decision:
    """Manual approval, stored with user, time and note. Confirms at once where the maker wants that, unless the order
    is over the limit: then it stays approved until someone overrides (ORD-016, ORD-100)."""
    refusal = _cannot(order, Deed.APPROVE)
    if refusal is not None:
        return refusal
    events: list[OrderEvent] = [ConfirmationApproved(command.signed)]
    if command.then_confirm is not None and not order.over_limit:
        events += _confirmation(command.then_confirm)
    return events


def reject(order: Order, signed: Signature) -> Decision:
    """The buyer does not agree; needs a reason (ORD-073)."""
    if not signed.note:
        return (Refusal("REQUIRED", {}, "/reason"),)
    return _cannot(order, Deed.REJECT) or [ConfirmationRejected(signed)]


def confirm(order: Order, command: Confirm) -> Decision:
    """Fixes the content; in automatic mode the order is converted in the same breath (ORD-074, ORD-100). Refused while
    approval is outstanding or the order is over the limit and nobody overrode it (ORD-016)."""
    refusal = _cannot(order, Deed.CONFIRM)
    if refusal is not None:
        return refusal
    oc = order.oc
    if order.state is OrderState.OC_CREATED and oc is not None and oc.approval_required:
        return (Refusal("APPROVAL_REQUIRED", {"number": order.number, "state": order.state.value}),)
    if order.over_limit:
        return (_over_limit(order),)
    return _confirmation(command)


def _over_limit(order: Order) -> Refusal:
    """What the order was warned of when its value was counted, with the figures of that moment."""
    told = {warning.code: warning.facts for warning in order.warnings}
    code = RATE_MISSING if RATE_MISSING in told and CREDIT_LIMIT_EXCEEDED not in told else CREDIT_LIMIT_EXCEEDED
    return Refusal(code, {"number": order.number, **told.get(code, {})})


def convert(order: Order, signed: Signature) -> Decision:
    """Manual conversion into unshipped SKUs (ORD-080)."""
    return _cannot(order, Deed.CONVERT) or [OrderConverted(by_hand=True, signed=signed)]


def reopen(order: Order, signed: Signature) -> Decision:
    """Opens the OC for an update while nothing outside ordering refers to it (ORD-076)."""
    was_confirmed = order.state is OrderState.OC_CONFIRMED
    return _cannot(order, Deed.REOPEN) or [OrderReopened(was_confirmed, signed)]


def cancel(order: Order, signed: Signature) -> Decision:
    """Cancels for good; needs a reason and no unshipped SKUs (ORD-082, ORD-083)."""
    problems = _cannot(order, Deed.CANCEL) or ()
    if not signed.note:
        problems = (*problems, Refusal("REQUIRED", {}, "/reason"))
    return problems or [OrderCancelled(signed)]


def hold(order: Order, signed: Signature) -> Decision:
    """Sets the order's own hold: it may be confirmed but not shipped (ORD-075)."""
    if not signed.note:
        return (Refusal("REQUIRED", {}, "/reason"),)
    if order.on_hold or order.state in (OrderState.CANCELLED, OrderState.DELIVERED):
        return _refused(order, "hold")
    return [HoldChanged(on_hold=True, signed=signed)]


def release(order: Order, signed: Signature) -> Decision:
    """Releases the order's own hold (ORD-075)."""
    return [HoldChanged(on_hold=False, signed=signed)] if order.on_hold else _refused(order, "release")


class UnknownLine(LookupError):
    """A short close names a line the confirmed order does not have: a bug or a foreign message, never a refusal."""


def value_without(order: Order, closing: Mapping[UUID, int], taxes: TaxTable) -> Money:
    """What the order is still worth when these pieces, and those closed before, never ship. Raises UnknownLine."""
    content = order.content
    strange = closing.keys() - {line.line_id for line in content.lines}
    if strange:
        raise UnknownLine(f"order {order.order_id} has no lines {sorted(map(str, strange))}")
    lines = [
        replace(line, quantity=line.quantity - order.progress_of(line.line_id).closed - closing.get(line.line_id, 0))
        for line in content.lines
    ]
    return totals_of(lines, content.charges, currency=order.currency, taxes=taxes).grand_total


def _confirmation(command: Confirm) -> list[OrderEvent]:
    confirmed = OrderConfirmed(command.confirmed_on, command.converts, command.signed)
    return [confirmed, OrderConverted(by_hand=False, signed=command.signed)] if command.converts else [confirmed]


def _cannot(order: Order, deed: Deed) -> tuple[Refusal, ...] | None:
    following = move(order.state, deed)
    return (_named(following, order),) if isinstance(following, Refusal) else None


def _refused(order: Order, deed: str) -> tuple[Refusal, ...]:
    flags = " on_hold" if order.on_hold else ""
    facts = {"number": order.number, "state": order.state.value + flags, "deed": deed, "allowed": ""}
    return (Refusal("INVALID_STATE", facts),)


def _named(refusal: Refusal, order: Order) -> Refusal:
    return replace(refusal, facts={**refusal.facts, "number": order.number})
