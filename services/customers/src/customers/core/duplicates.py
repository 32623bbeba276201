"""Customers that look like the same company twice (CUS-046): a warning, never an error."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import Final

from customers.core.customer import Profile

_KATAKANA: Final = {hiragana: hiragana + 0x60 for hiragana in range(ord("ぁ"), ord("ゖ") + 1)}


@dataclass(frozen=True, slots=True)
class LikenessKeys:
    """What two records of one company have in common; None where there is nothing to compare."""

    name_and_phone: str | None
    email: str | None


def likeness(profile: Profile) -> LikenessKeys:
    """The keys of a customer. A name alone says nothing: branches and namesakes share it."""
    digits = "".join(letter for letter in _plain(profile.address.phone) if letter.isdigit())
    name = "".join(_plain(profile.address.name).split())
    return LikenessKeys(f"{name}/{digits}" if name and digits else None, _plain(profile.email) or None)


def search_text(code: str, profile: Profile) -> str:
    """What a list search looks into: code, name, department, kana and e-mail, width and case and kana kind ignored."""
    address = profile.address
    return searchable(" ".join((code, address.name, address.department, address.kana, profile.email)))


def searchable(text: str) -> str:
    """Text as it is compared in searches: NFKC, lower case, hiragana as katakana."""
    return _plain(text).translate(_KATAKANA)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()
