"""What a request body may be made of and what an answer is made of: pydantic bases and the bounded field types.

A request model is strict, closed and bounded: unknown fields are refused, `"1"` is no number, `true` is no 1, text is
cleaned (NFC, no control characters, GEN-015) and every number, text and day has limits. A field that could carry an
unbounded value into the database does not get past the definition of its class.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Final, Generic, Literal, TypeVar, Union, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from kernel.numbers import NumberProblem, decimal_number
from kernel.text import BadText, clean, clean_lines

MAX_BATCH: Final = 1_000
MAX_QUANTITY: Final = 1_000_000_000
MAX_MONEY: Final = Decimal("999999999999")
_FIRST_DAY: Final = date(1900, 1, 1)
_LAST_DAY: Final = date(2999, 12, 31)
_DAY_PATTERN: Final = "^(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
_INSTANT_PATTERN: Final = "^(19|2[0-9])[0-9]{2}-"
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNBOUNDED: Final = {
    str: "Annotated[str, Text(…)]",
    int: "QuantityInt or Annotated[int, Field(ge=…, le=…)]",
    float: "MoneyText, PercentText or QuantityInt",
    Decimal: "MoneyText or PercentText",
    date: "BusinessDate",
    datetime: "Instant",
    Any: "a named type",
    object: "a named type",
}

_CONTROLS: Final = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_CONTROLS_IN_LINES: Final = r"\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f"
_BLANKS: Final = r" \u00a0\u2000-\u200a\u202f\u205f\u3000"
"""As in kernel.text, in the spelling of JSON Schema."""

T = TypeVar("T")
V = TypeVar("V", bound="View")


def _problem(code: str, message: str, **facts: object) -> PydanticCustomError:
    """A field error whose type is one of our codes; its facts fill the text in the user's language."""
    return PydanticCustomError(code, message, {name: str(value) for name, value in facts.items()})


@dataclass(frozen=True, slots=True)
class Text:
    """Marks a text field: `Annotated[str, Text(50)]`. Cleaned first, then at most `longest` characters.

    Blank is refused as REQUIRED unless `blank`; `lines` allows line breaks; `pattern` (with its wording) is matched
    against the cleaned text.
    """

    longest: int
    blank: bool = False
    lines: bool = False
    pattern: str | None = None
    wording: str = ""

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        inner = core_schema.str_schema(strict=True)
        if source is not str:
            raise TypeError("Text goes on str: Annotated[str, Text(50)] | None")
        schema = core_schema.no_info_after_validator_function(self._cleaner(), inner)
        limits: dict[str, Any] = {"minLength": 0 if self.blank else 1, "maxLength": self.longest}
        limits["pattern"] = f"^(?:{self.pattern or self._any_text()}){'?' if self.blank else ''}$"
        schema["metadata"] = {"pydantic_js_updates": limits}
        return schema

    def _any_text(self) -> str:
        """What `clean` takes, for the API document: no control characters and, where it is needed, one that shows."""
        refused = _CONTROLS_IN_LINES if self.lines else _CONTROLS
        return f"[^{refused}]*" if self.blank else f"[^{refused}]*[^{_CONTROLS}{_BLANKS}][^{refused}]*"

    def _cleaner(self) -> Callable[[str], str]:
        longest, needed, cleaned = self.longest, not self.blank, clean_lines if self.lines else clean
        matches = re.compile(self.pattern).fullmatch if self.pattern else None
        wording = self.wording or self.pattern or ""

        def text(value: str) -> str:
            try:
                value = cleaned(value)
            except BadText as bad:
                character = f"U+{bad.code_point:04X}"
                raise _problem("BAD_CHARS", "bad character", position=bad.position, character=character) from bad
            if len(value) > longest:
                raise _problem("TOO_LONG", "too long", limit=longest)
            if not value:
                if needed:
                    raise _problem("REQUIRED", "required")
            elif matches is not None and not matches(value):
                raise _problem("BAD_FORMAT", "bad format", expected=wording)
            return value

        return text


@dataclass(frozen=True, slots=True)
class _Number:
    """A decimal written as a string (`"1200.50"`) or as a JSON integer; never a float."""

    lowest: Decimal
    highest: Decimal
    decimals: int

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            self._parsed,
            serialization=core_schema.plain_serializer_function_ser_schema(
                _plain, return_schema=core_schema.str_schema()
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        sign = "-?" if self.lowest < 0 else ""
        text = {"type": "string", "pattern": f"^{sign}{self._digits()}$"}
        number = {"type": "integer", "minimum": int(self.lowest), "maximum": int(self.highest)}
        return {"anyOf": [text, number]} if handler.mode == "validation" else text

    def _digits(self) -> str:
        """Up to all nines as many digits as the bound has; up to 100 two, or 100 itself."""
        highest = str(int(self.highest))
        some = rf"(\.[0-9]{{1,{self.decimals}}})?"
        if set(highest) == {"9"}:
            return f"[0-9]{{1,{len(highest)}}}{some}"
        return rf"(?:{highest}(\.0{{1,{self.decimals}}})?|[0-9]{{1,{len(highest) - 1}}}{some})"

    def _parsed(self, value: object) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise _problem("NOT_A_DECIMAL", "not a decimal")
        number = value if isinstance(value, Decimal) else decimal_number(str(value), most_decimals=self.decimals)
        if number is NumberProblem.NOT_A_NUMBER:
            raise _problem("NOT_A_NUMBER", "not a number")
        if number is NumberProblem.TOO_MANY_DECIMALS:
            raise _problem("TOO_MANY_DECIMALS", "too many decimals", limit=self.decimals)
        if number is NumberProblem.TOO_LONG or not self.lowest <= number <= self.highest:
            raise _problem("OUT_OF_RANGE", "out of range", range=f"{self.lowest} – {self.highest}")
        return number


def _plain(number: Decimal) -> str:
    return format(number, "f")


MoneyText = Annotated[Decimal, _Number(-MAX_MONEY, MAX_MONEY, 4)]
"""An amount up to ±999,999,999,999 in the currency named beside it; the use case checks the currency's decimals."""

PriceText = Annotated[Decimal, _Number(Decimal(0), MAX_MONEY, 4)]
"""An amount that may not be negative."""

PercentText = Annotated[Decimal, _Number(Decimal(0), Decimal(100), 2)]
"""A rate in percent, 0 to 100 with at most two decimals (GEN-018)."""

TaxPercentText = Annotated[Decimal, _Number(Decimal(0), Decimal(100), 3)]
"""A tax rate in percent, 0 to 100 with at most three decimals."""

QuantityInt = Annotated[int, Field(ge=0, le=MAX_QUANTITY)]
"""A number of pieces, 0 to 1,000,000,000."""

VersionInt = Annotated[int, Field(ge=0, le=2**31 - 1)]
"""The version of an aggregate that was read (GEN-006)."""


def _iso_day(value: object) -> object:
    """Pydantic itself takes "0" for the first day of 1970, in strict mode too; a day is written as one."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value if _ISO_DAY.fullmatch(value) else "")
    except ValueError as error:
        raise _problem("BAD_DATE", "not a day") from error


BusinessDate = Annotated[
    date,
    BeforeValidator(_iso_day),
    Field(ge=_FIRST_DAY, le=_LAST_DAY),
    WithJsonSchema({"type": "string", "format": "date", "pattern": _DAY_PATTERN}, mode="validation"),
]
"""A day in the maker's calendar, ISO 8601, 1900 to 2999."""


def _instant(value: object) -> datetime:
    if not isinstance(value, str) or not 16 <= len(value) <= 40 or value[4:5] != "-":
        raise _problem("BAD_DATETIME", "not an instant")
    try:
        parsed = datetime.fromisoformat(value)
        instant = parsed.astimezone(UTC) if parsed.tzinfo else None
    except (ValueError, OverflowError) as error:
        raise _problem("BAD_DATETIME", "not an instant") from error
    if instant is None or not _FIRST_DAY <= instant.date() <= _LAST_DAY:
        raise _problem("BAD_DATETIME", "not an instant with its offset")
    return instant


class _Instant:
    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_instant)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "date-time", "pattern": _INSTANT_PATTERN}


Instant = Annotated[datetime, _Instant()]
"""A moment with its offset, ISO 8601; kept in UTC."""

Batch = Annotated[list[T], Field(min_length=1, max_length=MAX_BATCH)]
"""What a bulk form takes: `orders: Batch[PlaceOrder]`, 1 to 1,000 commands."""

AmountText = Annotated[
    Decimal,
    PlainSerializer(_plain, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}),
]
"""Any decimal of an answer (amount, percent, weight): a JSON string, never in exponent form."""


class RequestModel(BaseModel):
    """Base of every request body and of its parts."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            unbounded = None if field.metadata else _unbounded(field.annotation)
            if unbounded is not None:
                raise TypeError(f"{cls.__name__}.{name} is a bare {unbounded}: use {_UNBOUNDED[unbounded]}")


def _unbounded(annotation: object) -> Any:
    """The bare type inside this annotation that could carry anything, if there is one."""
    if annotation in _UNBOUNDED:
        return annotation
    origin = get_origin(annotation)
    if origin is Annotated or origin is Literal:
        return None
    parts = get_args(annotation) if origin in {Union, types.UnionType, list, tuple, set, frozenset, dict} else ()
    return next((found for part in parts if (found := _unbounded(part)) is not None), None)


class View(BaseModel):
    """Base of every answer and of its parts. Decimals are `AmountText`, so that no client sees a float."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        for name, field in cls.model_fields.items():
            if not field.metadata and _holds(field.annotation, Decimal):
                raise TypeError(f"{cls.__name__}.{name} is a bare Decimal: use AmountText")


def _holds(annotation: object, wanted: type) -> bool:
    if annotation is wanted:
        return True
    return get_origin(annotation) is not Annotated and any(_holds(part, wanted) for part in get_args(annotation))


class ProblemItem(View):
    """One problem of several: its code, the text, and where it is."""

    code: str
    detail: str
    field: str | None = None
    row: int | None = None
    column: int | None = None
    header: str | None = None
    value: str | None = None


class RowProblem(View):
    """One problem of a file in a report (INT-012); row 1 is the header, columns count from 1."""

    row: int | None = None
    column: int | None = None
    header: str | None = None
    code: str
    message: str
    value: str | None = None


class Problem(BaseModel):
    """RFC 9457 problem details; facts of the first problem stand beside these members."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[ProblemItem] = []
    error_count: int = 0


class Result(View, Generic[V]):
    """What became of one command of a bulk call: the item, or the problem."""

    index: int
    ok: bool
    item: V | None = None
    problem: Problem | None = None


class Results(View, Generic[V]):
    """What a bulk call answers: one result per command, in order."""

    results: list[Result[V]]
    accepted: int
    refused: int


class Listing(View, Generic[V]):
    """One page of a list and the cursor of the next, null at the end."""

    items: list[V]
    next_cursor: str | None = None
