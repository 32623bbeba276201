"""Where the fields of a transfer notice lie: tables of byte positions, as the Japanese Bankers Association fixed them.

Formats A and B share the type code 01. B keeps the ten-digit amount of A and adds a twelve-digit one behind the
cancellation flag for amounts that do not fit; A has the EDI information there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RECORD_BYTES: Final = 200
TRANSFER_NOTICE: Final = "01"

HEADER: Final = "1"
DATA: Final = "2"
TRAILER: Final = "8"
END: Final = "9"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record: its name in our words and its bytes, `begins` counted from 1 as the standard does."""

    name: str
    begins: int
    width: int

    def of(self, record: bytes) -> bytes:
        return record[self.begins - 1 : self.begins - 1 + self.width]


def _fields(begins: int, *widths: tuple[str, int]) -> dict[str, Field]:
    table = {}
    for name, width in widths:
        table[name] = Field(name, begins, width)
        begins += width
    return table


TYPE_CODE: Final = Field("type_code", 2, 2)
CODE_KIND: Final = Field("code_kind", 4, 1)

HEADER_FIELDS: Final = _fields(
    1,
    ("record", 1),
    ("type_code", 2),
    ("code_kind", 1),
    ("created_on", 6),
    ("from", 6),
    ("to", 6),
    ("bank_code", 4),
    ("bank_name", 15),
    ("branch_code", 3),
    ("branch_name", 15),
    ("account_kind", 1),
    ("account_number", 7),
    ("holder", 40),
)

_COMMON_DATA: Final = (
    ("record", 1),
    ("reference", 6),
    ("account_date", 6),
    ("value_date", 6),
    ("amount", 10),
    ("foreign_cheques", 10),
    ("payer_code", 10),
    ("payer", 48),
    ("sending_bank", 15),
    ("sending_branch", 15),
    ("cancellation", 1),
)
DATA_FIELDS_A: Final = _fields(1, *_COMMON_DATA, ("edi", 20))
DATA_FIELDS_B: Final = _fields(1, *_COMMON_DATA, ("long_amount", 12), ("long_foreign_cheques", 12), ("edi", 20))

LONG_AMOUNTS: Final = Field("long_amounts", 129, 24)
"""All digits here marks a record of format B: in A these bytes are EDI information and filler."""

TRAILER_FIELDS: Final = _fields(
    1, ("record", 1), ("count", 6), ("total", 12), ("cancelled_count", 6), ("cancelled_total", 12)
)

FOLLOWERS: Final = {"": HEADER, HEADER: DATA + TRAILER, DATA: DATA + TRAILER, TRAILER: HEADER + END, END: ""}
"""Which record may follow which; the empty text stands for the beginning of the file."""
