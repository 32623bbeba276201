"""Customers that look like the same company twice (CUS-046): a warning, never an error."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from customers.core.customer import Profile


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
    return "".join(_katakana(letter) for letter in _plain(text))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _katakana(letter: str) -> str:
    return chr(ord(letter) + 0x60) if "ぁ" <= letter <= "ゖ" else letter
