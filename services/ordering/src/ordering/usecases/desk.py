"""The orders a transaction works on: found by id or number, changed one deed after the other, kept together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias
from uuid import UUID

from chassis.tx import Tx
from kernel.refusal import Refusal
from ordering.announce import messages
from ordering.core.deeds import Decision
from ordering.core.events import History
from ordering.core.order import Order, Signature
from ordering.store.evidence import log_deeds
from ordering.store.exposures import move_ordered, moves
from ordering.store.orders import OrderRef, load_orders, save_orders, saved

Outcome: TypeAlias = Order | tuple[Refusal, ...]
"""The order after its deed, or every reason why not."""
Done: TypeAlias = UUID | tuple[Refusal, ...]
"""The same before the desk is closed: the order's id."""


class Desk:
    """Orders under lock. A refused deed leaves its order as it was; several deeds on one order follow each other."""

    def __init__(self, tx: Tx, orders: Iterable[Order]) -> None:
        self._tx = tx
        self._histories = {order.order_id: History.untouched(order) for order in orders}
        self._numbers = {history.after.number: order_id for order_id, history in self._histories.items()}

    @staticmethod
    async def opened(tx: Tx, refs: Collection[OrderRef]) -> Desk:
        """The orders of these ids and numbers that exist, locked."""
        return Desk(tx, (await load_orders(tx, refs, lock=True)).values())

    def find(self, ref: OrderRef) -> Order | None:
        """The order as it is now."""
        history = self._histories.get(ref if isinstance(ref, UUID) else self._numbers.get(ref, _NOBODY))
        return history.after if history else None

    def do(self, ref: OrderRef, deed: Callable[[Order], Decision], *, version: int | None = None) -> Done:
        """Carries out one deed. NOT_FOUND without the order, CONFLICT when it is not the version the caller read."""
        order = self.find(ref)
        if order is None:
            return (Refusal("NOT_FOUND", {"order": str(ref)}, value=str(ref)),)
        if version is not None and version != order.version:
            return (Refusal("CONFLICT", {"number": order.number}),)
        decision = deed(order)
        if isinstance(decision, tuple):
            return decision
        self._histories[order.order_id] = self._histories[order.order_id].then(decision)
        return order.order_id

    async def close(self) -> None:
        """Saves what changed, moves exposures, logs deeds, announces."""
        changed = [history for history in self._histories.values() if history.steps]
        await save_orders(self._tx, changed)
        await move_ordered(self._tx, moves(changed))
        await log_deeds(self._tx, changed)
        self._tx.announce(messages(self._tx.maker_id, changed))
        for history in changed:
            self._histories[history.after.order_id] = saved(history)

    def outcomes(self, done: Iterable[Done]) -> list[Outcome]:
        """The orders as they stand after `close`, or the refusals."""
        return [self._histories[one].after if isinstance(one, UUID) else one for one in done]


_NOBODY = UUID(int=0)


def signed(tx: Tx, note: str = "") -> Signature:
    """Who does it now, with the reason or note."""
    return Signature(tx.actor, tx.now, note)
