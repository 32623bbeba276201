"""What we write opens harmlessly in a spreadsheet and reads back as it was (INT-014, RELIABILITY §4)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import tabular
from chassis.tabular import Sheet, escape, unescaped, write_csv

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20) | st.sampled_from(
    ["=1", "+1", "@x", "-", "'=1", "＝"]
)


@pytest.mark.req("INT-014")
@pytest.mark.parametrize(
    "formula", ["=1+1", "+1", "@SUM(A1)", "-1+1", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠a", "'=1"]
)
def test_text_that_starts_like_a_formula_gets_an_apostrophe(formula: str) -> None:
    assert escape(formula) == f"'{formula}"


@pytest.mark.parametrize("harmless", ["", "a=1", "'tis", "100", "商品"])
def test_other_text_stays(harmless: str) -> None:
    assert escape(harmless) == harmless


@given(TEXT)
def test_escaping_can_always_be_undone(text: str) -> None:
    assert unescaped(escape(text)) == text


@pytest.mark.req("INT-014")
@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=5))
def test_the_import_of_our_own_export_gives_the_original(rows: list[list[str]]) -> None:
    rows = [["key", *row] for row in rows]

    read = tabular.read(write_csv(["key", "a", "b"], rows).content)

    assert isinstance(read, Sheet)
    assert read.rows == rows


@pytest.mark.req("INT-014")
def test_negative_amounts_stay_numbers() -> None:
    day, at = date(2026, 11, 22), datetime(2026, 11, 22, 10, tzinfo=UTC)

    content = write_csv(["a", "b", "c", "d", "e"], [[Decimal("-1E+3"), -5, None, day, at]]).content

    assert content.decode("utf-8-sig").splitlines()[1] == "-1000,-5,,2026-11-22,2026-11-22 10:00:00+00:00"


def test_a_cp932_file_is_made_and_what_had_no_place_is_listed() -> None:
    written = write_csv(["name"], [["𠮷野家"], ["〜−"], ["りんご🍎"]], encoding="cp932")

    assert written.content.decode("cp932").splitlines() == ["name", "〓野家", "～－", "りんご〓"]
    assert written.replaced == ["🍎", "𠮷"] or written.replaced == ["𠮷", "🍎"]
