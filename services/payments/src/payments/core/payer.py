"""Payer names as banks write them, brought to one key (PAY-032, R15): `ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝ` is ヤマダショウテン.

A name gets two keys: the full one, in which every long-vowel mark and hyphen is the same mark, and a bare one without
them. Banks write small kana large, put legal forms (カ) in front or behind, cut names at 48 half-width characters and
let payers prefix up to ten digits of a payer code.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

SHORTEST_PREFIX: Final = 10
"""A cut name identifies a customer only from this many characters of key on (R15)."""

_SMALL: Final = "ァィゥェォッャュョヮヵヶ"
_LARGE: Final = "アイウエオツヤユヨワカケ"
_MARK: Final = "ー"
_MARKS: Final = "ーｰ-‐‑‒–—―−－─━〜～~"
_IGNORED: Final = " 　_.,、。・･'\"’`＊*"
_TO_KATAKANA: Final = 0x60
_EQUATED: Final = dict(zip(_SMALL + "ヲ", _LARGE + "オ", strict=True))
_HIRAGANA: Final = {code: chr(code + _TO_KATAKANA) for code in range(ord("ぁ"), ord("ゖ") + 1)}
_FOLDING: Final = (
    {code: _EQUATED.get(katakana, katakana) for code, katakana in _HIRAGANA.items()}
    | {ord(kana): equal for kana, equal in _EQUATED.items()}
    | dict.fromkeys(map(ord, _MARKS), _MARK)
    | dict.fromkeys(map(ord, _IGNORED), "")
)

_ABBREVIATED: Final = (
    "カ",
    "ユ",
    "メ",
    "シ",
    "ド",
    "ソ",
    "イ",
    "ザイ",
    "シヤ",
    "シユウ",
    "ガク",
    "フク",
    "ホゴ",
    "トクヒ",
    "ドク",
    "チドク",
    "ベン",
    "ギヨ",
    "シホウ",
    "ゼイ",
    "ダイ",
    "ノウ",
    "カンリ",
    "ロウム",
    "チユウ",
    "イザイ",
    "イシヤ",
    "イドウ",
    "株",
    "有",
    "名",
    "資",
    "同",
    "医",
    "財",
    "社",
    "宗",
    "学",
    "福",
    "一社",
    "一財",
    "公社",
    "公財",
)
_SPELLED: Final = (
    "株式会社",
    "有限会社",
    "合同会社",
    "合資会社",
    "合名会社",
    "相互会社",
    "医療法人",
    "医療法人社団",
    "医療法人財団",
    "社会福祉法人",
    "学校法人",
    "宗教法人",
    "一般社団法人",
    "一般財団法人",
    "公益社団法人",
    "公益財団法人",
    "特定非営利活動法人",
    "NPO法人",
    "社団法人",
    "財団法人",
    "カブシキガイシヤ",
    "カブシキカイシヤ",
    "ユウゲンガイシヤ",
    "ユウゲンカイシヤ",
    "ゴウドウガイシヤ",
    "ゴウドウカイシヤ",
    "ゴウシガイシヤ",
    "ゴウシカイシヤ",
    "ゴウメイガイシヤ",
    "ゴウメイカイシヤ",
    "イリヨウホウジン",
    "シヤカイフクシホウジン",
    "ガツコウホウジン",
    "シユウキヨウホウジン",
    "イツパンシヤダンホウジン",
    "イツパンザイダンホウジン",
    "コウエキシヤダンホウジン",
    "コウエキザイダンホウジン",
    "トクテイヒエイリカツドウホウジン",
)
_BANK_WORDS: Final = ("フリコミ", "振込")


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


_FRONT: Final = re.compile(
    rf"(?:{_any_of(_BANK_WORDS)})?(?:\(?(?:{_any_of(_ABBREVIATED)})\)|{_any_of(_SPELLED)})?",
)
_END: Final = re.compile(rf"(?:\((?:{_any_of(_ABBREVIATED)})\)?|{_any_of(_SPELLED)}|\()$")
_WITHIN: Final = re.compile(rf"\((?:{_any_of(_ABBREVIATED)})\)")
_PAYER_CODE: Final = re.compile(r"\s*(?:([0-9]{1,10})\s+(?=\S)|([0-9]{10})(?=[^0-9\s]))")
_WIDTHS_OF_CUT_NAMES: Final = 26
"""The narrowest field a name is cut to (with EDI information; 37 or 48 without)."""


@dataclass(frozen=True, slots=True)
class PayerName:
    """A name as written, split into what identifies the payer. Empty keys identify nobody."""

    written: str
    code: str
    key: str
    bare_key: str

    @property
    def cut_keys(self) -> tuple[str, ...]:
        """Keys to try as the beginning of a longer name, longest first; none when too short to identify (R15)."""
        if len(self.key) < SHORTEST_PREFIX:
            return ()
        shorter = self.key[:-1] if len(self.written) >= _WIDTHS_OF_CUT_NAMES else ""
        return tuple(key for key in (self.key, shorter) if len(key) >= SHORTEST_PREFIX)


@lru_cache(maxsize=65_536)
def payer_name(written: str) -> PayerName:
    """The name of a payer or customer with its keys; up to ten leading digits and a blank are a payer code."""
    text = unicodedata.normalize("NFKC", written)
    found = _PAYER_CODE.match(text)
    code = (found.group(1) or found.group(2)) if found else ""
    key = _key(text[found.end() :] if found else text)
    return PayerName(written.strip(), code, key, key.replace(_MARK, "") or key)


def _key(text: str) -> str:
    folded = "".join(text.upper().split()).translate(_FOLDING)
    bare = _without_forms(folded)
    return bare or folded


def _without_forms(folded: str) -> str:
    """Legal forms off at both ends, bracketed ones anywhere; a name that is nothing but a form stays."""
    return _WITHIN.sub("", _END.sub("", _FRONT.sub("", folded, count=1), count=1))
