"""Text as stored, numbers as typed, registration numbers (GEN-015, INT-044, CUS-007, R21)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.numbers import NumberProblem, decimal_number, whole_number
from kernel.text import (
    BadText,
    RegistrationNumberProblem,
    clean,
    clean_lines,
    corporate_check_digit,
    registration_number_problem,
)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  山田商店\u3000", "山田商店"),
        ("カ\u3099", "ガ"),
        ("a b", "a b"),
        ("", ""),
        ("\u3000 ", ""),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
    ],
)
def test_text_is_stored_composed_and_without_blanks_at_the_ends(typed: str, stored: str) -> None:
    assert clean(typed) == stored


@pytest.mark.parametrize("character", ["\x00", "\t", "\n", "\r", "\x7f", "\x85", "\u2028", "\ud800"])
def test_control_characters_line_breaks_and_lone_surrogates_are_refused_by_position(character: str) -> None:
    with pytest.raises(BadText) as caught:
        clean(f"secret{character}x")

    assert (caught.value.position, caught.value.code_point) == (7, ord(character))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(("typed", "stored"), [("a\r\nb\rc\nd", "a\nb\nc\nd"), (" \n a \n", "a"), ("a\n\nb", "a\n\nb")])
def test_lines_keep_their_breaks_as_line_feeds(typed: str, stored: str) -> None:
    assert clean_lines(typed) == stored


@pytest.mark.parametrize("character", ["\x00", "\t", "\x0b", "\x7f", "\udfff"])
def test_lines_hold_no_other_control_characters(character: str) -> None:
    with pytest.raises(BadText):
        clean_lines(f"a{character}b")


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])))
def test_cleaning_clean_text_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert clean_lines(clean(text)) == clean(text)


def test_a_registration_number_with_the_right_check_digit_has_no_problem() -> None:
    assert corporate_check_digit("700110005901") == 8
    assert registration_number_problem("T8700110005901") is None
    assert registration_number_problem("T9234567890123") is None


@pytest.mark.parametrize("number", ["T9700110005901", "T7700110005901", "T0000000000000"])
def test_a_wrong_check_digit_only_warns(number: str) -> None:
    problem = registration_number_problem(number)

    assert problem is RegistrationNumberProblem.CHECK_DIGIT
    assert problem.is_warning


@pytest.mark.parametrize(
    "number",
    [
        "",
        "8700110005901",
        "T870011000590",
        "T87001100059011",
        "t8700110005901",
        "T８７００１１０００５９０１",
        "T8700110005901\n",
    ],
)
def test_anything_but_t_and_13_half_width_digits_is_a_format_problem(number: str) -> None:
    problem = registration_number_problem(number)

    assert problem is RegistrationNumberProblem.FORMAT
    assert not problem.is_warning


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("-0", 0), ("007", 7), ("-12", -12), ("9" * 18, 10**18 - 1)])
def test_half_width_digits_with_a_leading_minus_are_a_whole_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", " 1", "1 ", "1,000", "１０", "+1", "1.0", "--1", "-", "1_0", "1e3", "٣", "1\n"])
def test_separators_full_width_digits_and_decimals_are_no_whole_number(text: str) -> None:
    assert whole_number(text) is NumberProblem.NOT_A_NUMBER


@pytest.mark.parametrize(("text", "number"), [("62.5", "62.5"), ("-1.25", "-1.25"), ("10", "10"), ("-0.00", "0.00")])
def test_a_decimal_number_has_a_point_and_digits_on_both_sides(text: str, number: str) -> None:
    assert str(decimal_number(text, most_decimals=2)) == number


@pytest.mark.parametrize("text", ["", ".5", "5.", "1,5", "６２.５", "NaN", "1e2", "1.2.3", "+1"])
def test_other_spellings_are_no_decimal_number(text: str) -> None:
    assert decimal_number(text, most_decimals=2) is NumberProblem.NOT_A_NUMBER


def test_too_many_decimals_and_too_many_digits_are_told_apart() -> None:
    assert decimal_number("1.234", most_decimals=2) is NumberProblem.TOO_MANY_DECIMALS
    assert decimal_number("9" * 17 + ".99", most_decimals=2) is NumberProblem.TOO_LONG
    assert whole_number("9" * 19) is NumberProblem.TOO_LONG
    assert whole_number("-" + "9" * 100_000) is NumberProblem.TOO_LONG


@given(st.integers(-(10**17), 10**17))
def test_every_whole_number_is_read_back(number: int) -> None:
    assert whole_number(str(number)) == number
    assert decimal_number(str(number), most_decimals=0) == Decimal(number)
