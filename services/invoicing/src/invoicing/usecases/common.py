"""What several use cases need: the maker, its day, and names of things as people write them."""

from __future__ import annotations

from datetime import date
from typing import Final, TypeAlias
from uuid import UUID

from chassis.tx import Tx
from invoicing.core.parties import Maker
from kernel.calendar import business_date
from kernel.refusal import Refusal

Ref: TypeAlias = UUID | str
"""An id, or the number or code people know it by."""

HOME: Final = "Asia/Tokyo"
MAKER_MISSING: Final = Refusal("FACTS_MISSING", {"fact": "maker"})
"""The maker's own state has not arrived; nothing can be issued in its name yet."""


def today(tx: Tx, maker: Maker | None) -> date:
    """The business date where the maker is; in Japan while the maker's state has not arrived (GEN-004)."""
    return business_date(tx.now, maker.time_zone if maker else HOME)


def named(text: str) -> Ref:
    """The id this text spells, or the number or code it is."""
    try:
        return UUID(text) if len(text) in (32, 36) else text
    except ValueError:
        return text
