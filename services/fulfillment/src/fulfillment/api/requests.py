"""Request parts that several routes take. Orders, customers and locations are named by id, or by number or code."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from chassis.http import RequestModel, TaxPercentText, Text
from fulfillment.core.asks import ChargeAsk, LineAsk, OrderRef
from fulfillment.core.parts import Address, ChargeId, OrderLineId
from kernel.money import Rate

Pieces = Annotated[int, Field(ge=1, le=1_000_000_000)]
LineNumber = Annotated[int, Field(ge=1, le=1_000_000)]
OrderNumber = Annotated[str, Text(100)]
Code = Annotated[str, Text(50)]
SkuCode = Annotated[str, Text(100)]
Reason = Annotated[str, Text(500)]
Line = Annotated[str, Text(200, blank=True)]
Lines = Annotated[str, Text(2_000, blank=True, lines=True)]


def one_of(**given: object) -> None:
    """Raises the field problem ONE_OF unless exactly one of them was given."""
    if sum(value is not None for value in given.values()) != 1:
        raise PydanticCustomError("ONE_OF", "one of them", {"fields": ", ".join(given)})


class AddressRequest(RequestModel):
    """A destination as it is printed."""

    postal_code: Annotated[str, Text(20, blank=True)] = ""
    address1: Line = ""
    address2: Line = ""
    name: Annotated[str, Text(200)]
    department: Line = ""
    kana: Line = ""
    phone: Annotated[str, Text(30, blank=True)] = ""

    def address(self) -> Address:
        return Address(
            postal_code=self.postal_code,
            address1=self.address1,
            address2=self.address2,
            name=self.name,
            department=self.department,
            kana=self.kana,
            phone=self.phone,
        )


class OrderPart(RequestModel):
    """Base of what names an order: `order_id` or `order_number`."""

    order_id: UUID | None = None
    order_number: OrderNumber | None = None

    @model_validator(mode="after")
    def _names_one_order(self) -> OrderPart:
        one_of(order_id=self.order_id, order_number=self.order_number)
        return self

    @property
    def order(self) -> OrderRef:
        return self.order_number if self.order_id is None else self.order_id  # type: ignore[return-value]  # one_of


class LineRequest(OrderPart):
    """Pieces of an order: of the line named, of the SKU named, or of the whole order. Without quantity: all open."""

    line_id: UUID | None = None
    line_no: LineNumber | None = None
    sku_code: SkuCode | None = None
    quantity: Pieces | None = None

    def ask(self, field: str) -> LineAsk:
        line_id = None if self.line_id is None else OrderLineId(self.line_id)
        return LineAsk(self.order, self.quantity, line_id, self.line_no, self.sku_code, field)


class ChargeRequest(OrderPart):
    """A stocked charge by id, or the order's charges of this kind and rate."""

    charge_id: UUID | None = None
    kind: Code | None = None
    tax_rate: TaxPercentText | None = None

    @model_validator(mode="after")
    def _names_one_charge(self) -> ChargeRequest:
        one_of(charge_id=self.charge_id, kind=self.kind)
        return self

    def ask(self, field: str) -> ChargeAsk:
        charge_id = None if self.charge_id is None else ChargeId(self.charge_id)
        rate = None if self.tax_rate is None else Rate.of(self.tax_rate)
        return ChargeAsk(self.order, charge_id, self.kind, rate, field)
