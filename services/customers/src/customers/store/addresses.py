"""Addresses that are only printed are stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from customers.core.address import FIELDS, Address


def packed(address: Address) -> dict[str, str]:
    """The address as JSON. Written out because `asdict` copies deeply, which a file of 10,000 rows feels."""
    return {name: getattr(address, name) for name in FIELDS}


def unpacked(stored: Mapping[str, Any]) -> Address:
    """The address in JSON."""
    return Address(**stored)
