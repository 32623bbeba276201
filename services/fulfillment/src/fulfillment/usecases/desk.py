"""The desk a call works at: the orders it locked, folded forward event by event, and the facts beside them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from chassis.tx import Tx
from fulfillment.core import charges, unshipped
from fulfillment.core.asks import OrderRef
from fulfillment.core.charges import ChargesReleased, ChargesTaken
from fulfillment.core.drafting import Book, open_book
from fulfillment.core.parts import CustomerId, Maker, OrderId
from fulfillment.core.unshipped import OrderHoldChanged, QuantityEvent, UnshippedCreated, UnshippedOrder
from fulfillment.store import facts, orders
from fulfillment.store.facts import Versioned, VersionedMaker
from fulfillment.store.orders import Stock
from kernel.calendar import business_date


@dataclass(frozen=True, slots=True)
class Answered:
    """What the owner of makers and customers answered about those that were missing."""

    customers: Sequence[Versioned] = ()
    maker: VersionedMaker | None = None


Asked: TypeAlias = Answered | None
"""The owner's answer; None: it was not asked yet."""


class FactsMissing(Exception):  # no error: "ask their owner, then try again" (ARCHITECTURE §6)
    """States that have not arrived; nothing was written. The edge asks their owner and runs the deed again."""

    def __init__(self, customer_ids: Collection[CustomerId], *, maker: bool) -> None:
        super().__init__(f"{len(customer_ids)} customers{' and the maker' if maker else ''} are not known yet")
        self.customer_ids = customer_ids
        self.maker = maker


@dataclass(frozen=True, slots=True)
class Desk:
    """`stock` moves with every event done; `before` stays, so that only differences are saved."""

    before: Stock
    stock: Stock
    book: Book

    def do(self, *events: UnshippedCreated | OrderHoldChanged | QuantityEvent | ChargesTaken | ChargesReleased) -> None:
        """Let these events count for everything decided after them."""
        for event in events:
            if isinstance(event, ChargesTaken | ChargesReleased):
                self.stock.charges[event.order_id] = charges.evolve(self.stock.charges[event.order_id], event)
            else:
                self.stock.orders[event.order_id] = unshipped.evolve(self.stock.orders[event.order_id], event)

    def order(self, order_id: OrderId) -> UnshippedOrder:
        """The order as it is now."""
        return self.stock.orders[order_id]

    def held(self, order_ids: Iterable[OrderId]) -> list[str]:
        """Numbers of those of the orders that are held by themselves."""
        return [self.order(order_id).number for order_id in order_ids if self.order(order_id).on_hold]

    async def save(self, tx: Tx) -> None:
        """Write what moved."""
        await orders.save_stock(tx, self.before, self.stock)


async def open_desk(tx: Tx, refs: Collection[OrderRef]) -> Desk:
    """Lock the orders of these ids and numbers and gather what decisions about them need."""
    maker = await facts.load_maker(tx)
    stock = await orders.lock_stock(tx, refs)
    customers = await facts.load_customers(tx, {order.customer_id for order in stock.orders.values()})
    moving = Stock(dict(stock.orders), dict(stock.charges))
    return Desk(stock, moving, open_book(moving.orders, moving.charges, customers, maker, today(tx, maker)))


async def meet(tx: Tx, refs: Collection[OrderRef], asked: Asked) -> None:
    """Make sure the maker and the customers of these orders are known. Raises FactsMissing, once."""
    if asked is not None:
        await facts.save_customers(tx, asked.customers)
        if asked.maker is not None:
            await facts.save_maker(tx, asked.maker)
        return
    customers = await facts.customers_of_orders(tx, refs)
    if not customers:
        return
    missing = [customer_id for customer_id, known in customers.items() if not known]
    no_maker = await facts.find_maker(tx) is None
    if missing or no_maker:
        raise FactsMissing(missing, maker=no_maker)


def today(tx: Tx, maker: Maker) -> date:
    """The business date of this transaction in the maker's time zone (GEN-004)."""
    return business_date(tx.now, maker.time_zone)


async def business_day(tx: Tx) -> date:
    """`today` for a call that needs nothing else of the maker."""
    return today(tx, await facts.load_maker(tx))
