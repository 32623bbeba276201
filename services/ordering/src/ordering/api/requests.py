"""What requests may say. Names as in answers; None = by the masters, or as it is."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chassis.http import (
    BusinessDate,
    Instant,
    MoneyText,
    PercentText,
    PriceText,
    QuantityInt,
    RequestModel,
    TaxPercentText,
    Text,
)
from ordering.core.asking import AskedChange, AskedCharge, AskedLine, AskedOc, AskedOrder
from ordering.core.buyer import A_GIFT, NOT_A_GIFT
from ordering.core.content import ChargeKind
from ordering.core.order import Channel
from ordering.store.orders import OrderRef
from ordering.usecases.confirmations import MakeOc
from ordering.usecases.deeds import AssignCustomer, ConfirmOrder, OnOrder

OrderNumber = Annotated[str, Text(30, pattern=r"[A-Za-z0-9_-]+", wording="half-width letters, digits, - and _")]
SkuCode = Annotated[str, Text(30, pattern=r"[A-Za-z0-9_-]+", wording="half-width letters, digits, - and _")]
CustomerCode = Annotated[str, Text(10)]
Reason = Annotated[str, Text(1_000, lines=True)]
Note = Annotated[str, Text(1_000, blank=True, lines=True)]
ShipToNumber = Annotated[int, Field(ge=0, le=9_999)]
Pieces = Annotated[int, Field(ge=1, le=1_000_000_000)]
MOST_LINES = 1_000
_ENTERED = Literal[Channel.API, Channel.PROXY, Channel.OFFLINE]


class LineRequest(RequestModel):
    """A row by SKU id or code, or a custom item with name, price and tax rate. Overrides of price, rate and tax, and
    custom items, need the permission `order.price` (ORD-036)."""

    sku_id: UUID | None = None
    sku_code: SkuCode | None = None
    product_name: Annotated[str, Text(255, blank=True)] = ""
    quantity: Pieces
    original_price: PriceText | None = None
    unit_price: PriceText | None = None
    wholesale_rate: PercentText | None = None
    tax_rate: TaxPercentText | None = None
    option: Annotated[str, Text(255, blank=True)] = ""
    planned_from: BusinessDate | None = None
    planned_to: BusinessDate | None = None
    ship_to_number: ShipToNumber = 0

    @property
    def overrides(self) -> bool:
        given = (self.original_price, self.unit_price, self.wholesale_rate, self.tax_rate)
        return any(one is not None for one in given) or (self.sku_id is None and self.sku_code is None)

    def asked(self) -> AskedLine:
        return AskedLine(
            quantity=self.quantity,
            sku_id=self.sku_id,
            sku_code=self.sku_code,
            product_name=self.product_name,
            original_price=self.original_price,
            unit_price=self.unit_price,
            rate=self.wholesale_rate,
            tax_rate=self.tax_rate,
            option=self.option,
            planned_from=self.planned_from,
            planned_to=self.planned_to,
            ship_to_number=self.ship_to_number,
        )


class ChargeRequest(RequestModel):
    """An order-level amount, tax-inclusive; deductions by their positive amount. Without `tax_rate` the maker's
    standard rate; `prorated` shares coupons and points over the rates (INT-052)."""

    kind: ChargeKind
    amount: MoneyText
    tax_rate: TaxPercentText | None = None
    prorated: bool = False

    def asked(self) -> AskedCharge:
        return AskedCharge(self.kind, self.amount, self.tax_rate, self.prorated)


class PlaceOrderRequest(RequestModel):
    """An order. The customer by id or code; `number` is given by the system when left out; `medium` says how a proxy
    order came in (phone, mail, fax: ORD-030)."""

    customer_id: UUID | None = None
    customer_code: CustomerCode | None = None
    number: OrderNumber | None = None
    channel: _ENTERED = Channel.API
    medium: Annotated[str, Text(50, blank=True)] = ""
    currency: Annotated[str, Text(3)] | None = None
    ordered_at: Instant | None = None
    purchase_order_number: Annotated[str, Text(30, blank=True)] = ""
    wished_on: BusinessDate | None = None
    remark: Annotated[str, Text(10_000, blank=True, lines=True)] = ""
    worker_memo: Annotated[str, Text(10_000, blank=True, lines=True)] = ""
    is_gift: bool = False
    ship_to_number: ShipToNumber = 0
    price_is_net: bool = False
    lines: Annotated[list[LineRequest], Field(min_length=1, max_length=MOST_LINES)]
    shipping_fee: PriceText | None = None
    charges: Annotated[list[ChargeRequest], Field(max_length=30)] = Field(default_factory=list)

    @model_validator(mode="after")
    def _names_its_customer(self) -> Self:
        _check_one_name(self.customer_id, self.customer_code, "customer_id, customer_code")
        return self

    @property
    def overrides(self) -> bool:
        """Whether it needs `order.price`."""
        return bool(self.price_is_net or any(line.overrides for line in self.lines))

    def asked(self) -> AskedOrder:
        return AskedOrder(
            lines=[line.asked() for line in self.lines],
            customer_id=self.customer_id,
            customer_code=self.customer_code,
            number=self.number,
            channel=self.channel,
            currency=self.currency,
            ordered_at=self.ordered_at,
            purchase_order_number=self.purchase_order_number,
            wished_on=self.wished_on,
            remark=self.remark,
            worker_memo=self.worker_memo,
            medium=self.medium,
            gift=A_GIFT if self.is_gift else NOT_A_GIFT,
            ship_to_number=self.ship_to_number,
            shipping_fee=self.shipping_fee,
            charges=[charge.asked() for charge in self.charges],
            price_is_net=self.price_is_net,
        )


class OrderNamed(RequestModel):
    """The order a bulk command is about, by id or by number."""

    order_id: UUID | None = None
    number: OrderNumber | None = None

    @model_validator(mode="after")
    def _names_one_order(self) -> Self:
        _check_one_name(self.order_id, self.number, "order_id, number")
        return self

    @property
    def ref(self) -> OrderRef:
        return self.order_id or self.number or ""


class ReasonRequest(RequestModel):
    """Why."""

    reason: Reason

    def command(self, order: OrderRef, version: int | None = None) -> OnOrder:
        return OnOrder(order, self.reason, version)


class NamedReasonRequest(OrderNamed, ReasonRequest):
    """Why, for one order of many."""

    def one(self) -> OnOrder:
        return OnOrder(self.ref, self.reason)


class NoteRequest(RequestModel):
    """A note, if any."""

    note: Note = ""

    def command(self, order: OrderRef, version: int | None = None) -> OnOrder:
        return OnOrder(order, self.note, version)


class NamedNoteRequest(OrderNamed, NoteRequest):
    """A note, if any, for one order of many."""

    def one(self) -> OnOrder:
        return OnOrder(self.ref, self.note)


class ConfirmRequest(RequestModel):
    """Confirm on a business date, today in the maker's zone when left out."""

    confirmed_on: BusinessDate | None = None
    note: Note = ""

    def command(self, order: OrderRef, version: int | None = None) -> ConfirmOrder:
        return ConfirmOrder(order, self.confirmed_on, self.note, version)


class NamedConfirmRequest(OrderNamed, ConfirmRequest):
    """Confirm one order of many."""

    def one(self) -> ConfirmOrder:
        return ConfirmOrder(self.ref, self.confirmed_on, self.note)


class ApproveRequest(RequestModel):
    """Approve by hand. `confirm`: whether approving confirms too; left out, it does in automatic mode (ORD-100)."""

    note: Note = ""
    confirm: bool | None = None
    confirmed_on: BusinessDate | None = None

    def command(self, order: OrderRef, version: int | None = None) -> ConfirmOrder:
        return ConfirmOrder(order, self.confirmed_on, self.note, version, self.confirm)


class NamedApproveRequest(OrderNamed, ApproveRequest):
    """Approve one order of many."""

    def one(self) -> ConfirmOrder:
        return ConfirmOrder(self.ref, self.confirmed_on, self.note, None, self.confirm)


class AssignRequest(RequestModel):
    """The customer a held order gets."""

    customer_code: CustomerCode

    def command(self, order: OrderRef, version: int | None = None) -> AssignCustomer:
        return AssignCustomer(order, self.customer_code, version)


class NamedAssignRequest(OrderNamed, AssignRequest):
    """The customer one held order of many gets."""

    def one(self) -> AssignCustomer:
        return AssignCustomer(self.ref, self.customer_code)


class ChangeRequest(RequestModel):
    """What becomes of one line, named by number or SKU code (or both, which must agree); quantity 0 drops it.
    `unit_price` fixes the wholesale price and goes before the rate (ORD-071)."""

    line_no: Annotated[int, Field(ge=1, le=100_000)] | None = None
    sku_code: SkuCode | None = None
    quantity: QuantityInt | None = None
    wholesale_rate: PercentText | None = None
    original_price: PriceText | None = None
    unit_price: PriceText | None = None
    tax_rate: TaxPercentText | None = None
    option: Annotated[str, Text(255, blank=True)] | None = None
    planned_from: BusinessDate | None = None
    planned_to: BusinessDate | None = None

    @model_validator(mode="after")
    def _names_a_line(self) -> Self:
        if self.line_no is None and self.sku_code is None:
            raise PydanticCustomError("REQUIRED", "name a line by line_no or sku_code")
        return self

    def asked(self) -> AskedChange:
        return AskedChange(
            line_no=self.line_no,
            sku_code=self.sku_code,
            quantity=self.quantity,
            rate=self.wholesale_rate,
            original_price=self.original_price,
            unit_price=self.unit_price,
            tax_rate=self.tax_rate,
            option=self.option,
            planned_from=self.planned_from,
            planned_to=self.planned_to,
        )


class OcRequest(RequestModel):
    """A new OC version, from the official content with these changes. `shipping_fee` is tax-inclusive at the maker's
    standard rate and stands for an imported 発送料; `charges` set the amount of their kind and rate, 0 takes it away.
    `confirm` fixes the OC in the same deed, on `confirmed_on` (ORD-070, ORD-071, ORD-074)."""

    changes: Annotated[list[ChangeRequest], Field(max_length=MOST_LINES)] = Field(default_factory=list)
    added_lines: Annotated[list[LineRequest], Field(max_length=MOST_LINES)] = Field(default_factory=list)
    shipping_fee: PriceText | None = None
    charges: Annotated[list[ChargeRequest], Field(max_length=30)] = Field(default_factory=list)
    require_approval: bool = False
    confirm: bool = False
    confirmed_on: BusinessDate | None = None
    note: Note = ""

    def command(self, order: OrderRef, version: int | None = None) -> MakeOc:
        asked = AskedOc(
            changes=[change.asked() for change in self.changes],
            added=[line.asked() for line in self.added_lines],
            shipping_fee=self.shipping_fee,
            charges=[charge.asked() for charge in self.charges],
            approval_required=self.require_approval,
        )
        return MakeOc(order, asked, self.note, self.confirm, self.confirmed_on, version)


class NamedOcRequest(OrderNamed, OcRequest):
    """A new OC version of one order of many."""

    def one(self) -> MakeOc:
        return self.command(self.ref)


def _check_one_name(one: object, other: object, names: str) -> None:
    if (one is None) == (other is None):
        raise PydanticCustomError("NAME_ONE", "name exactly one of {names}", {"names": names})
