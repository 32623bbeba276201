"""Deeds on orders that exist, each on a sequence: override, approve, confirm, convert, reopen, cancel, hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from functools import partial
from typing import Final

from chassis.tx import Tx
from kernel.calendar import business_date
from kernel.refusal import Refusal
from ordering.core import deeds as core
from ordering.core.deeds import Approve, Confirm, Decision
from ordering.core.events import History
from ordering.core.order import Order, Signature
from ordering.core.placing import assign_customer
from ordering.store.exposures import lock_exposures
from ordering.store.market import Wanted, load_preferences
from ordering.store.orders import OrderRef, load_orders
from ordering.usecases.desk import Desk, Outcome, signed
from ordering.usecases.masters import Answers, the_market


class PlainDeed(Enum):
    """Deeds that need nothing but the order, who does it, and perhaps a reason."""

    OVERRIDE_CREDIT = "override_credit"
    REJECT = "reject"
    CONVERT = "convert"
    REOPEN = "reopen"
    CANCEL = "cancel"
    HOLD = "hold"
    RELEASE = "release"


_VERBS: Final[dict[PlainDeed, Callable[[Order, Signature], Decision]]] = {
    PlainDeed.OVERRIDE_CREDIT: core.override_credit,
    PlainDeed.REJECT: core.reject,
    PlainDeed.CONVERT: core.convert,
    PlainDeed.REOPEN: core.reopen,
    PlainDeed.CANCEL: core.cancel,
    PlainDeed.HOLD: core.hold,
    PlainDeed.RELEASE: core.release,
}


@dataclass(frozen=True, slots=True)
class OnOrder:
    """A deed on one order; `version` is the one the caller read, where it matters (GEN-006)."""

    order: OrderRef
    note: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class ConfirmOrder:
    """Confirm, or approve, on a business date; None = today in the maker's zone."""

    order: OrderRef
    confirmed_on: date | None = None
    note: str = ""
    version: int | None = None
    confirms: bool | None = None
    """For approvals: whether approving confirms too; None = as the maker's mode says (ORD-100)."""


@dataclass(frozen=True, slots=True)
class AssignCustomer:
    """Give a held order its customer, by code."""

    order: OrderRef
    customer_code: str
    version: int | None = None


async def do(tx: Tx, deed: PlainDeed, commands: Sequence[OnOrder]) -> list[Outcome]:
    """Carries out the same deed on each order."""
    desk = await Desk.opened(tx, [command.order for command in commands])
    done = [
        desk.do(command.order, partial(_plain, deed, signed(tx, command.note)), version=command.version)
        for command in commands
    ]
    await desk.close()
    return desk.outcomes(done)


async def approve(tx: Tx, commands: Sequence[ConfirmOrder]) -> list[Outcome]:
    """Approves by hand; in automatic mode approving confirms too, unless the command says otherwise (ORD-100)."""
    preferences = await load_preferences(tx)
    desk = await Desk.opened(tx, [command.order for command in commands])

    def deed(command: ConfirmOrder, order: Order) -> Decision:
        confirms = preferences.converts_at_confirmation if command.confirms is None else command.confirms
        signature = signed(tx, command.note)
        day = command.confirmed_on or business_date(tx.now, preferences.time_zone.key)
        then = Confirm(day, preferences.converts_at_confirmation, signature) if confirms else None
        return core.approve(order, Approve(signature, then))

    done = [desk.do(command.order, partial(deed, command), version=command.version) for command in commands]
    await desk.close()
    return desk.outcomes(done)


async def confirm(tx: Tx, commands: Sequence[ConfirmOrder]) -> list[Outcome]:
    """Fixes the content of OCs; in automatic mode the orders are converted at once (ORD-074, ORD-080)."""
    preferences = await load_preferences(tx)
    desk = await Desk.opened(tx, [command.order for command in commands])

    def deed(command: ConfirmOrder, order: Order) -> Decision:
        day = command.confirmed_on or business_date(tx.now, preferences.time_zone.key)
        return core.confirm(order, Confirm(day, preferences.converts_at_confirmation, signed(tx, command.note)))

    done = [desk.do(command.order, partial(deed, command), version=command.version) for command in commands]
    await desk.close()
    return desk.outcomes(done)


async def assign(tx: Tx, commands: Sequence[AssignCustomer], answers: Answers | None = None) -> list[Outcome]:
    """Gives held orders their customers. Raises MastersMissing before anything is written."""
    orders = await load_orders(tx, [command.order for command in commands], lock=True)
    sku_codes = {line.sku_code for order in orders.values() for line in order.contents[0].lines if line.sku_code}
    wanted = Wanted(sku_codes=sku_codes, customer_codes={command.customer_code for command in commands})
    market = await the_market(tx, wanted, answers)
    desk = Desk(tx, orders.values())
    limits = {customer.customer_id: customer.credit_limit for customer in market.customers.values()}
    accounts = [(customer_id, order.currency) for customer_id in limits for order in orders.values()]
    exposures = await lock_exposures(tx, accounts, limits)
    ids = iter(tx.new_id, None)

    def deed(command: AssignCustomer, order: Order) -> Decision:
        customer = market.customers.get(command.customer_code)
        if customer is None:
            facts = {"customer": command.customer_code}
            return (Refusal("UNKNOWN_CUSTOMER", facts, field="/customer_code", value=command.customer_code),)
        account = (customer.customer_id, order.currency)
        decision = assign_customer(
            order, customer, exposure=exposures[account], market=market, signed=signed(tx), ids=ids
        )
        if isinstance(decision, list):
            assigned = History.untouched(order).then(decision).after
            exposures[account] = exposures[account].grown(assigned.exposed)
        return decision

    done = [desk.do(command.order, partial(deed, command), version=command.version) for command in commands]
    await desk.close()
    return desk.outcomes(done)


def _plain(deed: PlainDeed, signature: Signature, order: Order) -> Decision:
    return _VERBS[deed](order, signature)
