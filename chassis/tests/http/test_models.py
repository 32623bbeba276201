"""Request models cannot be unbounded, answers cannot hold floats (GEN-001, GEN-015, GEN-018)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from chassis.http import (
    AmountText,
    BusinessDate,
    Instant,
    MoneyText,
    PercentText,
    PriceText,
    RequestModel,
    TaxPercentText,
    Text,
    View,
)


@pytest.mark.parametrize(
    "bare", [str, int, float, Decimal, date, datetime, Any, list[str], str | None, dict[str, int], tuple[Decimal, ...]]
)
def test_a_request_model_with_an_unbounded_field_cannot_be_made(bare: Any) -> None:
    with pytest.raises(TypeError, match=r"Loose\.field is a bare"):
        type("Loose", (RequestModel,), {"__annotations__": {"field": bare}, "__module__": __name__})


@pytest.mark.parametrize(
    "bounded",
    [UUID, bool, Annotated[str, Text(5)], Annotated[str, Text(5)] | None, list[BusinessDate], MoneyText | None],
)
def test_bounded_fields_are_taken(bounded: Any) -> None:
    assert type("Tight", (RequestModel,), {"__annotations__": {"field": bounded}, "__module__": __name__})


@pytest.mark.req("GEN-001")
def test_a_view_with_a_bare_decimal_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="AmountText"):
        type("Loose", (View,), {"__annotations__": {"amounts": list[Decimal]}, "__module__": __name__})


@pytest.mark.req("GEN-001")
@pytest.mark.parametrize(("amount", "shown"), [("1E+3", "1000"), ("-0.10", "-0.10"), ("1e-7", "0.0000001"), ("0", "0")])
def test_decimals_leave_as_strings_without_exponent(amount: str, shown: str) -> None:
    class Shown(View):
        amount: AmountText

    assert Shown(amount=Decimal(amount)).model_dump_json() == f'{{"amount":"{shown}"}}'


@pytest.mark.parametrize(
    ("kind", "sent", "taken"),
    [
        (MoneyText, '"999999999999"', True),
        (MoneyText, '"-999999999999.0001"', False),
        (MoneyText, '"-999999999999"', True),
        (MoneyText, '"1000000000000"', False),
        (MoneyText, "1200", True),
        (MoneyText, "-1", True),
        (MoneyText, "1200.0", False),
        (MoneyText, '"0.0001"', True),
        (MoneyText, '"0.00001"', False),
        (MoneyText, '""', False),
        (MoneyText, '"+1"', False),
        (MoneyText, '"1,200"', False),
        (MoneyText, "null", False),
        (PriceText, '"0"', True),
        (PriceText, '"-0.01"', False),
        (PercentText, '"100"', True),
        (PercentText, '"62.55"', True),
        (PercentText, '"100.01"', False),
        (PercentText, '"1.234"', False),
        (TaxPercentText, '"7.125"', True),
        (BusinessDate, '"1900-01-01"', True),
        (BusinessDate, '"1899-12-31"', False),
        (BusinessDate, '"2999-12-31"', True),
        (BusinessDate, '"3000-01-01"', False),
        (BusinessDate, '"2026-02-29"', False),
        (BusinessDate, '"20261122"', False),
        (BusinessDate, "20261122", False),
        (BusinessDate, '"0"', False),
        (BusinessDate, '"86400"', False),
        (Instant, '"2026-11-22T10:00:00+09:00"', True),
        (Instant, '"2026-11-22T10:00Z"', True),
        (Instant, '"2026-11-22T10:00:00"', False),
        (Instant, '"20261122T100000Z"', False),
    ],
)
def test_the_bounds_of_field_types(kind: Any, sent: str, taken: bool) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    if taken:
        adapter.validate_json(sent, strict=True)
    else:
        with pytest.raises(ValidationError):
            adapter.validate_json(sent, strict=True)


@pytest.mark.parametrize("kind", [MoneyText, PriceText, PercentText, TaxPercentText])
def test_the_document_takes_the_decimals_that_the_service_takes(kind: Any) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    documented = re.compile(adapter.json_schema()["anyOf"][0]["pattern"].removesuffix("$") + r"\Z")

    for sent in [
        "0",
        "-1",
        "99",
        "99.99",
        "100",
        "100.00",
        "100.01",
        "101",
        "999",
        "1.234",
        "1.23456",
        "9" * 12,
        "9" * 13,
    ]:
        assert bool(documented.match(sent)) == _taken(adapter, sent), sent


@pytest.mark.parametrize("text", [Text(9), Text(9, blank=True), Text(9, lines=True), Text(9, blank=True, lines=True)])
def test_the_document_takes_the_characters_that_the_service_takes(text: Text) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(Annotated[str, text])
    documented = re.compile(adapter.json_schema()["pattern"].removesuffix("$") + r"\Z")

    for character in map(chr, [*range(0x180), *range(0x2000, 0x2070), 0x3000, 0xE000, 0x1F600]):
        for sent in (character, f"a{character}", f"{character}b", f"a{character}b"):
            assert bool(documented.match(sent)) == _taken(adapter, sent), ascii(sent)


def _taken(adapter: TypeAdapter[str], sent: str) -> bool:
    try:
        adapter.validate_python(sent)
    except ValidationError:
        return False
    return True


def test_an_instant_is_kept_in_utc() -> None:
    moment = TypeAdapter[datetime](Instant).validate_json('"2026-11-22T10:00:00+09:00"')

    assert (moment, moment.tzinfo) == (datetime(2026, 11, 22, 1, tzinfo=UTC), UTC)


@pytest.mark.req("GEN-015")
@pytest.mark.parametrize(
    ("rule", "sent", "kept"),
    [
        (Text(3), "abc", "abc"),
        (Text(3), " abc\u3000", "abc"),
        (Text(3), "abcd", None),
        (Text(1), "か\u3099", "が"),
        (Text(3), "", None),
        (Text(3, blank=True), "", ""),
        (Text(5), "a\nb", None),
        (Text(5, lines=True), "a\r\nb", "a\nb"),
        (Text(5, lines=True), "a\tb", None),
        (Text(5, pattern="[A-Z]+"), "ABC", "ABC"),
        (Text(5, pattern="[A-Z]+"), "ABc", None),
        (Text(5, pattern="[A-Z]+", blank=True), "", ""),
    ],
)
def test_text_is_cleaned_first_and_measured_then(rule: Text, sent: str, kept: str | None) -> None:
    adapter: TypeAdapter[str] = TypeAdapter(Annotated[str, rule])

    if kept is None:
        with pytest.raises(ValidationError):
            adapter.validate_python(sent)
    else:
        assert adapter.validate_python(sent) == kept


def test_limits_stand_in_the_schema() -> None:
    class Known(RequestModel):
        code: Annotated[str, Text(10, pattern="[A-Z]+")]
        price: PriceText
        count: Annotated[int, Field(ge=1, le=9)]

    properties = Known.model_json_schema()["properties"]

    assert (properties["code"]["maxLength"], properties["code"]["minLength"]) == (10, 1)
    assert properties["code"]["pattern"] == "^(?:[A-Z]+)$"
    assert [option["type"] for option in properties["price"]["anyOf"]] == ["string", "integer"]
    assert (properties["count"]["minimum"], properties["count"]["maximum"]) == (1, 9)
