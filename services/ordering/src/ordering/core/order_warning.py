"""What the user should know about an order although nothing was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OrderWarning:
    """A warning of an order; `facts` fill its text in the user's language."""

    code: str
    facts: Mapping[str, str]
