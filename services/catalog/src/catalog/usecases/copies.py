"""Facts of other services that catalog keeps."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from catalog.store import masters
from catalog.store.masters import CustomerCopy
from chassis.tx import Tx


async def maker(tx: Tx, *, language: str, currencies: Collection[str], version: int) -> None:
    """The newer preferences win."""
    await masters.copy_maker(tx, default_language=language, currencies=currencies, version=version)


async def customers(tx: Tx, known: Sequence[CustomerCopy]) -> None:
    """The newer state wins."""
    await masters.copy_customers(tx, known)
