"""A printed address and the change of one (CUS-033, CUS-036…038)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from customers.core.changes import KEEP, Keep, kept
from customers.core.fields import LIMITS, NAME_AND_DEPARTMENT, too_long
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Address:
    """A printed address; hyphens stay here and are removed where orders copy it (CUS-038)."""

    postal_code: str = ""
    address1: str = ""
    address2: str = ""
    name: str = ""
    department: str = ""
    kana: str = ""
    phone: str = ""

    @property
    def is_blank(self) -> bool:
        """Nothing is filled in."""
        return self == NOWHERE


NOWHERE: Final = Address()
FIELDS: Final = tuple(one.name for one in fields(Address))


@dataclass(frozen=True, slots=True)
class AddressChange:
    """New values for some fields of an address."""

    postal_code: str | Keep = KEEP
    address1: str | Keep = KEEP
    address2: str | Keep = KEEP
    name: str | Keep = KEEP
    department: str | Keep = KEEP
    kana: str | Keep = KEEP
    phone: str | Keep = KEEP

    def on(self, address: Address) -> Address:
        """The address with the new values."""
        return Address(
            postal_code=kept(self.postal_code, address.postal_code),
            address1=kept(self.address1, address.address1),
            address2=kept(self.address2, address.address2),
            name=kept(self.name, address.name),
            department=kept(self.department, address.department),
            kana=kept(self.kana, address.kana),
            phone=kept(self.phone, address.phone),
        )


UNCHANGED: Final = AddressChange()


def address_problems(address: Address, *, path: str) -> Iterator[Refusal]:
    """TOO_LONG per field, and where name and department joined do not fit 100 characters (CUS-038)."""
    for name in FIELDS:
        yield from too_long(getattr(address, name), LIMITS[name], path=f"{path}/{name}")
    joined = len(address.name) + len(address.department)
    if joined > NAME_AND_DEPARTMENT and max(len(address.name), len(address.department)) <= LIMITS["name"]:
        left = {"limit": str(NAME_AND_DEPARTMENT - len(address.name))}
        yield Refusal("TOO_LONG", left, f"{path}/department", value=address.department)
