"""Addresses that are only printed are stored as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from customers.core.address import Address


def packed(address: Address) -> dict[str, str]:
    """The address as JSON."""
    return asdict(address)


def unpacked(stored: Mapping[str, Any]) -> Address:
    """The address in JSON."""
    return Address(**stored)
