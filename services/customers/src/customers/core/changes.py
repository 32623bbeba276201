"""A change names only what changes: everything else keeps its value (INT-011: blank = keep)."""

from __future__ import annotations

from enum import Enum
from typing import Final, TypeVar

T = TypeVar("T")


class Keep(Enum):
    """The one value that stands for "as it is"; None is a value of its own (nothing, unlimited)."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


def kept(new: T | Keep, old: T) -> T:
    """The new value, or the old one where nothing new is said."""
    return old if isinstance(new, Keep) else new
