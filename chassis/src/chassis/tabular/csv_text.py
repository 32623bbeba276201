"""CSV as people send it: UTF-8 or CP932 (or UTF-16 from Excel), comma, semicolon or TAB, any line ending."""

from __future__ import annotations

import codecs
import csv
import io
import re
from typing import Final

from chassis.tabular.escape import unescaped
from chassis.tabular.sheet import MAX_CELL, Collector, Limits, Sheet, Unreadable
from kernel.refusal import Refusal

ENCODINGS: Final = {"utf-8": "utf-8", "cp932": "cp932", "shift_jis": "cp932", "utf-16": "utf-16", "euc-jp": "euc_jp"}
"""Encodings a user may name; Shift_JIS is read as CP932, because Python's shift_jis fails on ①㈱髙﨑～－."""

_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_UTF32: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_HALFWIDTH_KANA: Final = re.compile("[｡-ﾟ]")
_UNASSIGNED_CP932: Final = re.compile("[\x80-\x9f\xa0\uf8f0-\uf8f3]")
_EXPONENT: Final = re.compile(r"-?[0-9](\.[0-9]+)?E\+[0-9]{1,3}")
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"?')


def read_csv(content: bytes, limits: Limits, encoding: str | None = None) -> Sheet:
    """The table of a CSV file. Raises Unreadable."""
    text, found = decoded(content, encoding)
    nul = text.find("\x00")
    if nul >= 0:
        raise Unreadable(Refusal("NUL_CHARACTER", row=text.count("\n", 0, nul) + 1))
    text = text.removesuffix("\x1a")
    collector = Collector(limits)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text), strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            if len(cells) > limits.columns:
                cells = _cut(cells, limits, number)
            _inspect(collector, number, cells)
            collector.add(number, cells)
    except csv.Error as error:
        raise Unreadable(_csv_problem(str(error), number + 1)) from error
    return collector.sheet(found)


def decoded(content: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Text and the name of its encoding. Raises Unreadable: undecodable at which byte, or ambiguous."""
    if encoding is not None:
        return _as_named(content, encoding)
    if content.startswith(_UTF32):
        raise _undecodable(0, "it is UTF-32")
    bom = next((pair for pair in _BOMS if content.startswith(pair[0])), None)
    if bom is not None:
        return _strictly(content, bom[1]).removeprefix("\ufeff"), bom[1]
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        return _cp932(content, error), "cp932"


def delimiter_of(text: str) -> str:
    """The most frequent of comma, semicolon and TAB in the first line, quoted text left out."""
    end = re.search(r"[\r\n]", text)
    line = _QUOTED.sub("", text[: end.start()] if end else text[:10_000])
    return max(",;\t", key=line.count)


def _as_named(content: bytes, encoding: str) -> tuple[str, str]:
    codec = ENCODINGS.get(encoding.lower())
    if codec is None:
        raise Unreadable(
            Refusal("BAD_CHOICE", {"allowed": ", ".join(sorted(ENCODINGS))}, field="encoding", value=encoding[:50])
        )
    return _strictly(content, codec).removeprefix("\ufeff"), codec


def _strictly(content: bytes, codec: str) -> str:
    try:
        return content.decode(codec)
    except UnicodeDecodeError as error:
        raise _undecodable(error.start, f"it is not {codec}") from error


def _cp932(content: bytes, not_utf8: UnicodeDecodeError) -> str:
    try:
        text = content.decode("cp932")
    except UnicodeDecodeError as error:
        further = max((not_utf8, error), key=lambda one: one.start)
        raise _undecodable(further.start, "it is neither UTF-8 nor CP932") from error
    odd = _UNASSIGNED_CP932.search(text)
    if odd is not None:
        raise _undecodable(len(text[: odd.start()].encode("cp932")), "it is neither UTF-8 nor CP932")
    if _may_be_euc(content, text):
        raise _undecodable(not_utf8.start, "it may be EUC-JP or CP932: name the encoding")
    return text


def _may_be_euc(content: bytes, text: str) -> bool:
    """EUC-JP reads as CP932 too, but as hardly anything but half-width kana; CP932 rarely reads as EUC-JP."""
    foreign = [letter for letter in text[:200_000] if letter > "\x7f"]
    if len(_HALFWIDTH_KANA.findall("".join(foreign))) * 2 < len(foreign):
        return False
    try:
        content.decode("euc_jp")
    except UnicodeDecodeError:
        return False
    return True


def _undecodable(at: int, reason: str) -> Unreadable:
    return Unreadable(Refusal("ENCODING", {"byte": str(at + 1), "reason": reason}))


def _cut(cells: list[str], limits: Limits, number: int) -> list[str]:
    if any(cell.strip() for cell in cells[limits.columns :]):
        raise Unreadable(Refusal("FILE_TOO_MANY_COLUMNS", {"limit": str(limits.columns)}, row=number))
    return cells[: limits.columns]


def _inspect(collector: Collector, number: int, cells: list[str]) -> None:
    """Takes the protection of our own exports off, and flags cells that are too long or that Excel has rewritten."""
    for at, cell in enumerate(cells):
        if not cell:
            continue
        if cell[0] == "'":
            cells[at] = unescaped(cell)
        if len(cell) > MAX_CELL:
            collector.problems.append(_cell_problem("TOO_LONG", collector, number, at, cell, limit=str(MAX_CELL)))
        elif "E+" in cell and _EXPONENT.fullmatch(cell):
            collector.problems.append(_cell_problem("CHANGED_BY_EXCEL", collector, number, at, cell, reason=cell))


def _cell_problem(code: str, collector: Collector, number: int, at: int, cell: str, **facts: str) -> Refusal:
    header = collector.header_of(at + 1)
    return Refusal(code, facts, field=header, row=number, column=at + 1, value=cell[:100])


def _csv_problem(message: str, number: int) -> Refusal:
    if "unexpected end" in message:
        return Refusal("UNCLOSED_QUOTE", row=number)
    if "field limit" in message:
        return Refusal("TOO_LONG", {"limit": str(MAX_CELL)}, row=number)
    if "expected after" in message:
        return Refusal("BAD_QUOTE", row=number)
    return Refusal("FILE_DAMAGED", {"reason": message}, row=number)
