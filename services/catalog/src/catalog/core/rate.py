"""The wholesale rate of one product for one customer (卸先ごとの卸掛率), first in the priority of CAT-052."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CustomerRate:
    """`wholesale_rate` in percent; None takes the rate away again."""

    product_id: UUID
    customer_id: UUID
    wholesale_rate: Decimal | None
    version: int = 0
