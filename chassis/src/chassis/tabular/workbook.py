"""What an .xlsx says about itself: which sheets, which date system, which cell formats are dates, which texts."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from chassis.tabular.package import Names, Package, damaged
from chassis.tabular.sheet import Unreadable
from kernel.refusal import Refusal

_CONTENT_TYPES: Final = "[Content_Types].xml"
_WORKBOOK: Final = "xl/workbook.xml"
_BUILT_IN_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_DATE_LETTERS: Final = re.compile(r"[ymdhsge]", re.IGNORECASE)
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_")


@dataclass(frozen=True, slots=True)
class Workbook:
    """`sheets` are the visible worksheets in their order, name → part."""

    sheets: Mapping[str, str]
    from_1904: bool
    date_styles: frozenset[str]
    """Numbers of cell styles, as cells write them."""
    texts: list[str]


@dataclass(slots=True)
class _Found:
    relations: dict[str, str] = field(default_factory=dict)
    sheets: list[tuple[str, str]] = field(default_factory=list)
    from_1904: bool = False
    formats: dict[int, str] = field(default_factory=dict)
    styles: list[int] = field(default_factory=list)
    in_cell_styles: bool = False


def kind_of(package: Package) -> str:
    """`xlsx`, or the name of what it is instead."""
    if _CONTENT_TYPES not in package.names or _WORKBOOK not in package.names:
        return "OpenDocument" if "mimetype" in package.names else "ZIP"
    types = b"".join(package.chunks(_CONTENT_TYPES))
    return "Excel (.xlsm)" if b"macroEnabled" in types or "xl/vbaProject.bin" in package.names else "xlsx"


def read_workbook(package: Package) -> Workbook:
    """Raises Unreadable."""
    found, names = _Found(), Names()
    package.parse("xl/_rels/workbook.xml.rels", lambda name, given: _relation(found, names[name], given), _ignored)
    package.parse(_WORKBOOK, lambda name, given: _workbook_part(found, names[name], given), _ignored)
    if "xl/styles.xml" in package.names:
        package.parse(
            "xl/styles.xml",
            lambda name, given: _style(found, names[name], given),
            lambda name: _style_end(found, names[name]),
        )
    sheets = {name: found.relations[relation] for name, relation in found.sheets if relation in found.relations}
    if not sheets:
        raise damaged("no worksheet")
    dates = frozenset(str(at) for at, number in enumerate(found.styles) if _is_date(number, found.formats))
    return Workbook(sheets, found.from_1904, dates, read_texts(package))


def part_of(workbook: Workbook, sheet_name: str | None) -> str:
    """The part of the named sheet, or of the first one (INT-015). Raises Unreadable."""
    if sheet_name is None:
        return next(iter(workbook.sheets.values()))
    part = workbook.sheets.get(sheet_name)
    if part is None:
        raise Unreadable(Refusal("MISSING_SHEET", {"sheet": sheet_name}))
    return part


def read_texts(package: Package) -> list[str]:
    """The shared strings. Readings of kanji (`rPh`) stand beside the text and are left out."""
    texts: list[str] = []
    if "xl/sharedStrings.xml" not in package.names:
        return texts
    names, parts = Names(), [""]
    taking = reading = False

    def started(name: str, _: dict[str, str]) -> None:
        nonlocal taking, reading
        name = names[name]
        if name == "t":
            taking = not reading
        elif name == "si":
            parts[:] = [""]
        elif name == "rPh":
            reading = True

    def ended(name: str) -> None:
        nonlocal taking, reading
        name, taking = names[name], False
        if name == "si":
            texts.append(plain("".join(parts)))
        elif name == "rPh":
            reading = False

    package.parse("xl/sharedStrings.xml", started, ended, lambda text: parts.append(text) if taking else None)
    return texts


def plain(text: str) -> str:
    """Excel writes control characters as `_x000D_`."""
    return _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), text) if "_x" in text else text


def _ignored(_: str) -> None:
    """The end of an element that matters only at its start."""


def _relation(found: _Found, name: str, given: Mapping[str, str]) -> None:
    if name == "Relationship" and given.get("Type", "").endswith("/worksheet"):
        target = given.get("Target", "")
        part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join("xl", target))
        found.relations[given.get("Id", "")] = part


def _workbook_part(found: _Found, name: str, given: Mapping[str, str]) -> None:
    if name == "workbookPr":
        found.from_1904 = given.get("date1904", "0") in ("1", "true")
    elif name == "sheet" and given.get("state", "visible") == "visible":
        relation = next((value for key, value in given.items() if key.rpartition(":")[2] == "id"), "")
        found.sheets.append((given.get("name", ""), relation))


def _style(found: _Found, name: str, given: Mapping[str, str]) -> None:
    if name == "numFmt" and given.get("numFmtId", "").isdecimal():
        found.formats[int(given["numFmtId"])] = given.get("formatCode", "")
    elif name == "cellXfs":
        found.in_cell_styles = True
    elif name == "xf" and found.in_cell_styles:
        number = given.get("numFmtId", "0")
        found.styles.append(int(number) if number.isdecimal() else 0)


def _style_end(found: _Found, name: str) -> None:
    if name == "cellXfs":
        found.in_cell_styles = False


def _is_date(number: int, formats: Mapping[int, str]) -> bool:
    code = formats.get(number)
    if code is None:
        return number in _BUILT_IN_DATES
    return bool(_DATE_LETTERS.search(_LITERAL.sub("", code.split(";")[0]).replace("General", "")))
