"""How an order comes into being: lines priced, charges made, totals frozen, credit checked (ORD-010…017, CUS-060).

Every channel ends here; what differs (request fields, file cells) is checked before, where the user's words for a
place in the input are known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from kernel.money import Currency, Money, Rate, wholesale_price
from kernel.rates import FULL_PRICE
from kernel.refusal import Refusal
from ordering.core.buyer import buyer_of
from ordering.core.charges import ChargeMaking, charges_of
from ordering.core.content import ChargeEntry, Content, Line, RateSource, chosen_rate, content_of
from ordering.core.credit import CREDIT_LIMIT_EXCEEDED, RATE_MISSING, Exposure
from ordering.core.deeds import Decision
from ordering.core.events import CustomerAssigned
from ordering.core.market import Customer, Market, Sku
from ordering.core.order import Channel, Heading, Order, Signature
from ordering.core.order_warning import OrderWarning
from ordering.core.standing import Standing
from ordering.core.states import Deed, OrderState, move

MANY_LINES: Final = 99
"""More lines than this are warned of (INT-046)."""
_CREDIT_WARNINGS: Final = frozenset({CREDIT_LIMIT_EXCEEDED, RATE_MISSING, "UNKNOWN_CUSTOMER"})


@dataclass(frozen=True, slots=True)
class WantedLine:
    """A row as asked for, its facts resolved. `rate` None = by CAT-052; `tax_rate` and `original_price` are final."""

    sku: Sku | None
    sku_code: str
    product_name: str
    quantity: int
    original_price: Money
    tax_rate: Rate
    rate: Rate | None = None
    unit_price: Money | None = None
    option: str = ""
    planned_from: date | None = None
    planned_to: date | None = None
    ship_to_number: int = 0


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """An order as asked for. `customer` None holds it until someone assigns one (ORD-064)."""

    order_id: UUID
    number: str
    channel: Channel
    currency: Currency
    ordered_at: datetime
    ordered_on: date
    customer_code: str
    customer: Customer | None
    heading: Heading
    lines: Sequence[WantedLine]
    entries: tuple[ChargeEntry, ...]
    signed: Signature
    warnings: tuple[OrderWarning, ...] = ()
    ship_to_number: int = 0
    on_hold: bool = False


def place(command: PlaceOrder, market: Market, ids: Iterator[UUID]) -> Order | Refusal:
    """The order, not yet checked for credit. Refuses with EMPTY_ORDER, PRORATE_EXCEEDS, AMOUNT_TOO_LARGE or
    NEGATIVE_TOTAL."""
    if not any(line.quantity for line in command.lines):
        return Refusal("EMPTY_ORDER", {"number": command.number})
    lines = [
        line_of(wanted, line_no=line_no, line_id=next(ids), command=command, market=market)
        for line_no, wanted in enumerate(command.lines, start=1)
    ]
    making = ChargeMaking(ids, market.preferences.language)
    content = _content(0, lines, command.entries, command.currency, making, market)
    return content if isinstance(content, Refusal) else _order(command, content)


def line_of(wanted: WantedLine, *, line_no: int, line_id: UUID, command: PlaceOrder, market: Market) -> Line:
    """The row priced for the order's customer (CAT-051, CAT-052); a net price keeps rate 100 (INT-048)."""
    customer = (command.customer.customer_id, command.customer.wholesale_rate) if command.customer else None
    rate, source = rate_of(wanted, customer, net=command.heading.price_is_net, market=market)
    return new_line(wanted, line_no=line_no, line_id=line_id, rate=rate, source=source, market=market)


def rate_of(
    wanted: WantedLine, customer: tuple[UUID, Rate | None] | None, *, net: bool, market: Market
) -> tuple[Rate, RateSource]:
    """The wholesale rate of a new row: as asked for, 100 for net prices and custom items, else by CAT-052."""
    if wanted.rate is not None:
        return wanted.rate, RateSource.MANUAL
    if net:
        return FULL_PRICE, RateSource.NET
    if wanted.sku is None:
        return FULL_PRICE, RateSource.NONE
    return chosen_rate(wanted.sku.product_id, product_rate=wanted.sku.wholesale_rate, customer=customer, market=market)


def new_line(
    wanted: WantedLine, *, line_no: int, line_id: UUID, rate: Rate, source: RateSource, market: Market
) -> Line:
    """The row at this wholesale rate, or at the unit price that was asked for."""
    sku, by_hand = wanted.sku, wanted.unit_price
    rounding = market.preferences.price_rounding
    return Line(
        line_id=line_id,
        line_no=line_no,
        sku_id=sku.sku_id if sku else None,
        product_id=sku.product_id if sku else None,
        sku_code=sku.code if sku else wanted.sku_code,
        product_name=wanted.product_name or (sku.name if sku else ""),
        option=wanted.option,
        quantity=wanted.quantity,
        original_price=wanted.original_price,
        rate=rate,
        rate_source=source if by_hand is None else RateSource.MANUAL,
        unit_price=wholesale_price(wanted.original_price, rate, rounding) if by_hand is None else by_hand,
        tax_rate=wanted.tax_rate,
        tax_included=market.preferences.prices_include_tax,
        reduced=market.taxes.is_reduced(wanted.tax_rate),
        planned_from=wanted.planned_from or (sku.planned_from if sku else None),
        planned_to=wanted.planned_to or (sku.planned_to if sku else None),
        ship_to_number=wanted.ship_to_number,
    )


def credit_checked(order: Order, exposure: Exposure | None, market: Market) -> Order:
    """The order with its credit warning and flag; held orders have no customer to check yet (ORD-016, CUS-060)."""
    warning = exposure.problem(order.grand_total, home=market.preferences.currency) if exposure else None
    return replace(order, warnings=(*order.warnings, warning), over_limit=True) if warning else order


def assign_customer(
    order: Order, customer: Customer, *, exposure: Exposure, market: Market, signed: Signature, ids: Iterator[UUID]
) -> Decision:
    """Gives a held order its customer: fills the 15 master fields, applies the rates anew, checks the credit
    (ORD-064). Rates set by hand and net prices stay."""
    following = move(order.state, Deed.ASSIGN_CUSTOMER)
    if isinstance(following, Refusal):
        return (replace(following, facts={**following.facts, "number": order.number}),)
    placed = order.contents[0]
    lines = [_repriced(line, customer, market) for line in placed.lines]
    known = {(charge.kind, charge.tax_rate): charge.charge_id for charge in placed.charges}
    making = ChargeMaking(ids, market.preferences.language, known)
    content = _content(0, lines, order.entries, order.currency, making, market)
    if isinstance(content, Refusal):
        return (content,)
    problem = exposure.problem(content.totals.grand_total, home=market.preferences.currency)
    kept = tuple(warning for warning in order.warnings if warning.code not in _CREDIT_WARNINGS)
    warnings = (*kept, problem) if problem else kept
    return [CustomerAssigned(buyer_of(customer), content, warnings, problem is not None, signed)]


def bad_total(content: Content) -> Refusal | None:
    """No amount of a document goes over ±999,999,999,999 (GEN-001), and nobody is paid for ordering: coupons and points
    take no more than there is, prorated (INT-052) or not. One rate alone may be below zero (INT-050 puts a coupon of
    unknown rate to 10 %)."""
    grand_total = content.totals.grand_total
    if grand_total.is_negative:
        return Refusal("NEGATIVE_TOTAL", {"total": f"{grand_total.amount:f}"})
    # No line is negative, so none is over the limit when their sum is not.
    if content.totals.items.is_within_limit and grand_total.is_within_limit:
        return None
    return Refusal("AMOUNT_TOO_LARGE", {"limit": "999999999999"})


def _content(
    version: int,
    lines: Sequence[Line],
    entries: Sequence[ChargeEntry],
    currency: Currency,
    making: ChargeMaking,
    market: Market,
) -> Content | Refusal:
    charges = charges_of(entries, lines, currency, making)
    if isinstance(charges, Refusal):
        return charges
    content = content_of(version, lines, charges, currency=currency, taxes=market.taxes)
    return bad_total(content) or content


def _order(command: PlaceOrder, content: Content) -> Order:
    customer = command.customer
    return Order(
        order_id=command.order_id,
        number=command.number,
        channel=command.channel,
        currency=command.currency,
        ordered_at=command.ordered_at,
        ordered_on=command.ordered_on,
        customer_code=customer.code if customer else command.customer_code,
        buyer=buyer_of(customer, command.ship_to_number) if customer else None,
        state=OrderState.PLACED if customer else OrderState.NEEDS_ATTENTION,
        heading=command.heading,
        entries=command.entries,
        contents=(content,),
        confirmations=(),
        warnings=(*command.warnings, *_line_warnings(content)),
        on_hold=command.on_hold,
        over_limit=False,
        progress={},
        standing=Standing.of(content),
        placed=command.signed,
        version=1,
    )


def _line_warnings(content: Content) -> Iterator[OrderWarning]:
    empty = [str(line.line_no) for line in content.lines if not line.quantity]
    if empty:
        yield OrderWarning("ZERO_QUANTITY_LINE", {"lines": ", ".join(empty)})
    if len(content.lines) > MANY_LINES:
        yield OrderWarning("MANY_LINES", {"lines": str(len(content.lines)), "most": str(MANY_LINES)})


def _repriced(line: Line, customer: Customer, market: Market) -> Line:
    if line.product_id is None or line.rate_source in (RateSource.NET, RateSource.MANUAL):
        return line
    sku = market.sku(line.sku_code)
    product_rate = sku.wholesale_rate if sku else (line.rate if line.rate_source is RateSource.PRODUCT else None)
    rate, source = chosen_rate(
        line.product_id,
        product_rate=product_rate,
        customer=(customer.customer_id, customer.wholesale_rate),
        market=market,
    )
    return line.priced(rate, source, market.preferences.price_rounding)
