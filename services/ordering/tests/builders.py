"""Makers, SKUs, customers and orders with defaults; a test spells out only what matters to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.money import JPY, Currency, Money, Rate, Rounding
from kernel.refusal import Refusal
from ordering.core.content import ChargeEntry
from ordering.core.credit import Exposure
from ordering.core.events import History, OrderEvent
from ordering.core.market import Address, Customer, Market, Preferences, Sku, Tax, TaxTable
from ordering.core.order import Channel, Heading, Order, Signature
from ordering.core.placing import PlaceOrder, WantedLine, place

NOW: Final = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)
TODAY: Final = date(2026, 6, 1)
TEN: Final = Rate.of(10)
EIGHT: Final = Rate.of(8)
ZERO: Final = Rate.of(0)


def an_id(number: int) -> UUID:
    """The same id for the same number, in the shape of a UUIDv7."""
    return UUID(int=(0x0190 << 112) | (0x7 << 76) | (0b10 << 62) | number)


def ids(start: int = 1_000_000) -> Iterator[UUID]:
    """New ids that repeat in every run."""
    return (an_id(number) for number in count(start))


def yen(amount: int | str) -> Money:
    return Money.of(amount, JPY)


def signed(note: str = "", by: str = "user-1") -> Signature:
    return Signature(by, NOW, note)


CONSUMPTION_TAX: Final = Tax(an_id(10), TEN, False, Rounding.FLOOR, "JP", True, True)
REDUCED_TAX: Final = Tax(an_id(8), EIGHT, True, Rounding.FLOOR, "JP", False, True)
TAXES: Final = TaxTable.of([CONSUMPTION_TAX, REDUCED_TAX])


def preferences(
    *, price_rounding: Rounding = Rounding.FLOOR, prices_include_tax: bool = False, automatic: bool = True
) -> Preferences:
    return Preferences(
        currency=JPY,
        time_zone=ZoneInfo("Asia/Tokyo"),
        price_rounding=price_rounding,
        prices_include_tax=prices_include_tax,
        converts_at_confirmation=automatic,
        strict_import=False,
    )


def a_sku(
    code: str = "AP-1",
    *,
    number: int = 100,
    price: int | str = 10_000,
    tax: Tax | None = CONSUMPTION_TAX,
    rate: str | None = None,
    state: str = "on_sale",
    currency: str = "JPY",
) -> Sku:
    return Sku(
        sku_id=an_id(number),
        code=code,
        product_id=an_id(number + 50_000),
        name=f"商品 {code}",
        state=state,
        prices={currency: Decimal(price)},
        tax_id=tax.tax_id if tax else None,
        wholesale_rate=Rate.of(rate) if rate else None,
    )


SHIRT: Final = a_sku("AP-1", number=100, price=10_000)
TEA: Final = a_sku("MD-1", number=200, price=1_000, tax=REDUCED_TAX)


def a_customer(
    code: str = "C000122", *, number: int = 900, rate: str | None = "65", limit: int | None = None, active: bool = True
) -> Customer:
    home = Address(
        "980-4994", "仙台市青葉区見本町4-26-6", "デモビル6階", "株式会社玉野井", "仕入部", "タマノイ", "022-0000-7390"
    )
    depot = Address("060-0000", "札幌市中央区見本町1", "", "玉野井 札幌倉庫", "", "タマノイソウコ", "011-0000-1")
    return Customer(
        customer_id=an_id(number),
        code=code,
        address=home,
        destination=depot,
        email="shop@shop.example",
        payment_category="銀行振込",
        shipping_category="宅配便",
        wholesale_rate=Rate.of(rate) if rate else None,
        credit_limit=None if limit is None else Decimal(limit),
        active=active,
    )


CUSTOMER: Final = a_customer()


def a_market(
    *,
    skus: Sequence[Sku] = (SHIRT, TEA),
    customers: Sequence[Customer] = (CUSTOMER,),
    rates: Mapping[tuple[UUID, UUID], Rate] | None = None,
    chosen: Preferences | None = None,
    taxes: TaxTable = TAXES,
) -> Market:
    return Market(
        preferences=chosen or preferences(),
        taxes=taxes,
        skus={sku.code.upper(): sku for sku in skus},
        customers={customer.code: customer for customer in customers},
        customer_rates=rates or {},
    )


def a_row(
    sku: Sku = SHIRT,
    quantity: int = 1,
    *,
    price: int | str | None = None,
    rate: str | None = None,
    tax: Rate | None = None,
    currency: Currency = JPY,
) -> WantedLine:
    own = {CONSUMPTION_TAX.tax_id: TEN, REDUCED_TAX.tax_id: EIGHT}.get(sku.tax_id or UUID(int=0), ZERO)
    return WantedLine(
        sku=sku,
        sku_code=sku.code,
        product_name="",
        quantity=quantity,
        original_price=Money.of(price if price is not None else sku.prices[currency.code], currency),
        tax_rate=tax or own,
        rate=Rate.of(rate) if rate else None,
    )


def a_wish(
    *rows: WantedLine,
    entries: tuple[ChargeEntry, ...] = (),
    customer: Customer | None = CUSTOMER,
    number: str = "W1",
    heading: Heading | None = None,
    order_id: UUID | None = None,
    currency: Currency = JPY,
) -> PlaceOrder:
    return PlaceOrder(
        order_id=order_id or an_id(1),
        number=number,
        channel=Channel.API,
        currency=currency,
        ordered_at=NOW,
        ordered_on=TODAY,
        customer_code=customer.code if customer else "NOPE",
        customer=customer,
        heading=heading or Heading(),
        lines=rows or (a_row(SHIRT, 10),),
        entries=entries,
        signed=signed(),
    )


def an_order(
    *rows: WantedLine,
    entries: tuple[ChargeEntry, ...] = (),
    customer: Customer | None = CUSTOMER,
    market: Market | None = None,
    number: str = "W1",
    order_id: UUID | None = None,
) -> Order:
    wish = a_wish(*rows, entries=entries, customer=customer, number=number, order_id=order_id)
    order = place(wish, market or a_market(), ids(5_000))
    assert isinstance(order, Order)
    return order


def an_exposure(*, limit: int | None = None, ordered: int = 0, posted: int = 0, currency: Currency = JPY) -> Exposure:
    return Exposure(currency, Decimal(ordered), Decimal(posted), None if limit is None else Decimal(limit))


def after(order: Order, decision: list[OrderEvent] | tuple[Refusal, ...]) -> Order:
    """The order after a deed that must have been accepted."""
    assert isinstance(decision, list), decision
    return History.untouched(order).then(decision).after


def codes(decision: object) -> list[str]:
    """The codes of a deed that must have been refused."""
    assert isinstance(decision, tuple), decision
    return [problem.code for problem in decision]
