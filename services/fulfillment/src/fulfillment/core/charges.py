"""Order charges: what is on an order and is no line (shipping fee, fees, costs, coupons, points), stocked once per
order and taken by exactly one delivery note (FUL-060, FUL-061, FUL-063)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from fulfillment.core.parts import ChargeId, NoteId, OrderId, Refused
from kernel.money import Money, Rate
from kernel.refusal import Refusal

PAYMENT_POINTS = "payment_points"
"""The kind that carries no rate: deducted from the amount due after tax (INV-151)."""


@dataclass(frozen=True, slots=True)
class StockedCharge:
    """A signed amount (coupons and points negative); `tax_rate` None only for payment points."""

    charge_id: ChargeId
    kind: str
    name: str
    tax_rate: Rate | None
    amount: Money
    tax_included: bool
    taken_by: NoteId | None = None


@dataclass(frozen=True, slots=True)
class OrderCharges:
    """All charges of one order, in the order's own sequence."""

    order_id: OrderId
    order_number: str
    charges: Mapping[ChargeId, StockedCharge]


@dataclass(frozen=True, slots=True)
class ChargesTaken:
    """A draft note reserved these charges; no other document can take them now."""

    order_id: OrderId
    note_id: NoteId
    charge_ids: tuple[ChargeId, ...]


@dataclass(frozen=True, slots=True)
class ChargesReleased:
    """The note that held them was deleted (or voided): they may be taken again."""

    order_id: OrderId
    charge_ids: tuple[ChargeId, ...]


def free_charges(stocked: OrderCharges) -> tuple[ChargeId, ...]:
    """What a note takes by default: all that no note holds, so the order's first note takes all (FUL-063)."""
    return tuple(charge.charge_id for charge in stocked.charges.values() if charge.taken_by is None)


def take(stocked: OrderCharges, charge_ids: Collection[ChargeId], *, note_id: NoteId) -> ChargesTaken | Refused:
    """Reserve charges for a note. Refuses FEE_ALREADY_USED for each that another note holds (FUL-061)."""
    asked = [stocked.charges[charge_id] for charge_id in charge_ids]
    problems = tuple(_used(stocked, charge) for charge in asked if charge.taken_by is not None)
    return problems or ChargesTaken(stocked.order_id, note_id, tuple(charge_ids))


def release(stocked: OrderCharges, note_id: NoteId) -> ChargesReleased:
    """Give back everything that note holds of this order."""
    held = (charge.charge_id for charge in stocked.charges.values() if charge.taken_by == note_id)
    return ChargesReleased(stocked.order_id, tuple(held))


def evolve(stocked: OrderCharges, event: ChargesTaken | ChargesReleased) -> OrderCharges:
    """The charges after the event."""
    holder = event.note_id if isinstance(event, ChargesTaken) else None
    moved = {charge_id: replace(stocked.charges[charge_id], taken_by=holder) for charge_id in event.charge_ids}
    return replace(stocked, charges={**stocked.charges, **moved})


def _used(stocked: OrderCharges, charge: StockedCharge) -> Refusal:
    rate = "" if charge.tax_rate is None else str(charge.tax_rate)
    facts = {"order": stocked.order_number, "charge": charge.kind, "rate": rate, "note_id": str(charge.taken_by)}
    return Refusal("FEE_ALREADY_USED", facts, value=str(charge.charge_id))
