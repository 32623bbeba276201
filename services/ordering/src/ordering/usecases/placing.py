"""Orders that programs and staff enter: resolved, numbered, checked for credit, kept, announced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chassis.tx import Tx
from kernel.money import Rate
from kernel.refusal import Refusal
from ordering.announce import messages
from ordering.core.asking import AskedOrder, Given, order_of
from ordering.core.events import History
from ordering.core.market import Market
from ordering.core.order import Order
from ordering.core.placing import PlaceOrder, credit_checked, place
from ordering.store.exposures import lock_exposures, move_ordered, moves
from ordering.store.market import Wanted
from ordering.store.orders import insert_orders, taken_numbers
from ordering.usecases.desk import Outcome, signed
from ordering.usecases.masters import Answers, the_market

SERIES = "order"


async def place_orders(tx: Tx, asked: Sequence[AskedOrder], answers: Answers | None = None) -> list[Outcome]:
    """Places orders by API or by hand (ORD-010). Raises MastersMissing before anything is written."""
    market = await the_market(tx, _wanted(asked), answers)
    commands = [order_of(one, Given(tx.new_id(), tx.now, signed(tx)), market) for one in asked]
    commands = await _untaken(tx, commands)
    ids = iter(tx.new_id, None)
    outcomes = [_placed(place(one, market, ids)) if isinstance(one, PlaceOrder) else one for one in commands]
    checked = await _numbered(tx, await _credit_checked(tx, outcomes, market))
    histories = [History.placed(order) for order in checked if isinstance(order, Order)]
    await insert_orders(tx, [history.after for history in histories])
    await move_ordered(tx, moves(histories))
    tx.announce(messages(tx.maker_id, histories))
    return checked


def _wanted(asked: Sequence[AskedOrder]) -> Wanted:
    lines = [line for order in asked for line in order.lines]
    return Wanted(
        sku_codes={line.sku_code for line in lines if line.sku_code},
        sku_ids={line.sku_id for line in lines if line.sku_id},
        customer_codes={order.customer_code for order in asked if order.customer_code},
        customer_ids={order.customer_id for order in asked if order.customer_id},
        tax_rates={Rate.of(line.tax_rate) for line in lines if line.tax_rate is not None},
    )


async def _untaken(
    tx: Tx, commands: Sequence[PlaceOrder | tuple[Refusal, ...]]
) -> list[PlaceOrder | tuple[Refusal, ...]]:
    """Refuses numbers that are taken, here or before (ORD-065)."""
    given = [one.number for one in commands if isinstance(one, PlaceOrder) and one.number]
    taken = set(await taken_numbers(tx, given))
    untaken: list[PlaceOrder | tuple[Refusal, ...]] = []
    for one in commands:
        if isinstance(one, PlaceOrder) and one.number in taken:
            facts = {"number": one.number}
            untaken.append((Refusal("DUPLICATE_ORDER_NO", facts, field="/number", value=one.number),))
            continue
        if isinstance(one, PlaceOrder) and one.number:
            taken.add(one.number)
        untaken.append(one)
    return untaken


async def _numbered(tx: Tx, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Gives numbers to orders that came without (ORD-014). Locks the maker's series, so it is done last."""
    orders = [one for one in outcomes if isinstance(one, Order)]
    given = {order.number for order in orders if order.number}
    fresh = iter(await _fresh_numbers(tx, sum(not order.number for order in orders), given))
    return [replace(one, number=next(fresh)) if isinstance(one, Order) and not one.number else one for one in outcomes]


async def _fresh_numbers(tx: Tx, count: int, taken: set[str]) -> list[str]:
    """Numbers of the maker's own series, past any that somebody typed before."""
    fresh: list[str] = []
    while len(fresh) < count:
        drawn = [f"SO-{number:06d}" for number in await tx.next_numbers(SERIES, count - len(fresh))]
        used = taken | await taken_numbers(tx, drawn)
        fresh += [number for number in drawn if number not in used]
    return fresh


async def _credit_checked(tx: Tx, outcomes: Sequence[Outcome], market: Market) -> list[Outcome]:
    """Checks order after order, each accepted one counting for the next of its customer (CUS-060)."""
    limits = {customer.customer_id: customer.credit_limit for customer in market.customers.values()}
    orders = [one for one in outcomes if isinstance(one, Order)]
    accounts = {(order.customer_id, order.currency) for order in orders if order.customer_id}
    exposures = await lock_exposures(tx, [(one, currency) for one, currency in accounts if one], limits)
    checked: list[Outcome] = []
    for one in outcomes:
        if isinstance(one, Order) and one.customer_id is not None:
            account = (one.customer_id, one.currency)
            one = credit_checked(one, exposures[account], market)
            exposures[account] = exposures[account].grown(one.exposed)
        checked.append(one)
    return checked


def _placed(outcome: Order | Refusal) -> Outcome:
    return (outcome,) if isinstance(outcome, Refusal) else outcome
