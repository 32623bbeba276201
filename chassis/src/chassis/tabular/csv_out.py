"""CSV for people: UTF-8 with BOM (Excel opens it right) or CP932, CRLF, formulas escaped, numbers as numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal

from chassis.tabular.escape import escape

Cell = str | int | Decimal | date | datetime | None
_LIKE_CP932: Final = str.maketrans(
    {"〜": "～", "−": "－", "—": "―", "‖": "∥", "¢": "￠", "£": "￡", "¬": "￢", "\xa0": " "}
)
"""Letters that CP932 knows under a neighbouring code point; anything else it lacks becomes 〓 and is listed."""
_GETA: Final = "〓"


@dataclass(frozen=True, slots=True)
class Written:
    """The file, and the characters the encoding had no place for: shown before download."""

    content: bytes
    replaced: Sequence[str] = ()


def write_csv(
    headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, encoding: Literal["utf-8", "cp932"] = "utf-8"
) -> Written:
    """Decimals without exponent, dates ISO 8601, None blank."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([escape(header) for header in headers])
    writer.writerows([_text(cell) for cell in row] for row in rows)
    text = out.getvalue()
    return Written(text.encode("utf-8-sig")) if encoding == "utf-8" else _cp932(text)


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return escape(cell)
        case Decimal():
            return format(cell, "f")
        case datetime():
            return cell.isoformat(sep=" ", timespec="seconds")
        case _:
            return str(cell)


def _cp932(text: str) -> Written:
    text = text.translate(_LIKE_CP932)
    missing = {letter for letter in set(text) if not _encodable(letter)}
    for letter in missing:
        text = text.replace(letter, _GETA)
    return Written(text.encode("cp932"), sorted(missing))


def _encodable(letter: str) -> bool:
    try:
        letter.encode("cp932")
    except UnicodeEncodeError:
        return False
    return True
