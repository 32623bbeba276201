"""Text as it is stored: NFC, trimmed, without control characters (GEN-015); and registration numbers (CUS-007)."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

_BLANKS: Final = " \u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_FORBIDDEN_IN_LINES: Final = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_BREAK: Final = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_REGISTRATION_NUMBER: Final = re.compile("T[0-9]{13}")


class BadText(ValueError):
    """A character that no stored text may hold; tells its position (from 1) and code point, never the text."""

    def __init__(self, position: int, code_point: int) -> None:
        super().__init__(f"character {position} is U+{code_point:04X}, which is not allowed in text")
        self.position = position
        self.code_point = code_point


class RegistrationNumberProblem(StrEnum):
    """What is wrong with a qualified-invoice registration number; a wrong check digit only warns (CUS-007)."""

    FORMAT = "REG_NO_FORMAT"
    CHECK_DIGIT = "REG_NO_CHECK_DIGIT"

    @property
    def is_warning(self) -> bool:
        """Sole traders' numbers need not satisfy the corporate check digit, so it never refuses."""
        return self is RegistrationNumberProblem.CHECK_DIGIT


def clean(text: str) -> str:
    """One line of text as stored: NFC, blanks cut at both ends. Raises BadText on control characters, line breaks
    and lone surrogates."""
    return _checked(text, _FORBIDDEN).strip(_BLANKS)


def clean_lines(text: str) -> str:
    """Text of several lines as stored: like `clean`, line breaks kept as a single line feed. Raises BadText."""
    return _checked(_LINE_BREAK.sub("\n", text), _FORBIDDEN_IN_LINES).strip(_BLANKS + "\n")


def registration_number_problem(number: str) -> RegistrationNumberProblem | None:
    """What is wrong with a registration number (登録番号): `T` and 13 half-width digits, corporate check digit."""
    if not _REGISTRATION_NUMBER.fullmatch(number):
        return RegistrationNumberProblem.FORMAT
    if corporate_check_digit(number[2:]) != int(number[1]):
        return RegistrationNumberProblem.CHECK_DIGIT
    return None


def corporate_check_digit(twelve_digits: str) -> int:
    """The digit in front of the twelve of a corporate number: 9 - (Σ digit × weight mod 9), weights 1, 2 from the
    right (R21)."""
    weighted = (int(digit) * (2 if index % 2 else 1) for index, digit in enumerate(reversed(twelve_digits)))
    return 9 - sum(weighted) % 9


def _checked(text: str, forbidden: re.Pattern[str]) -> str:
    found = forbidden.search(text)
    if found is not None:
        raise BadText(found.start() + 1, ord(found.group()))
    return text if text.isascii() else unicodedata.normalize("NFC", text)
