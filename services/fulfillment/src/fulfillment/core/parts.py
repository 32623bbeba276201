"""Words that the aggregates of fulfillment share: ids, addresses, and what it knows of makers and customers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NewType, TypeAlias
from uuid import UUID

from kernel.refusal import Refusal

OrderId = NewType("OrderId", UUID)
OrderLineId = NewType("OrderLineId", UUID)
ChargeId = NewType("ChargeId", UUID)
CustomerId = NewType("CustomerId", UUID)
NoteId = NewType("NoteId", UUID)
NoteLineId = NewType("NoteLineId", UUID)
ReturnId = NewType("ReturnId", UUID)

Refused: TypeAlias = tuple[Refusal, ...]
"""Every reason why a command cannot be done, never only the first (GEN-010)."""


class Broken(AssertionError):
    """A bug: a stored state or an event that no verb of this core can have made."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where goods go, as printed; two destinations are the same when every field is (FUL-031)."""

    postal_code: str = ""
    address1: str = ""
    address2: str = ""
    name: str = ""
    department: str = ""
    kana: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Customer:
    """What fulfillment keeps of a customer: its hold (CUS-061) and its numbered destinations (FUL-031)."""

    customer_id: CustomerId
    code: str
    name: str
    on_hold: bool
    ship_tos: Mapping[int, Address] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Location:
    """A place of the maker that notes are issued from; its registration number is printed by invoicing."""

    location_id: UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Maker:
    """What fulfillment keeps of its maker; `bill_from` is `issued` or `shipped` (FUL-034)."""

    time_zone: str = "Asia/Tokyo"
    bill_from: str = "issued"
    locations: tuple[Location, ...] = ()

    def location(self, ref: UUID | str) -> Location | Refused:
        """The location of that id or code. Refuses UNKNOWN_LOCATION."""
        for location in self.locations:
            if ref in (location.location_id, location.code):
                return location
        return (Refusal("UNKNOWN_LOCATION", {"location": str(ref)}, field="/location", value=str(ref)),)
