"""The order's state machine as data (ORD §9, ORD-100): which deed leads from where to where, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from kernel.refusal import Refusal


class OrderState(StrEnum):
    """Where an order stands; flags (on hold, over limit, invoiced) stand beside it."""

    NEEDS_ATTENTION = "NEEDS_ATTENTION"
    PLACED = "PLACED"
    OC_CREATED = "OC_CREATED"
    OC_APPROVED = "OC_APPROVED"
    OC_REJECTED = "OC_REJECTED"
    OC_REVISION = "OC_REVISION"
    OC_CONFIRMED = "OC_CONFIRMED"
    UNSHIPPED = "UNSHIPPED"
    PART_DELIVERED = "PART_DELIVERED"
    DELIVERED = "DELIVERED"
    CANCELLED = "CANCELLED"


class Deed(StrEnum):
    """What can be done to an order so that its state moves."""

    ASSIGN_CUSTOMER = "assign_customer"
    CREATE_OC = "create_oc"
    APPROVE = "approve"
    REJECT = "reject"
    CONFIRM = "confirm"
    REOPEN = "reopen"
    CONVERT = "convert"
    DELIVER_PART = "deliver_part"
    DELIVER_ALL = "deliver_all"
    CANCEL = "cancel"


_S, _D = OrderState, Deed
TRANSITIONS: Final[Mapping[tuple[OrderState, Deed], OrderState]] = {
    (_S.NEEDS_ATTENTION, _D.ASSIGN_CUSTOMER): _S.PLACED,
    (_S.PLACED, _D.CREATE_OC): _S.OC_CREATED,
    (_S.OC_REJECTED, _D.CREATE_OC): _S.OC_CREATED,
    (_S.OC_REVISION, _D.CREATE_OC): _S.OC_CREATED,
    (_S.OC_CREATED, _D.APPROVE): _S.OC_APPROVED,
    (_S.OC_CREATED, _D.REJECT): _S.OC_REJECTED,
    (_S.OC_CREATED, _D.CONFIRM): _S.OC_CONFIRMED,
    (_S.OC_APPROVED, _D.CONFIRM): _S.OC_CONFIRMED,
    (_S.OC_CREATED, _D.REOPEN): _S.OC_REVISION,
    (_S.OC_APPROVED, _D.REOPEN): _S.OC_REVISION,
    (_S.OC_CONFIRMED, _D.REOPEN): _S.OC_REVISION,
    (_S.OC_CONFIRMED, _D.CONVERT): _S.UNSHIPPED,
    (_S.UNSHIPPED, _D.DELIVER_PART): _S.PART_DELIVERED,
    (_S.UNSHIPPED, _D.DELIVER_ALL): _S.DELIVERED,
    (_S.PART_DELIVERED, _D.DELIVER_PART): _S.PART_DELIVERED,
    (_S.PART_DELIVERED, _D.DELIVER_ALL): _S.DELIVERED,
    (_S.NEEDS_ATTENTION, _D.CANCEL): _S.CANCELLED,
    (_S.PLACED, _D.CANCEL): _S.CANCELLED,
    (_S.OC_CREATED, _D.CANCEL): _S.CANCELLED,
    (_S.OC_APPROVED, _D.CANCEL): _S.CANCELLED,
    (_S.OC_REJECTED, _D.CANCEL): _S.CANCELLED,
    (_S.OC_REVISION, _D.CANCEL): _S.CANCELLED,
    (_S.OC_CONFIRMED, _D.CANCEL): _S.CANCELLED,
}

CONVERTED: Final = frozenset({_S.UNSHIPPED, _S.PART_DELIVERED, _S.DELIVERED})
"""Unshipped SKUs of the order exist: ordering can neither cancel nor reopen it any more (ORD-076, ORD-082)."""


def allowed(state: OrderState) -> tuple[Deed, ...]:
    """The deeds a state accepts, in the order of the table."""
    return tuple(deed for (at, deed) in TRANSITIONS if at is state)


def move(state: OrderState, deed: Deed) -> OrderState | Refusal:
    """The next state, or why the deed is not possible here (ORD-100, ORD-076, ORD-082)."""
    following = TRANSITIONS.get((state, deed))
    if following is not None:
        return following
    facts = {"state": state.value, "deed": deed.value, "allowed": ", ".join(allowed(state))}
    if state in CONVERTED and deed is Deed.CANCEL:
        return Refusal("UNSHIPPED_EXISTS", facts)
    if state in CONVERTED and deed is Deed.REOPEN:
        return Refusal("OC_LOCKED", facts)
    return Refusal("INVALID_STATE", facts)
