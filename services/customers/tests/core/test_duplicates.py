"""Likely duplicates and the text that searches look into."""

from __future__ import annotations

import pytest

from customers.core.duplicates import LikenessKeys, likeness, search_text, searchable
from services.customers.tests.builders import a_profile, an_address


@pytest.mark.req("CUS-046")
def test_the_same_name_and_phone_in_other_spellings_are_alike() -> None:
    one = likeness(a_profile(address=an_address("株式会社　玉野井", phone="022-0000-7390"), email="A@shop.example"))
    other = likeness(
        a_profile(address=an_address("株式会社玉野井", phone="０２２００００７３９０"), email="a@shop.example ")
    )

    assert one == other


@pytest.mark.req("CUS-046")
def test_a_name_alone_and_blanks_say_nothing() -> None:
    assert likeness(a_profile(address=an_address(phone="-"), email="")) == LikenessKeys(None, None)


@pytest.mark.req("GEN-016")
@pytest.mark.parametrize("asked", ["k101x", "ｔａｍａ", "たまのい", "ﾀﾏﾉｲ", "玉野井"])
def test_a_search_ignores_width_case_and_kind_of_kana(asked: str) -> None:
    text = search_text("K101X", a_profile(email="tama@shop.example"))

    assert searchable(asked) in text
