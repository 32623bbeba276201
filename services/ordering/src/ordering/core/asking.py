"""What people ask for by name (codes, ids, plain numbers) becomes commands with facts, or every reason why not.

Field paths are JSON pointers into the request: `/lines/0/sku_code`. The order of the checks is the order of the form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeAlias
from uuid import UUID

from kernel.money import Currency, Money, Rate, UnknownCurrency
from kernel.refusal import Refusal
from ordering.core.buyer import NOT_A_GIFT
from ordering.core.confirming import CreateOc, LineChange
from ordering.core.content import DEDUCTIONS, ChargeEntry, ChargeKind
from ordering.core.deeds import Confirm
from ordering.core.market import Customer, Market, Sku
from ordering.core.order import Channel, Heading, Signature
from ordering.core.placing import PlaceOrder, WantedLine

Problems: TypeAlias = tuple[Refusal, ...]
_PRORATABLE: Final = frozenset({ChargeKind.COUPON, ChargeKind.POINTS})


@dataclass(frozen=True, slots=True)
class AskedLine:
    """A row by SKU id or code; with neither it is a custom item, which needs a name, a price and a tax rate (ORD-036).
    None = by the masters: price (CAT-050), rate (CAT-052), tax (CAT-012)."""

    quantity: int
    sku_id: UUID | None = None
    sku_code: str | None = None
    product_name: str = ""
    original_price: Decimal | None = None
    unit_price: Decimal | None = None
    rate: Decimal | None = None
    tax_rate: Decimal | None = None
    option: str = ""
    planned_from: date | None = None
    planned_to: date | None = None
    ship_to_number: int = 0


@dataclass(frozen=True, slots=True)
class AskedCharge:
    """An order-level amount, tax-inclusive; deductions (coupon, points, payment points) by their positive amount.
    Without `tax_rate`: prorated when asked so, else the maker's standard rate; payment points have none."""

    kind: ChargeKind
    amount: Decimal
    tax_rate: Decimal | None = None
    prorated: bool = False


@dataclass(frozen=True, slots=True)
class AskedOrder:
    """An order as a form or program sends it. The customer by id or code; `currency` None = the maker's."""

    lines: Sequence[AskedLine]
    customer_id: UUID | None = None
    customer_code: str | None = None
    number: str | None = None
    channel: Channel = Channel.API
    currency: str | None = None
    ordered_at: datetime | None = None
    purchase_order_number: str = ""
    wished_on: date | None = None
    remark: str = ""
    worker_memo: str = ""
    medium: str = ""
    gift: str = NOT_A_GIFT
    ship_to_number: int = 0
    shipping_fee: Decimal | None = None
    charges: Sequence[AskedCharge] = ()
    price_is_net: bool = False


@dataclass(frozen=True, slots=True)
class AskedChange:
    """What becomes of one line of an OC, named by number or SKU code; None = as it is, quantity 0 drops it."""

    line_no: int | None = None
    sku_code: str | None = None
    quantity: int | None = None
    rate: Decimal | None = None
    original_price: Decimal | None = None
    unit_price: Decimal | None = None
    tax_rate: Decimal | None = None
    option: str | None = None
    planned_from: date | None = None
    planned_to: date | None = None


@dataclass(frozen=True, slots=True)
class AskedOc:
    """A new OC version of one order."""

    changes: Sequence[AskedChange] = ()
    added: Sequence[AskedLine] = ()
    shipping_fee: Decimal | None = None
    charges: Sequence[AskedCharge] = ()
    approval_required: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What the shell adds to an asked order: ids, the time, and who asks."""

    order_id: UUID
    now: datetime
    signed: Signature


def order_of(asked: AskedOrder, given: Given, market: Market) -> PlaceOrder | Problems:
    """The command to place this order; its number may still be open (blank). All problems at once (GEN-010)."""
    currency = _currency(asked.currency, market)
    if isinstance(currency, Refusal):
        return (currency,)
    customer = _customer(asked, market)
    resolver = _Resolver(market, currency)
    lines = resolver.lines(asked.lines, "/lines")
    entries = resolver.entries(asked.shipping_fee, asked.charges)
    problems = [
        *([customer] if isinstance(customer, Refusal) else _ship_to_problems(asked, customer)),
        *resolver.problems,
    ]
    if problems or isinstance(customer, Refusal):
        return tuple(problems)
    zone, ordered_at = market.preferences.time_zone, asked.ordered_at or given.now
    return PlaceOrder(
        order_id=given.order_id,
        number=asked.number or "",
        channel=asked.channel,
        currency=currency,
        ordered_at=ordered_at,
        ordered_on=ordered_at.astimezone(zone).date(),
        customer_code=customer.code,
        customer=customer,
        heading=_heading(asked),
        lines=lines,
        entries=entries,
        signed=given.signed,
        ship_to_number=asked.ship_to_number,
    )


def oc_of(
    asked: AskedOc, currency: Currency, market: Market, *, signed: Signature, then_confirm: Confirm | None
) -> CreateOc | Problems:
    """The command to make this OC version. All problems at once."""
    resolver = _Resolver(market, currency)
    changes = [resolver.change(change, f"/changes/{at}") for at, change in enumerate(asked.changes)]
    added = resolver.lines(asked.added, "/added_lines")
    charges = resolver.entries(None, asked.charges, proratable=frozenset())
    fee = resolver.money(asked.shipping_fee, "/shipping_fee")
    if resolver.problems:
        return tuple(resolver.problems)
    return CreateOc(
        signed=signed,
        approval_required=asked.approval_required,
        changes=changes,
        added=added,
        shipping_fee=fee,
        charges=charges,
        then_confirm=then_confirm,
    )


class _Resolver:
    """Resolves names against the market and collects what cannot be resolved."""

    def __init__(self, market: Market, currency: Currency) -> None:
        self._market = market
        self._currency = currency
        self.problems: list[Refusal] = []

    def lines(self, asked: Sequence[AskedLine], path: str) -> list[WantedLine]:
        """The rows that could be resolved."""
        resolved = [self._line(line, f"{path}/{at}") for at, line in enumerate(asked)]
        return [line for line in resolved if line is not None]

    def change(self, asked: AskedChange, path: str) -> LineChange:
        """The change, amounts checked against the currency's decimals."""
        return LineChange(
            line_no=asked.line_no,
            sku_code=asked.sku_code,
            quantity=asked.quantity,
            rate=self._rate(asked.rate),
            original_price=self.money(asked.original_price, f"{path}/original_price"),
            unit_price=self.money(asked.unit_price, f"{path}/unit_price"),
            tax_rate=self._rate(asked.tax_rate),
            option=asked.option,
            planned_from=asked.planned_from,
            planned_to=asked.planned_to,
        )

    def entries(
        self,
        shipping_fee: Decimal | None,
        asked: Sequence[AskedCharge],
        *,
        proratable: frozenset[ChargeKind] = _PRORATABLE,
    ) -> tuple[ChargeEntry, ...]:
        """Order-level amounts with their rates and signs; amounts of zero stay, they take a charge away. Of kinds that
        are not `proratable` a rate must be named: what an OC sets is shared out already."""
        fee = self.money(shipping_fee, "/shipping_fee")
        entries = [ChargeEntry(ChargeKind.SHIPPING, fee, self._market.taxes.standard)] if fee else []
        for at, charge in enumerate(asked):
            entry = self._entry(charge, f"/charges/{at}", proratable)
            if entry is not None:
                entries.append(entry)
        return tuple(entries)

    def money(self, amount: Decimal | None, path: str) -> Money | None:
        """An amount that can be paid in the currency."""
        if amount is None:
            return None
        money = Money(amount, self._currency)
        if not money.is_whole:
            facts = {"currency": self._currency.code, "limit": str(self._currency.minor_units)}
            self._refuse("TOO_MANY_DECIMALS", path, facts, str(amount))
        return money

    def _line(self, asked: AskedLine, path: str) -> WantedLine | None:
        before = len(self.problems)
        sku = self._sku(asked, path)
        price = self.money(asked.original_price, f"{path}/original_price")
        if price is None:
            price = self._price(sku, asked, path)
        tax_rate = self._tax_rate(asked, sku, path)
        unit_price = self.money(asked.unit_price, f"{path}/unit_price")
        if asked.planned_from and asked.planned_to and asked.planned_from > asked.planned_to:
            self._refuse("BAD_PERIOD", f"{path}/planned_to", {}, asked.planned_to.isoformat())
        if len(self.problems) > before or price is None:
            return None
        return WantedLine(
            sku=sku,
            sku_code=sku.code if sku else "",
            product_name=asked.product_name,
            quantity=asked.quantity,
            original_price=price,
            tax_rate=tax_rate,
            rate=self._rate(asked.rate),
            unit_price=unit_price,
            option=asked.option,
            planned_from=asked.planned_from,
            planned_to=asked.planned_to,
            ship_to_number=asked.ship_to_number,
        )

    def _sku(self, asked: AskedLine, path: str) -> Sku | None:
        if asked.sku_id is None and asked.sku_code is None:
            if not asked.product_name:
                self._refuse("REQUIRED", f"{path}/product_name", {}, "")
            return None
        named = str(asked.sku_id or asked.sku_code)
        at = f"{path}/{'sku_id' if asked.sku_id else 'sku_code'}"
        sku = self._market.skus_by_id.get(asked.sku_id) if asked.sku_id else self._market.sku(asked.sku_code or "")
        if sku is None:
            self._refuse("UNKNOWN_SKU", at, {"sku": named}, named)
        elif not sku.is_orderable:
            self._refuse("PRODUCT_NOT_ORDERABLE", at, {"sku": sku.code, "state": sku.state}, named)
        return sku

    def _price(self, sku: Sku | None, asked: AskedLine, path: str) -> Money | None:
        if sku is None:
            if asked.sku_id is None and asked.sku_code is None:
                self._refuse("REQUIRED", f"{path}/original_price", {}, "")
            return None
        price = self._market.price_of(sku, self._currency)
        if price is None:
            self._refuse("NO_PRICE", path, {"sku": sku.code, "currency": self._currency.code}, sku.code)
        return price

    def _tax_rate(self, asked: AskedLine, sku: Sku | None, path: str) -> Rate:
        rate = self._rate(asked.tax_rate)
        if rate is None:
            return self._market.tax_rate_of(sku) if sku else self._market.taxes.standard
        if not self._market.taxes.knows(rate):
            self._refuse("BAD_TAX_RATE", f"{path}/tax_rate", {"rate": str(rate)}, str(rate))
        return rate

    def _entry(self, asked: AskedCharge, path: str, proratable: frozenset[ChargeKind]) -> ChargeEntry | None:
        amount = self.money(asked.amount, f"{path}/amount")
        if amount is None:
            return None
        signed = -abs(amount) if asked.kind in DEDUCTIONS else amount
        if asked.kind is ChargeKind.PAYMENT_POINTS:
            return ChargeEntry(asked.kind, signed)
        if asked.prorated and asked.kind in proratable:
            return ChargeEntry(asked.kind, signed, prorated=True)
        rate = self._rate(asked.tax_rate) or self._market.taxes.standard
        if asked.prorated:
            self._refuse("NOT_PRORATABLE", f"{path}/prorated", {"kind": asked.kind.value}, asked.kind.value)
        if not self._market.taxes.knows(rate):
            self._refuse("BAD_TAX_RATE", f"{path}/tax_rate", {"rate": str(rate)}, str(rate))
        return ChargeEntry(asked.kind, signed, rate)

    def _rate(self, percent: Decimal | None) -> Rate | None:
        return None if percent is None else Rate.of(percent)

    def _refuse(self, code: str, path: str, facts: dict[str, str], value: str) -> None:
        self.problems.append(Refusal(code, facts, field=path, value=value))


def _currency(code: str | None, market: Market) -> Currency | Refusal:
    if code is None:
        return market.preferences.currency
    try:
        return Currency.of(code)
    except UnknownCurrency:
        return Refusal("CURRENCY_UNSUPPORTED", {"currency": code}, field="/currency", value=code)


def _customer(asked: AskedOrder, market: Market) -> Customer | Refusal:
    if asked.customer_id is not None:
        found = market.customers_by_id.get(asked.customer_id)
        named, path = str(asked.customer_id), "/customer_id"
    else:
        named, path = asked.customer_code or "", "/customer_code"
        found = market.customers.get(named)
    if found is None:
        return Refusal("UNKNOWN_CUSTOMER", {"customer": named}, field=path, value=named)
    if not found.active:
        return Refusal("CUSTOMER_INACTIVE", {"customer": found.code}, field=path, value=named)
    return found


def _ship_to_problems(asked: AskedOrder, customer: Customer) -> Iterator[Refusal]:
    wanted = [("/ship_to_number", asked.ship_to_number)]
    wanted += [(f"/lines/{at}/ship_to_number", line.ship_to_number) for at, line in enumerate(asked.lines)]
    for path, number in wanted:
        if number and number not in customer.ship_tos:
            facts = {"number": str(number), "customer": customer.code}
            yield Refusal("UNKNOWN_SHIP_TO", facts, field=path, value=str(number))


def _heading(asked: AskedOrder) -> Heading:
    return Heading(
        purchase_order_number=asked.purchase_order_number,
        wished_on=asked.wished_on,
        remark=asked.remark,
        worker_memo=asked.worker_memo,
        medium=asked.medium,
        gift=asked.gift,
        price_is_net=asked.price_is_net,
    )
