"""Which orders of a read file come in, and as what (ORD-060…067, INT-045…049, INT-057, INT-058).

One wrong row rejects its whole order and no other; a number that exists already is skipped; a customer nobody knows
holds the order, or rejects it in strict mode. Credit is checked order after order, each accepted one counting
(CUS-060).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from kernel.money import JPY, Money, Rate
from kernel.refusal import Refusal
from ordering.core.buyer import A_GIFT, NOT_A_GIFT
from ordering.core.content import ChargeEntry, ChargeKind
from ordering.core.credit import Exposure
from ordering.core.market import Customer, Market
from ordering.core.nextengine.layouts import Field
from ordering.core.nextengine.reading import ReadFile, ReadLine, ReadOrder
from ordering.core.order import Channel, Heading, Order, Signature
from ordering.core.order_warning import OrderWarning
from ordering.core.placing import PlaceOrder, WantedLine, credit_checked, place

_RATE_FIELDS: Final = {
    (ChargeKind.FEE, Rate.of(8)): Field.FEE_8,
    (ChargeKind.FEE, Rate.of(10)): Field.FEE_10,
    (ChargeKind.POINTS, Rate.of(8)): Field.POINTS_8,
    (ChargeKind.POINTS, Rate.of(10)): Field.POINTS_10,
    (ChargeKind.OTHER_COST, Rate.of(8)): Field.OTHER_COST_8,
    (ChargeKind.OTHER_COST, Rate.of(10)): Field.OTHER_COST_10,
    (ChargeKind.COUPON, Rate.of(8)): Field.COUPON_8,
    (ChargeKind.COUPON, Rate.of(10)): Field.COUPON_10,
}
_TOTALS: Final = {
    ChargeKind.FEE: Field.FEE,
    ChargeKind.POINTS: Field.POINTS,
    ChargeKind.OTHER_COST: Field.OTHER_COST,
    ChargeKind.COUPON: Field.OTHER_COST,
}


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a file is meant. `price_is_net` switches the wholesale rate off (INT-048), `strict` rejects unknown
    customers (ORD-064), `gifts` are the order numbers whose order-check content has its gift tick set (INT-058)."""

    price_is_net: bool = False
    strict: bool = False
    all_or_nothing: bool = False
    gifts: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """An order that comes in, with the rows it was made from."""

    order: Order
    read: ReadOrder


@dataclass(frozen=True, slots=True)
class Rejected:
    """An order that does not, with every reason."""

    read: ReadOrder
    problems: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class Skipped:
    """An order whose number exists already; never updated silently (ORD-065)."""

    read: ReadOrder
    problem: Refusal


Verdict = Imported | Rejected | Skipped


@dataclass(frozen=True, slots=True)
class ImportFacts:
    """What deciding a file needs: the market, the numbers that are taken, each customer's exposure in yen."""

    market: Market
    taken: Collection[str]
    exposures: Mapping[UUID, Exposure]
    signed: Signature
    new_id: Callable[[], UUID]


def decide(file: ReadFile, options: ImportOptions, facts: ImportFacts) -> list[Verdict]:
    """A verdict per order, in file order. With `all_or_nothing` one rejected order leaves only problems."""
    verdicts: list[Verdict] = []
    exposures = dict(facts.exposures)
    for read in file.orders:
        verdict = _verdict(file, read, options, facts)
        verdicts.append(_credit_counted(verdict, exposures, facts.market))
    if options.all_or_nothing and any(isinstance(verdict, Rejected) for verdict in verdicts):
        return [verdict for verdict in verdicts if not isinstance(verdict, Imported)]
    return verdicts


def _verdict(file: ReadFile, read: ReadOrder, options: ImportOptions, facts: ImportFacts) -> Verdict:
    if read.number in facts.taken:
        problem = file.problem("DUPLICATE_ORDER_NO", Field.ORDER_NUMBER, read.first_row, {"number": read.number})
        return Skipped(read, problem)
    customer = facts.market.customers.get(read.text(Field.CUSTOMER_CODE))
    problems = [*read.problems, *_foreign_problems(file, read, facts.market)]
    if customer is None and options.strict:
        code = read.text(Field.CUSTOMER_CODE)
        problems.append(file.problem("UNKNOWN_CUSTOMER", Field.CUSTOMER_CODE, read.first_row, {"customer": code}))
    if problems:
        return Rejected(read, tuple(sorted(problems, key=_place_in_file)))
    order = place(_command(read, customer, options, facts), facts.market, iter(facts.new_id, None))
    if isinstance(order, Refusal):
        return Rejected(read, (_placed_in_file(file, read, order),))
    return Imported(order, read)


def _credit_counted(verdict: Verdict, exposures: dict[UUID, Exposure], market: Market) -> Verdict:
    if not isinstance(verdict, Imported) or verdict.order.customer_id is None:
        return verdict
    exposure = exposures.get(verdict.order.customer_id)
    if exposure is None:
        return verdict
    order = credit_checked(verdict.order, exposure, market)
    exposures[verdict.order.customer_id] = exposure.grown(order.exposed)
    return replace(verdict, order=order)


def _foreign_problems(file: ReadFile, read: ReadOrder, market: Market) -> Iterator[Refusal]:
    for line in read.lines:
        yield from _line_problems(file, line, market)
    for entry in read.buckets.entries:
        if entry.rate is not None and not market.taxes.knows(entry.rate):
            wanted = _entered_in(entry, read)
            yield file.problem("BAD_TAX_RATE", wanted, read.first_row, {"rate": str(entry.rate)})


def _line_problems(file: ReadFile, line: ReadLine, market: Market) -> Iterator[Refusal]:
    code = line.text(Field.SKU_CODE)
    sku = market.sku(code) if code else None
    if code and sku is None:
        yield file.problem("UNKNOWN_SKU", Field.SKU_CODE, line.row, {"sku": code})
    if sku is not None and not sku.is_orderable:
        yield file.problem("PRODUCT_NOT_ORDERABLE", Field.SKU_CODE, line.row, {"sku": code, "state": sku.state})
    percent = line.number(Field.TAX_RATE)
    if percent is not None and not market.taxes.knows(Rate.of(percent)):
        yield file.problem("BAD_TAX_RATE", Field.TAX_RATE, line.row, {"rate": str(percent)})


def _command(read: ReadOrder, customer: Customer | None, options: ImportOptions, facts: ImportFacts) -> PlaceOrder:
    zone = facts.market.preferences.time_zone
    local = read.ordered_at
    if local is None:
        raise ValueError("an order without problems has its order date")
    return PlaceOrder(
        order_id=facts.new_id(),
        number=read.number,
        channel=Channel.IMPORT,
        currency=JPY,
        ordered_at=_in_utc(local, zone),
        ordered_on=local.date(),
        customer_code=read.text(Field.CUSTOMER_CODE),
        customer=customer,
        heading=_heading(read, options),
        lines=[_wanted(line, facts.market) for line in read.lines],
        entries=_entries(read, facts.market),
        signed=facts.signed,
        warnings=_warnings(read, customer),
    )


def _heading(read: ReadOrder, options: ImportOptions) -> Heading:
    return Heading(
        wished_on=read.wished_on,
        time_slot=read.text(Field.TIME_SLOT),
        remark=read.remark,
        worker_memo=read.text(Field.WORKER_MEMO),
        gift=A_GIFT if read.number in options.gifts else NOT_A_GIFT,
        price_is_net=options.price_is_net,
    )


def _wanted(line: ReadLine, market: Market) -> WantedLine:
    sku = market.sku(line.text(Field.SKU_CODE))
    percent = line.number(Field.TAX_RATE)
    rate = Rate.of(percent) if percent is not None else (market.tax_rate_of(sku) if sku else Rate.of(0))
    return WantedLine(
        sku=sku,
        sku_code=line.text(Field.SKU_CODE),
        product_name=line.text(Field.PRODUCT_NAME),
        quantity=line.number(Field.QUANTITY) or 0,
        original_price=Money.of(line.number(Field.PRICE) or 0, JPY),
        tax_rate=rate,
        option=line.text(Field.OPTION),
    )


def _entries(read: ReadOrder, market: Market) -> tuple[ChargeEntry, ...]:
    shipping = Money.of(read.number_of(Field.SHIPPING) or 0, JPY)
    if not shipping:
        return read.buckets.entries
    # 発送料 has no rate in the file: it is the maker's standard rate, tax-inclusive (INT-055).
    return (ChargeEntry(ChargeKind.SHIPPING, shipping, market.taxes.standard), *read.buckets.entries)


def _warnings(read: ReadOrder, customer: Customer | None) -> tuple[OrderWarning, ...]:
    if customer is not None:
        return read.buckets.warnings
    return (OrderWarning("UNKNOWN_CUSTOMER", {"customer": read.text(Field.CUSTOMER_CODE)}), *read.buckets.warnings)


def _placed_in_file(file: ReadFile, read: ReadOrder, refusal: Refusal) -> Refusal:
    if refusal.code != "PRORATE_EXCEEDS":
        return replace(refusal, row=read.first_row.number)
    points = read.number_of(Field.POINTS_PRORATED)
    wanted = Field.POINTS_PRORATED if points else Field.COUPON_PRORATED
    return file.problem(refusal.code, wanted, read.first_row, refusal.facts)


def _entered_in(entry: ChargeEntry, read: ReadOrder) -> Field:
    rate = entry.rate or Rate.of(0)
    own = _RATE_FIELDS.get((entry.kind, rate), Field.SHIPPING)
    return own if own in read.values else _TOTALS.get(entry.kind, own)


def _in_utc(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))


def _place_in_file(problem: Refusal) -> tuple[int, int]:
    return problem.row or 0, problem.column or 0
