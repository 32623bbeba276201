"""What several use cases need: the maker, its day, and names of things as people write them."""

from __future__ import annotations

from datetime import date
from typing import TypeAlias
from uuid import UUID

from chassis.tx import Tx
from invoicing.core.parties import Maker
from invoicing.store import parties
from kernel.calendar import business_date
from kernel.refusal import Refusal

Ref: TypeAlias = UUID | str
"""An id, or the number or code people know it by."""

MAKER_MISSING = Refusal("FACTS_MISSING", {"fact": "maker"})
"""The maker's own state has not arrived; nothing can be issued in its name yet."""


async def issuing_maker(tx: Tx) -> Maker | Refusal:
    """The maker that issues, with its offices and accounts. Refuses with FACTS_MISSING."""
    return await parties.load_maker(tx) or MAKER_MISSING


def today(tx: Tx, maker: Maker) -> date:
    """The business date where the maker is (GEN-004)."""
    return business_date(tx.now, maker.time_zone)
