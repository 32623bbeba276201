"""Payer names (PAY-032, R15): what banks write and what the customer master says are the same name."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.core.payer import payer_name

KANA = st.text("アイウエオカキクケコガギグゲゴパピプペポヤユヨツワンー", min_size=2, max_size=20)


@pytest.mark.req("PAY-032")
@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝ", "ヤマダショウテン"),
        ("ｶ)ｱ-ﾙｴ-ｼ-", "カ）アールエーシー"),
        ("アール エーシー（カ", "ｶ)ｱ-ﾙｴ-ｼ-"),
        ("カ）ミナトシヨウジ", "ﾐﾅﾄｼﾖｳｼﾞ(ｶ"),
        ("0000829753 ｶ)ﾌｼﾞﾐﾋﾔﾂｶﾃﾝ", "フジミヒャッカテン"),
        ("0000829753ｶ)ﾌｼﾞﾐ", "フジミ"),
        ("ｺﾞｳﾄﾞｳｶﾞｲｼﾔｻﾇｷﾌｰｽﾞ", "サヌキフーズ"),
        ("ﾄﾞ)ｻﾇｷﾌ-ｽﾞ", "サヌキフーズ"),
        ("ﾕ)ｼﾗﾄﾘｺﾞﾌｸﾃﾝ", "シラトリゴフクテン"),
        ("シャ)ニホン", "ニホン"),
        ("株式会社玉野井", "玉野井株式会社"),
        ("㈱玉野井", "玉野井 (株)"),
        ("一般社団法人 日本", "日本"),
        ("ふじみひゃっかてん", "フジミヒャッカテン"),
        ("ﾌﾘｺﾐ ｶ)ﾔﾏﾀﾞ", "ヤマダ"),
        ("ヲガワ", "オガワ"),
        ("ﾔﾏﾀﾞ(ｶ)ﾄｳｷﾖｳ", "ヤマダトウキョウ"),
        ("yamada co", "ＹＡＭＡＤＡ　ＣＯ"),
        ("ﾔﾏﾀﾞ･ｼﾖｳﾃﾝ", "ヤマダ ショウテン"),
    ],
)
def test_the_bank_and_the_master_mean_the_same_name(written: str, known: str) -> None:
    assert payer_name(written).key == payer_name(known).key != ""


@pytest.mark.req("PAY-032")
def test_names_that_differ_in_more_than_spelling_stay_apart() -> None:
    keys = {payer_name(name).key for name in ("ﾔﾏﾀﾞ", "ﾔﾏﾀ", "ﾔﾏﾀﾞｼﾖｳﾃﾝ", "ｱﾔﾏﾀﾞ", "カシワギ", "シラトリ")}
    assert len(keys) == 6


def test_long_vowel_marks_are_one_mark_and_the_bare_key_has_none() -> None:
    name = payer_name("ｻﾇｷﾌ-ｽﾞ")
    assert (name.key, name.bare_key) == ("サヌキフーズ", "サヌキフズ")


def test_up_to_ten_leading_digits_are_a_payer_code() -> None:
    assert payer_name("0000829753 ﾔﾏﾀﾞ").code == "0000829753"
    assert payer_name("12345678901 ﾔﾏﾀﾞ").code == ""
    assert payer_name("123").code == ""


def test_a_name_that_is_only_a_legal_form_or_nothing_identifies_nobody_else() -> None:
    assert payer_name("ｶ)").key == "カ)"
    assert payer_name("  ").key == ""


def test_a_cut_name_identifies_from_ten_characters_on() -> None:
    assert payer_name("ﾔﾏﾀﾞｼﾖｳﾃﾝﾄ").cut_keys == ()
    assert payer_name("ﾔﾏﾀﾞｼﾖｳﾃﾝﾄｳｷ").cut_keys == ("ヤマダシヨウテントウキ",)
    long = payer_name("ｶ)ﾋｶﾞｼﾆﾎﾝｽﾍﾟｼﾔﾙﾃｲｺｰﾋｰｱﾝﾄﾞﾄﾞﾗｲﾌﾙｰﾂｾﾝﾄﾗﾙﾏｰｹﾃｲﾝｸﾞﾎｰ")
    assert long.cut_keys == (long.key, long.key[:-1])


@given(KANA)
def test_half_width_spelling_has_the_key_of_full_width(kana: str) -> None:
    large = kana.translate(str.maketrans("ァィゥェォッャュョ", "アイウエオツヤユヨ"))
    half = "".join(_HALF.get(letter, letter) for letter in unicodedata.normalize("NFD", large))
    assert payer_name(f"ｶ){half}").key == payer_name(f"{kana} (カ").key


_HALF = dict(zip("アイウエオカキクケコハヒフヘホヤユヨツワンー", "ｱｲｳｴｵｶｷｸｹｺﾊﾋﾌﾍﾎﾔﾕﾖﾂﾜﾝ-", strict=True))
_HALF |= {"\u3099": "ﾞ", "\u309a": "ﾟ"}


@given(st.text(max_size=60))
def test_any_text_has_a_key_and_making_it_twice_changes_nothing(text: str) -> None:
    name = payer_name(text)
    assert payer_name(name.written).key == name.key
    assert set(name.bare_key) <= set(name.key)
