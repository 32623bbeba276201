"""Bank statements as CSV, by a mapping profile per bank account (PAY-011): which column holds what, and how written.

The whole file is read or refused with every problem, row and column as the file shows them (PAY-017). Only incoming
lines become bank lines; outgoing ones are counted.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias

from kernel.money import LIMIT, Currency, Money
from kernel.refusal import Refusal
from kernel.text import BadText, clean
from payments.core.statement import MOST_LINES, Refusals, Statement, StatementLine, decoded_cp932

MOST_CHARACTERS: Final = 500
"""Longest text of one cell."""


class Encoding(StrEnum):
    """`AUTO` takes UTF-8 (with or without mark), UTF-16 by its mark, else CP932."""

    AUTO = "auto"
    UTF_8 = "utf-8"
    CP932 = "cp932"


class Delimiter(StrEnum):
    COMMA = ","
    SEMICOLON = ";"
    TAB = "\t"


class DecimalSign(StrEnum):
    POINT = "."
    COMMA = ","


class DateFormat(StrEnum):
    """How the bank writes days. `ERA` is a letter or name and the year of the era: R8.5.31, 令和8年5月31日."""

    YEAR_MONTH_DAY = "YYYY-MM-DD"
    DIGITS = "YYYYMMDD"
    KANJI = "YYYY年MM月DD日"
    DAY_MONTH_YEAR = "DD.MM.YYYY"
    MONTH_DAY_YEAR = "MM/DD/YYYY"
    ERA = "GYY.MM.DD"


Column: TypeAlias = str | int
"""A column by its header text, or by its number from 1 in files without headers."""


@dataclass(frozen=True, slots=True)
class StatementProfile:
    """The mapping. Either `amount` (negative = outgoing) or `amount_in` with, if there is one, `amount_out`.

    `skip_rows` rows stand above the header row (or the first line when `header` is false).
    """

    value_date: Column
    amount: Column | None = None
    amount_in: Column | None = None
    amount_out: Column | None = None
    payer: Column | None = None
    description: Column | None = None
    reference: Column | None = None
    balance: Column | None = None
    skip_rows: int = 0
    header: bool = True
    encoding: Encoding = Encoding.AUTO
    delimiter: Delimiter = Delimiter.COMMA
    date_format: DateFormat = DateFormat.YEAR_MONTH_DAY
    decimal_sign: DecimalSign = DecimalSign.POINT


GENERIC: Final = StatementProfile(
    value_date="date", amount="amount", payer="payer", description="description", reference="reference"
)
"""Preset for files people make themselves."""

_COLUMN_NAMES: Final = (
    "value_date", "amount", "amount_in", "amount_out", "payer", "description", "reference", "balance"
)  # fmt: skip


def profile_problems(profile: StatementProfile) -> Refusals:
    """What a profile cannot mean: no amount column, both kinds, names of columns where the file has none."""
    problems = []
    if (profile.amount is None) == (profile.amount_in is None):
        problems.append(Refusal("AMOUNT_COLUMN", field="amount"))
    if profile.amount_out is not None and profile.amount_in is None:
        problems.append(Refusal("AMOUNT_COLUMN", field="amount_out"))
    if not profile.header:
        named = [one.name for one in fields(profile) if one.name in _COLUMN_NAMES]
        wrong = [name for name in named if isinstance(getattr(profile, name), str)]
        problems.extend(Refusal("COLUMN_NUMBER_NEEDED", field=name) for name in wrong)
    return tuple(problems)


def read_csv(content: bytes, profile: StatementProfile, currency: Currency) -> Statement | Refusals:
    """The incoming lines, or every problem.

    Codes: EMPTY_FILE, ENCODING, BAD_FILE, TOO_MANY_LINES, MISSING_COLUMN, DUPLICATE_COLUMN, BAD_DATE, BAD_AMOUNT,
    BAD_TEXT.
    """
    decoded = _decoded(content, profile.encoding)
    if isinstance(decoded, Refusal):
        return (decoded,)
    text, encoding = decoded
    rows = _rows(text, profile)
    if isinstance(rows, Refusal):
        return (rows,)
    columns = _columns(rows, profile)
    if isinstance(columns, tuple):
        return columns
    body = [(number, cells) for number, cells in rows[1 if profile.header else 0 :] if any(map(str.strip, cells))]
    if len(body) > MOST_LINES:
        return (Refusal("TOO_MANY_LINES", {"limit": str(MOST_LINES)}),)
    return _statement(body, _Reader(profile, currency, columns), encoding)


def _statement(body: Sequence[tuple[int, list[str]]], reader: _Reader, encoding: str) -> Statement | Refusals:
    lines: list[StatementLine] = []
    for number, cells in body:
        line = reader.line(number, cells)
        if line is not None:
            lines.append(line)
    if not body:
        reader.problems.append(Refusal("EMPTY_FILE"))
    if reader.problems:
        return tuple(reader.problems)
    return Statement("csv", encoding, None, tuple(lines), outgoing=len(body) - len(lines))


def _decoded(content: bytes, encoding: Encoding) -> tuple[str, str] | Refusal:
    if not content.strip(b"\x00\xef\xbb\xbf\xff\xfe\r\n \t\x1a"):
        return Refusal("EMPTY_FILE")
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8-sig", "cp932"] if encoding is Encoding.AUTO else [_codec(encoding)]
    for codec in candidates:
        try:
            text = decoded_cp932(content) if codec == "cp932" else content.decode(codec)
            return text, codec.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    return Refusal("ENCODING", {"reason": ", ".join(candidates)})


def _codec(encoding: Encoding) -> str:
    return "utf-8-sig" if encoding is Encoding.UTF_8 else encoding.value


_FILE_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def _rows(text: str, profile: StatementProfile) -> list[tuple[int, list[str]]] | Refusal:
    """Rows with the number of their first line; a quote that never closes or a NUL makes the file unreadable."""
    if "\x00" in text:
        return _unreadable("NUL", text[: text.index("\x00")].count("\n") + 1)
    file_lines = _FILE_LINE.findall(text.rstrip("\x1a"))
    reader = csv.reader(file_lines, delimiter=profile.delimiter.value, strict=True)
    rows, before = [], 0
    try:
        for cells in reader:
            rows.append((before + 1, cells))
            before = reader.line_num
    except csv.Error as error:
        return _unreadable(str(error), before + 1)
    rows = rows[profile.skip_rows :]
    return rows or Refusal("EMPTY_FILE")


def _unreadable(reason: str, row: int) -> Refusal:
    return Refusal("BAD_FILE", {"reason": reason, "row": str(row)}, row=row)


def _columns(rows: Sequence[tuple[int, list[str]]], profile: StatementProfile) -> dict[str, int] | Refusals:
    """Index of each mapped column; all that are missing, or stand there twice, are told at once."""
    number, header = rows[0]
    titles = [_title(cell) for cell in header]
    columns: dict[str, int] = {}
    wrong: list[Refusal] = []
    for name in _COLUMN_NAMES:
        column: Column | None = getattr(profile, name)
        index = _index(column, titles)
        again = _again(column, titles)
        if again is not None:
            wrong.append(Refusal("DUPLICATE_COLUMN", {"header": str(column)}, field=name, row=number, column=again + 1))
        elif index is not None:
            columns[name] = index
        elif column is not None and name != "balance":
            wrong.append(Refusal("MISSING_COLUMN", {"header": str(column)}, field=name, row=number))
    return tuple(wrong) if wrong else columns


def _index(column: Column | None, titles: Sequence[str]) -> int | None:
    if column is None:
        return None
    if isinstance(column, int):
        return column - 1 if 1 <= column <= len(titles) else None
    return titles.index(_title(column)) if _title(column) in titles else None


def _again(column: Column | None, titles: Sequence[str]) -> int | None:
    """Where a column that is mapped by its header stands for the second time."""
    if not isinstance(column, str):
        return None
    places = [index for index, title in enumerate(titles) if title == _title(column)]
    return places[1] if len(places) > 1 else None


def _title(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


@dataclass(slots=True)
class _Reader:
    """Reads rows one by one and collects what is wrong with them; lives only inside `read_csv`."""

    profile: StatementProfile
    currency: Currency
    columns: dict[str, int]
    problems: list[Refusal]

    def __init__(self, profile: StatementProfile, currency: Currency, columns: dict[str, int]) -> None:
        self.profile, self.currency, self.columns, self.problems = profile, currency, columns, []

    def line(self, number: int, cells: Sequence[str]) -> StatementLine | None:
        """The line; None for an outgoing one and for a row with a problem."""
        before = len(self.problems)
        value_date = self._date(number, cells)
        amount = self._amount(number, cells)
        payer, description, reference = (
            self._text(number, cells, one) for one in ("payer", "description", "reference")
        )
        if len(self.problems) > before or value_date is None or amount is None:
            return None
        return StatementLine(number, value_date, amount, payer, description, reference)

    def _cell(self, cells: Sequence[str], name: str) -> str:
        index = self.columns.get(name)
        return cells[index].strip() if index is not None and index < len(cells) else ""

    def _refuse(self, code: str, number: int, name: str, value: str, **facts: str) -> None:
        column = self.columns[name] + 1
        self.problems.append(Refusal(code, facts, field=name, row=number, column=column, value=value[:100]))

    def _date(self, number: int, cells: Sequence[str]) -> date | None:
        text = self._cell(cells, "value_date")
        day = parse_date(text, self.profile.date_format)
        if day is None:
            self._refuse("BAD_DATE", number, "value_date", text, format=self.profile.date_format.value)
        return day

    def _amount(self, number: int, cells: Sequence[str]) -> Money | None:
        """None for an outgoing line; a problem for nothing, for both ways, and for what is no amount."""
        if "amount" in self.columns:
            signed = self._number(number, cells, "amount")
            if signed is not None and not signed:
                self._refuse("BAD_AMOUNT", number, "amount", self._cell(cells, "amount"))
            return Money.of(signed, self.currency) if signed is not None and signed > 0 else None
        incoming, outgoing = self._cell(cells, "amount_in"), self._cell(cells, "amount_out")
        received = self._number(number, cells, "amount_in") if incoming else Decimal(0)
        paid = self._number(number, cells, "amount_out") if outgoing else Decimal(0)
        if received is None or paid is None:
            return None
        if received < 0 or paid < 0 or bool(received) == bool(paid):
            self._refuse("BAD_AMOUNT", number, "amount_in", incoming or outgoing)
            return None
        return Money.of(received, self.currency) if received else None

    def _number(self, number: int, cells: Sequence[str], name: str) -> Decimal | None:
        text = self._cell(cells, name)
        amount = parse_amount(text, self.profile.decimal_sign)
        if amount is None or abs(amount) > LIMIT or not Money.of(amount, self.currency).is_whole:
            self._refuse("BAD_AMOUNT", number, name, text, decimals=str(self.currency.minor_units))
            return None
        return amount

    def _text(self, number: int, cells: Sequence[str], name: str) -> str:
        text = self._cell(cells, name)
        try:
            cleaned = clean(text)
        except BadText as error:
            self._refuse("BAD_TEXT", number, name, "", position=str(error.position))
            return ""
        if len(cleaned) > MOST_CHARACTERS:
            self._refuse("BAD_TEXT", number, name, cleaned, limit=str(MOST_CHARACTERS))
        return cleaned


_GROUPED: Final = {
    DecimalSign.POINT: re.compile(r"([+-]?)([0-9]{1,15}|[0-9]{1,3}(?:,[0-9]{3}){1,5})(?:\.([0-9]{1,6}))?"),
    DecimalSign.COMMA: re.compile(r"([+-]?)([0-9]{1,15}|[0-9]{1,3}(?:\.[0-9]{3}){1,5})(?:,([0-9]{1,6}))?"),
}
_MINUS_MARKS: Final = str.maketrans(dict.fromkeys("−‐‑–▲△", "-"))
_CURRENCY_MARKS: Final = re.compile(r"^([+-]?)[¥\\]|円$")


def parse_amount(text: str, sign: DecimalSign) -> Decimal | None:
    """An amount as banks write it: full-width digits, grouping, ¥ or 円, ▲ for minus; None for anything else."""
    plain = unicodedata.normalize("NFKC", text).translate(_MINUS_MARKS).replace(" ", "")
    found = _GROUPED[sign].fullmatch(_CURRENCY_MARKS.sub(r"\1", plain))
    if found is None or not found.group().isascii():
        return None
    minus, whole, decimals = found.groups()
    digits = whole.replace(",", "").replace(".", "")
    amount = Decimal(f"{digits}.{decimals}" if decimals else digits)
    return -amount if minus == "-" and amount else amount


_ERAS: Final = {"R": 2018, "令和": 2018, "令": 2018, "H": 1988, "平成": 1988, "平": 1988}
_ERA_DATE: Final = re.compile(r"(R|H|令和|平成|令|平)([0-9]{1,2}|元)[.\-/年]([0-9]{1,2})[.\-/月]([0-9]{1,2})日?")
_THREE: Final = re.compile(r"([0-9]{1,4})[.\-/年]([0-9]{1,2})[.\-/月]([0-9]{1,4})日?")


def parse_date(text: str, form: DateFormat) -> date | None:
    """The day in the profile's format; blanks and leading zeros do not matter, time of day does not belong here."""
    plain = unicodedata.normalize("NFKC", text).strip().upper()
    if not plain or len(plain) > 20:
        return None
    parts = _PARSERS[form](plain)
    try:
        return date(*parts) if parts else None
    except ValueError:
        return None


def _era_parts(text: str) -> tuple[int, int, int] | None:
    found = _ERA_DATE.fullmatch(text)
    if found is None:
        return None
    era, year, month, day = found.groups()
    return _ERAS[era] + (1 if year == "元" else int(year)), int(month), int(day)


def _digit_parts(text: str) -> tuple[int, int, int] | None:
    if not re.fullmatch("[0-9]{8}", text):
        return None
    return int(text[:4]), int(text[4:6]), int(text[6:])


def _in_order(order: Sequence[int]) -> Callable[[str], tuple[int, int, int] | None]:
    def parts(text: str) -> tuple[int, int, int] | None:
        found = _THREE.fullmatch(text)
        if found is None or len(found.group(order[0] + 1)) != 4:
            return None
        year, month, day = (int(found.group(at + 1)) for at in order)
        return year, month, day

    return parts


_PARSERS: Final[dict[DateFormat, Callable[[str], tuple[int, int, int] | None]]] = {
    DateFormat.YEAR_MONTH_DAY: _in_order((0, 1, 2)),
    DateFormat.KANJI: _in_order((0, 1, 2)),
    DateFormat.DIGITS: _digit_parts,
    DateFormat.DAY_MONTH_YEAR: _in_order((2, 1, 0)),
    DateFormat.MONTH_DAY_YEAR: _in_order((2, 0, 1)),
    DateFormat.ERA: _era_parts,
}
