"""Order confirmations in bulk: made, adjusted, and confirmed in one go where asked (ORD-070…079)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from chassis.tx import Tx
from kernel.calendar import business_date
from kernel.money import Money, total
from ordering.core.asking import AskedOc, oc_of
from ordering.core.confirming import create_oc
from ordering.core.credit import Exposure
from ordering.core.deeds import Confirm, Decision
from ordering.core.events import ConfirmationCreated, OrderEvent
from ordering.core.market import Market
from ordering.core.order import Order
from ordering.store.exposures import Account, lock_exposures
from ordering.store.market import Wanted
from ordering.store.orders import OrderRef, load_orders
from ordering.usecases.desk import Desk, Outcome, signed
from ordering.usecases.masters import Answers, the_market


@dataclass(frozen=True, slots=True)
class MakeOc:
    """An OC version of one order; `confirms` fixes it at once, on `confirmed_on` (None = today)."""

    order: OrderRef
    asked: AskedOc
    note: str = ""
    confirms: bool = False
    confirmed_on: date | None = None
    version: int | None = None


async def create_ocs(tx: Tx, commands: Sequence[MakeOc], answers: Answers | None = None) -> list[Outcome]:
    """Makes OCs of all these orders. Raises MastersMissing before anything is written."""
    orders = await load_orders(tx, [command.order for command in commands], lock=True)
    market = await the_market(tx, _wanted(commands, list(orders.values())), answers)
    desk = Desk(tx, orders.values())
    exposures = await _exposures(tx, commands, desk, market)
    ids = iter(tx.new_id, None)

    def deed(command: MakeOc, order: Order) -> Decision:
        signature = signed(tx, command.note)
        preferences = market.preferences
        day = command.confirmed_on or business_date(tx.now, preferences.time_zone.key)
        then = Confirm(day, preferences.converts_at_confirmation, signature) if command.confirms else None
        oc = oc_of(command.asked, order.currency, market, signed=signature, then_confirm=then)
        if isinstance(oc, tuple):
            return oc
        account = _account(order)
        exposure = exposures.get(account) if account else None
        decision = create_oc(order, oc, exposure=exposure, market=market, ids=ids)
        if isinstance(decision, list) and account and exposure:
            exposures[account] = exposure.grown(_growth(order, decision))
        return decision

    done = [desk.do(command.order, partial(deed, command), version=command.version) for command in commands]
    await desk.close()
    return desk.outcomes(done)


def _growth(order: Order, events: Iterable[OrderEvent]) -> Money:
    """By how much an OC raises or lowers the value of its order."""
    contents = [event.content for event in events if isinstance(event, ConfirmationCreated) and event.content]
    return total((content.totals.grand_total - order.grand_total for content in contents), order.currency)


def _wanted(commands: Sequence[MakeOc], orders: Sequence[Order]) -> Wanted:
    """Only added lines and credit checks need masters; OCs as they are need none."""
    added = [line for command in commands for line in command.asked.added]
    changing = any(_changes(command) for command in commands)
    return Wanted(
        sku_codes={line.sku_code for line in added if line.sku_code},
        sku_ids={line.sku_id for line in added if line.sku_id},
        customer_ids={order.customer_id for order in orders if order.customer_id} if changing else (),
    )


def _changes(command: MakeOc) -> bool:
    asked = command.asked
    return bool(asked.changes or asked.added or asked.charges or asked.shipping_fee is not None)


async def _exposures(tx: Tx, commands: Sequence[MakeOc], desk: Desk, market: Market) -> dict[Account, Exposure]:
    """Under lock, only for customers whose order may become dearer (ORD-079)."""
    limits = {customer.customer_id: customer.credit_limit for customer in market.customers.values()}
    orders = [desk.find(command.order) for command in commands if _changes(command)]
    accounts = {account for order in orders if order and (account := _account(order))}
    return await lock_exposures(tx, accounts, limits)


def _account(order: Order) -> Account | None:
    return (order.customer_id, order.currency) if order.customer_id else None
