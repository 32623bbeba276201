"""The destinations of one customer (出荷先): their numbers and how many fit (CUS-032, CUS-035)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from customers.core.address import FIELDS, Address
from kernel.refusal import Refusal

OWN: Final = 0
"""The customer master's own destination (送付先); ship-tos count from 1."""
SHIP_TO_LIMIT: Final = 9_999
BOOK_BYTES: Final = 4_000_000
"""A customer travels whole in one message of at most 4 MB; 9,999 addresses of 270 bytes of text each fit."""

_ENTRY_BYTES: Final = 130
"""Field names and punctuation of one address as JSON."""


@dataclass(frozen=True, slots=True)
class AddressBook:
    """Addresses by number; `size` is about their bytes as JSON, never less."""

    entries: Mapping[int, Address] = field(default_factory=dict)
    size: int = 0

    @staticmethod
    def of(entries: Mapping[int, Address]) -> AddressBook:
        """A book of these addresses."""
        return AddressBook(dict(entries), sum(map(_size, entries.values())))

    @property
    def own(self) -> Address | None:
        """The master's own destination, where it has one."""
        return self.entries.get(OWN)

    def put(self, number: int, address: Address) -> AddressBook:
        """The book with this address under that number."""
        before = self.entries.get(number)
        freed = _size(before) if before is not None else 0
        return AddressBook({**self.entries, number: address}, self.size - freed + _size(address))

    def next_number(self) -> int | None:
        """Highest + 1; at 9999 the lowest gap; None when all are taken (CUS-035)."""
        highest = max(self.entries, default=OWN)
        if highest < SHIP_TO_LIMIT:
            return highest + 1
        return next((number for number in range(1, SHIP_TO_LIMIT) if number not in self.entries), None)

    def overflow(self, number: int, address: Address) -> Iterator[Refusal]:
        """ADDRESS_BOOK_FULL where all addresses together would be too much text for one message."""
        if self.put(number, address).size > BOOK_BYTES:
            yield Refusal("ADDRESS_BOOK_FULL", {"limit": str(BOOK_BYTES)})


def _size(address: Address) -> int:
    text = "".join(getattr(address, name) for name in FIELDS)
    return _ENTRY_BYTES + len(text.encode("utf-8", "replace")) + text.count('"') + text.count("\\")
