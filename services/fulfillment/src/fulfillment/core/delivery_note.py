"""The delivery note (納品書): its states, its billing status beside them, its lines and the charges it carries.

Voiding an issued note asks invoicing for the billing right first (ARCHITECTURE §5); until that conversation exists a
note leaves only as a draft.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias, assert_never
from uuid import UUID

from fulfillment.core.charges import PAYMENT_POINTS, OrderCharges, StockedCharge, free_charges
from fulfillment.core.parts import (
    Address,
    Broken,
    CustomerId,
    Location,
    NoteId,
    NoteLineId,
    OrderId,
    OrderLineId,
    Refused,
)
from fulfillment.core.unshipped import Quantities
from kernel.money import Currency, Money, Rate, total
from kernel.refusal import Refusal
from kernel.tax import TaxSums


class NoteState(StrEnum):
    """Where the goods are."""

    DRAFT = "DRAFT"
    ISSUED = "ISSUED"
    SHIPPED = "SHIPPED"
    DELIVERED = "DELIVERED"


class NoteDeed(StrEnum):
    """What people do to a note."""

    ISSUE = "issue"
    SHIP = "ship"
    DELIVER = "deliver"
    REVISE = "revise"
    DELETE = "delete"
    EXEMPT = "exempt"
    LIFT = "lift"


class BillingStatus(StrEnum):
    """Whether an invoice may take the note (FUL-022)."""

    UNBILLED = "UNBILLED"
    NON_BILLABLE = "NON_BILLABLE"
    INVOICED = "INVOICED"


TRANSITIONS: Mapping[tuple[NoteState, NoteDeed], NoteState | None] = MappingProxyType(
    {
        (NoteState.DRAFT, NoteDeed.ISSUE): NoteState.ISSUED,
        (NoteState.ISSUED, NoteDeed.SHIP): NoteState.SHIPPED,
        (NoteState.SHIPPED, NoteDeed.DELIVER): NoteState.DELIVERED,
        (NoteState.DRAFT, NoteDeed.REVISE): NoteState.DRAFT,
        (NoteState.DRAFT, NoteDeed.DELETE): None,
        # With the issue the billing right passes to invoicing, so the maker's own say ends there (ARCHITECTURE §5).
        (NoteState.DRAFT, NoteDeed.EXEMPT): NoteState.DRAFT,
        (NoteState.DRAFT, NoteDeed.LIFT): NoteState.DRAFT,
    }
)
"""The state machine as data; None: the note is gone. Any other deed is refused with INVALID_STATE (ORD-100)."""

LEFT_THE_HOUSE = frozenset({NoteState.SHIPPED, NoteState.DELIVERED})


@dataclass(frozen=True, slots=True)
class Goods:
    """What is on a line of a note or return: one order line's SKU at the price, rate and tax confirmed (FUL-071)."""

    order_id: OrderId
    order_number: str
    order_line_id: OrderLineId
    sku_code: str
    product_name: str
    option: str
    unit_price: Money
    tax_rate: Rate
    tax_included: bool
    reduced: bool


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A quantity of goods. `returned` counts the pieces that are on return notes."""

    line_id: NoteLineId
    line_no: int
    goods: Goods
    quantity: int
    returned: int = 0

    @property
    def amount(self) -> Money:
        """Unit price times quantity, exact."""
        return self.goods.unit_price * self.quantity

    @property
    def returnable(self) -> int:
        """Shipped and on no return note (FUL-071)."""
        return self.quantity - self.returned


@dataclass(frozen=True, slots=True)
class NoteCharge:
    """An order charge that reaches the invoice through this note (FUL-063)."""

    order_id: OrderId
    charge: StockedCharge


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the maker writes on a note and may change while it is a draft (FUL-021)."""

    delivery_date: date
    ship_to: Address
    location: Location | None
    memo: str = ""
    comment: str = ""
    carrier: str = ""
    tracking_number: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryNote:
    """One customer, one currency, one destination (FUL-003). Number and issue date exist from the issue on."""

    note_id: NoteId
    state: NoteState
    customer_id: CustomerId
    customer_code: str
    customer_name: str
    currency: Currency
    particulars: Particulars
    lines: tuple[NoteLine, ...]
    charges: tuple[NoteCharge, ...]
    number: str | None = None
    issued_on: date | None = None
    shipped_on: date | None = None
    delivered_on: date | None = None
    non_billable_reason: str | None = None
    invoice_id: UUID | None = None
    version: int = 1

    @property
    def billing(self) -> BillingStatus:
        """The billing status beside the state (FUL-022)."""
        if self.invoice_id is not None:
            return BillingStatus.INVOICED
        return BillingStatus.UNBILLED if self.non_billable_reason is None else BillingStatus.NON_BILLABLE


@dataclass(frozen=True, slots=True)
class NoteIssued:
    """The note got its number; its billing right passes to invoicing with this (ARCHITECTURE §5)."""

    note_id: NoteId
    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class NoteShipped:
    """The goods left."""

    note_id: NoteId
    shipped_on: date


@dataclass(frozen=True, slots=True)
class NoteDelivered:
    """The buyer has the goods."""

    note_id: NoteId
    delivered_on: date


@dataclass(frozen=True, slots=True)
class DraftDeleted:
    """The draft is gone; quantities and charges are free again."""

    note_id: NoteId


@dataclass(frozen=True, slots=True)
class DraftRevised:
    """The draft's particulars were rewritten."""

    note_id: NoteId
    particulars: Particulars


@dataclass(frozen=True, slots=True)
class NoteExempted:
    """The maker will not bill this note, e.g. samples (FUL-022); its order charges are free again."""

    note_id: NoteId
    reason: str


@dataclass(frozen=True, slots=True)
class ExemptionLifted:
    """The note is to be billed after all, and takes what charges its orders have free."""

    note_id: NoteId
    charges: tuple[NoteCharge, ...] = ()


@dataclass(frozen=True, slots=True)
class PiecesReturned:
    """A return note reserved these pieces; negative when a draft return was deleted."""

    note_id: NoteId
    pieces: Mapping[NoteLineId, int]


NoteEvent: TypeAlias = (
    NoteIssued | NoteShipped | NoteDelivered | DraftRevised | NoteExempted | ExemptionLifted | PiecesReturned
)


def issue_problems(note: DeliveryNote, holds: Refused) -> Refused:
    """Why the note cannot be issued: INVALID_STATE, else the holds (FUL-030)."""
    return _state_problem(note, NoteDeed.ISSUE) or holds


def issue(note: DeliveryNote, *, number: str, issued_on: date, holds: Refused) -> NoteIssued | Refused:
    """Give the draft its number. Numbers are gap-free, so ask `issue_problems` before drawing one."""
    return issue_problems(note, holds) or NoteIssued(note.note_id, number, issued_on)


def ship(note: DeliveryNote, *, shipped_on: date, holds: Refused) -> NoteShipped | Refused:
    """Let the goods leave. Refuses INVALID_STATE, else the holds, checked again (FUL-030)."""
    return _state_problem(note, NoteDeed.SHIP) or holds or NoteShipped(note.note_id, shipped_on)


def deliver(note: DeliveryNote, *, delivered_on: date) -> NoteDelivered | Refused:
    """Record proof of delivery. Refuses INVALID_STATE."""
    return _state_problem(note, NoteDeed.DELIVER) or NoteDelivered(note.note_id, delivered_on)


def delete(note: DeliveryNote) -> DraftDeleted | Refused:
    """Take a draft away. Refuses INVALID_STATE: documents with a number are never deleted (GEN-011)."""
    return _state_problem(note, NoteDeed.DELETE) or DraftDeleted(note.note_id)


def revise(note: DeliveryNote, particulars: Particulars) -> DraftRevised | Refused:
    """Rewrite a draft's particulars. Refuses INVALID_STATE."""
    return _state_problem(note, NoteDeed.REVISE) or DraftRevised(note.note_id, particulars)


def exempt(note: DeliveryNote, *, reason: str) -> NoteExempted | Refused:
    """Mark as Non-billable (FUL-022). Refuses REASON_REQUIRED, INVALID_STATE.

    It gives its order charges back, also those it was given by name: on a note nobody bills they would be lost, free
    they go with the next one (FUL-063).
    """
    if not reason:
        return (Refusal("REASON_REQUIRED", {"note": str(note.note_id)}, field="/reason"),)
    return _state_problem(note, NoteDeed.EXEMPT) or NoteExempted(note.note_id, reason)


def lift(note: DeliveryNote, stocked: Iterable[OrderCharges]) -> ExemptionLifted | Refused:
    """Make billable again; takes by default what its orders have free, as a new note does. Refuses INVALID_STATE."""
    problems = _state_problem(note, NoteDeed.LIFT)
    if problems or note.non_billable_reason is None:
        return problems or ExemptionLifted(note.note_id)
    free = ((one, charge_id) for one in stocked for charge_id in free_charges(one))
    taken = tuple(NoteCharge(one.order_id, one.charges[charge_id]) for one, charge_id in free)
    return ExemptionLifted(note.note_id, taken)


def take_back(note: DeliveryNote, pieces: Mapping[NoteLineId, int]) -> PiecesReturned | Refused:
    """Reserve pieces for a return note. Refuses INVALID_STATE unless shipped, RETURN_EXCEEDS per line (FUL-071).

    Holds do not matter: goods may always come back (FUL-030).
    """
    if note.state not in LEFT_THE_HOUSE:
        return (_invalid_state(note, "return", ()),)
    lines = {line.line_id: line for line in note.lines}
    asked = ((lines[line_id], count) for line_id, count in pieces.items())
    problems = tuple(_return_exceeds(note, line, count) for line, count in asked if count > line.returnable)
    return problems or PiecesReturned(note.note_id, pieces)


def evolve(note: DeliveryNote, event: NoteEvent) -> DeliveryNote:
    """The note after the event; its version counts saves, not events, and does not move here."""
    match event:
        case NoteIssued(number=number, issued_on=issued_on):
            return replace(note, state=NoteState.ISSUED, number=number, issued_on=issued_on)
        case NoteShipped(shipped_on=shipped_on):
            return replace(note, state=NoteState.SHIPPED, shipped_on=shipped_on)
        case NoteDelivered(delivered_on=delivered_on):
            return replace(note, state=NoteState.DELIVERED, delivered_on=delivered_on)
        case DraftRevised(particulars=particulars):
            return replace(note, particulars=particulars)
        case NoteExempted(reason=reason):
            return replace(note, non_billable_reason=reason, charges=())
        case ExemptionLifted(charges=charges):
            return replace(note, non_billable_reason=None, charges=note.charges + charges)
        case PiecesReturned(pieces=pieces):
            return replace(note, lines=tuple(_returned(line, pieces.get(line.line_id, 0)) for line in note.lines))
        case _:
            assert_never(event)


def quantities_by_order(note: DeliveryNote) -> dict[OrderId, Quantities]:
    """What the note reserves or ships of each order's lines."""
    found: dict[OrderId, dict[OrderLineId, int]] = {}
    for line in note.lines:
        of_order = found.setdefault(line.goods.order_id, {})
        of_order[line.goods.order_line_id] = of_order.get(line.goods.order_line_id, 0) + line.quantity
    return dict(found)


def orders_of(note: DeliveryNote) -> tuple[OrderId, ...]:
    """The orders of its lines; its charges belong to the same ones."""
    return tuple(dict.fromkeys(line.goods.order_id for line in note.lines))


def rate_sums(note: DeliveryNote) -> tuple[TaxSums, ...]:
    """Exclusive and inclusive sums per tax rate, highest first; the tax itself is the invoice's (GEN-003)."""
    goods = ((line.goods, line.amount) for line in note.lines)
    lines = ((one.tax_rate, one.reduced, amount, one.tax_included) for one, amount in goods)
    rated = ((taken.charge, taken.charge.tax_rate) for taken in note.charges)
    charges = ((rate, False, charge.amount, charge.tax_included) for charge, rate in rated if rate is not None)
    return _summed((*lines, *charges), note.currency)


def payment_points(note: DeliveryNote) -> Money:
    """What is deducted from the amount due after tax: positive, though stocked as a negative charge (INV-151)."""
    amounts = (taken.charge.amount for taken in note.charges if taken.charge.kind == PAYMENT_POINTS)
    return -total(amounts, note.currency)


def billable_states(bill_from: str) -> frozenset[NoteState]:
    """The states in which an invoice may take an unbilled note: from its issue, or from its shipment (FUL-034)."""
    waiting = {NoteState.DRAFT} if bill_from == "issued" else {NoteState.DRAFT, NoteState.ISSUED}
    return frozenset(NoteState) - waiting


def _summed(amounts: Iterable[tuple[Rate, bool, Money, bool]], currency: Currency) -> tuple[TaxSums, ...]:
    zero = Money.zero(currency)
    sums: dict[Rate, TaxSums] = {}
    for rate, reduced, amount, included in amounts:
        one = TaxSums(rate, zero, amount, reduced) if included else TaxSums(rate, amount, zero, reduced)
        sums[rate] = sums[rate] + one if rate in sums else one
    return tuple(sums[rate] for rate in sorted(sums, reverse=True))


def _state_problem(note: DeliveryNote, deed: NoteDeed) -> Refused:
    if (note.state, deed) in TRANSITIONS:
        return ()
    return (_invalid_state(note, deed, tuple(d for state, d in TRANSITIONS if state is note.state)),)


def _invalid_state(note: DeliveryNote, deed: str, allowed: tuple[NoteDeed, ...]) -> Refusal:
    facts = {"document": note.number or str(note.note_id), "state": note.state, "deed": deed}
    return Refusal("INVALID_STATE", {**facts, "allowed": ", ".join(allowed)})


def _return_exceeds(note: DeliveryNote, line: NoteLine, pieces: int) -> Refusal:
    facts = {
        "note": note.number or "",
        "sku": line.goods.sku_code,
        "returnable": str(line.returnable),
        "asked": str(pieces),
    }
    return Refusal("RETURN_EXCEEDS", facts, value=str(pieces))


def _returned(line: NoteLine, pieces: int) -> NoteLine:
    if not pieces:
        return line
    after = replace(line, returned=line.returned + pieces)
    if not 0 <= after.returned <= after.quantity:
        raise Broken(f"note line {line.line_id}: {after.returned} of {after.quantity} returned")
    return after
