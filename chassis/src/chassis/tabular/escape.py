"""Text that a spreadsheet would take for a formula, made harmless on export and restored on import (INT-014)."""

from __future__ import annotations

import re
from typing import Final

_FORMULA: Final = re.compile("'*[=+\\-@\t\r\x00＝＋－＠]")
_ESCAPED: Final = re.compile("'+[=+\\-@\t\r\x00＝＋－＠]")


def escape(text: str) -> str:
    """A leading `'` before text that starts like a formula. For text cells only: numbers stay numbers."""
    return "'" + text if _FORMULA.match(text) else text


def unescaped(text: str) -> str:
    """What `escape` was given."""
    return text[1:] if _ESCAPED.match(text) else text
