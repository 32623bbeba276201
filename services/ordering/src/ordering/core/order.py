"""The order: its state, what can happen to it, and how it looks afterwards.

The placed content is immutable; later changes live in order confirmations (OC), the newest of which is the official
content (ORD-015). What can happen to an order is in `events`, decisions are in `placing`, `confirming` and `deeds`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from kernel.money import Currency, Money
from ordering.core.buyer import CUSTOMER_CLASS, NOT_A_GIFT, Buyer
from ordering.core.content import ChargeEntry, Content
from ordering.core.order_warning import OrderWarning
from ordering.core.standing import Standing, exposed
from ordering.core.states import OrderState


class Channel(StrEnum):
    """How an order came in (ORD-010)."""

    WEB = "web"
    ORDER_LINK = "order_link"
    STOCK_SALE = "stock_sale"
    PROXY = "proxy"
    OFFLINE = "offline"
    IMPORT = "import"
    API = "api"


@dataclass(frozen=True, slots=True)
class Heading:
    """What an order says beside lines and amounts. `remark` is time slot and remark joined (INT-059); the wished date
    is the buyer's, the worker memo internal. Class and gift are fixed for imported orders (INT-058)."""

    purchase_order_number: str = ""
    wished_on: date | None = None
    time_slot: str = ""
    remark: str = ""
    worker_memo: str = ""
    medium: str = ""
    customer_class: str = CUSTOMER_CLASS
    gift: str = NOT_A_GIFT
    price_is_net: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """Who did it, when, and why or with which note."""

    by: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """One version of the order confirmation (注文確認書). It names the content it shows: its own, or an earlier one
    that it leaves unchanged."""

    version: int
    content_version: int
    approval_required: bool
    created: Signature
    approved: Signature | None = None
    rejected: Signature | None = None
    confirmed: Signature | None = None
    confirmed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Pieces of one line that left on delivery notes, and pieces that never will."""

    shipped: int = 0
    closed: int = 0


NOTHING_DELIVERED: Final = Progress()
_NO_PROGRESS: Final[Mapping[UUID, Progress]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Order:
    """The aggregate. `contents` and `confirmations` are in order of version; `progress` by line id holds only lines
    with movement and is `standing`'s to change; `entries` are the order-level amounts as entered (ORD-067). When
    fulfillment had the unshipped SKUs (`stocked_at`) is told, never decided here."""

    order_id: UUID
    number: str
    channel: Channel
    currency: Currency
    ordered_at: datetime
    ordered_on: date
    customer_code: str
    buyer: Buyer | None
    state: OrderState
    heading: Heading
    entries: tuple[ChargeEntry, ...]
    contents: tuple[Content, ...]
    confirmations: tuple[Confirmation, ...]
    warnings: tuple[OrderWarning, ...]
    on_hold: bool
    over_limit: bool
    progress: Mapping[UUID, Progress]
    standing: Standing
    placed: Signature
    version: int
    stocked_at: datetime | None = None

    @property
    def oc(self) -> Confirmation | None:
        """The newest order confirmation."""
        return self.confirmations[-1] if self.confirmations else None

    @property
    def content(self) -> Content:
        """The official content: the newest OC's, else the order as placed (ORD-015, ORD-092)."""
        return self.content_at(self.oc.content_version) if self.oc else self.contents[0]

    @property
    def grand_total(self) -> Money:
        return self.content.totals.grand_total

    @property
    def customer_id(self) -> UUID | None:
        return self.buyer.customer_id if self.buyer else None

    def content_at(self, version: int) -> Content:
        """The content with that version number."""
        if version == 0:
            return self.contents[0]
        return next(content for content in self.contents if content.version == version)

    def progress_of(self, line_id: UUID) -> Progress:
        return self.progress.get(line_id, NOTHING_DELIVERED)

    @property
    def exposed(self) -> Money:
        """What the order has in its customer's ordered bucket (CUS-065)."""
        return exposed(self.state, self.customer_id, self.standing)
