"""Which layout a file has, judged by its headers alone; order is free, widths do not matter (INT-041)."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kernel.refusal import Refusal
from ordering.core.nextengine.layouts import ADDED_FOR_INVOICES, INVOICE_READY, ORDINARY, Column, Layout


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a column of the layout stands in this file; `position` counts from 0."""

    column: Column
    position: int


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file's layout and the place of each of its columns, in file order. `width` is the number of header cells."""

    layout: Layout
    placements: tuple[Placement, ...]
    width: int


def recognise(headers: Sequence[str]) -> Recognised | tuple[Refusal, ...]:
    """The layout, or every MISSING_HEADER, UNKNOWN_HEADER and DUPLICATE_HEADER of the file."""
    names = _without_empty_tail([_folded(header) for header in headers])
    layout = INVOICE_READY if any(_ANY.get(name) in ADDED_FOR_INVOICES for name in names) else ORDINARY
    by_name = _BY_NAME[layout.name]
    problems = [*_missing(names, layout), *_unknown_or_double(names, headers, by_name)]
    if problems:
        return tuple(problems)
    return Recognised(layout, tuple(Placement(by_name[name], place) for place, name in enumerate(names)), len(names))


def _missing(names: Sequence[str], layout: Layout) -> list[Refusal]:
    """Named with the header row but no column: the order is free, so a missing one has no place of its own."""
    present = set(names)
    return [
        Refusal("MISSING_HEADER", {"header": column.header}, field=column.header, row=1)
        for column in layout.columns
        if column.required and _folded(column.header) not in present
    ]


def _unknown_or_double(names: Sequence[str], headers: Sequence[str], by_name: dict[str, Column]) -> list[Refusal]:
    problems: list[Refusal] = []
    seen: set[str] = set()
    for place, name in enumerate(names):
        code = "UNKNOWN_HEADER" if name not in by_name else "DUPLICATE_HEADER" if name in seen else None
        if code:
            header = headers[place]
            problems.append(Refusal(code, {"header": header}, field=header, row=1, column=place + 1, value=header))
        seen.add(name)
    return problems


def _folded(header: str) -> str:
    return unicodedata.normalize("NFKC", header).strip()


def _without_empty_tail(names: list[str]) -> list[str]:
    while names and not names[-1]:
        names.pop()
    return names


_BY_NAME: Final = {
    layout.name: {_folded(column.header): column for column in layout.columns} for layout in (INVOICE_READY, ORDINARY)
}
_ANY: Final = {name: column.field for name, column in _BY_NAME[INVOICE_READY.name].items()}
