"""What this service does: always on a sequence, always in one transaction, never committing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlmodel import col

from chassis.example.tables import BuyerRow, OrderRow, TallyRow
from chassis.example.wire import OrderNoted
from chassis.tx import Tx
from contracts.wire import Message
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class NoteOrder:
    """A command: note this order."""

    customer_id: UUID
    number: str
    amount: Decimal
    ordered_on: date


@dataclass(frozen=True, slots=True)
class Noted:
    """What was noted."""

    order_id: UUID
    number: str
    amount: Decimal


async def note(tx: Tx, commands: Sequence[NoteOrder]) -> list[Noted | Refusal]:
    """Notes orders; an amount of zero is refused (`NOTHING_ORDERED`)."""
    ids = tx.new_ids(len(commands))
    outcomes = [_decide(command, order_id) for command, order_id in zip(commands, ids, strict=True)]
    noted = [(command, done) for command, done in zip(commands, outcomes, strict=True) if isinstance(done, Noted)]
    await tx.insert(OrderRow, [_row(tx, command, done) for command, done in noted])
    tx.announce(Message(tx.maker_id, _told(command, done)) for command, done in noted)
    return outcomes


def _decide(command: NoteOrder, order_id: UUID) -> Noted | Refusal:
    if command.amount <= 0:
        return Refusal("NOTHING_ORDERED", {"number": command.number}, field="amount")
    return Noted(order_id, command.number, command.amount)


def _row(tx: Tx, command: NoteOrder, done: Noted) -> dict[str, object]:
    return {
        "maker_id": tx.maker_id,
        "order_id": done.order_id,
        "customer_id": command.customer_id,
        "number": command.number,
        "amount": command.amount,
        "tags": [],
        "extra": None,
        "ordered_on": command.ordered_on,
        "struck": False,
        "scan": None,
        "noted_at": tx.now,
        "version": 1,
    }


def _told(command: NoteOrder, done: Noted) -> OrderNoted:
    return OrderNoted(order_id=done.order_id, customer_id=command.customer_id, number=done.number, amount=done.amount)


async def missing_buyers(tx: Tx, customer_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these customers this service has not heard of yet."""
    asked = set(customer_ids)
    keys = [(tx.maker_id, customer_id) for customer_id in asked]
    known = await tx.rows(
        select(col(BuyerRow.customer_id)).where(tuple_(col(BuyerRow.maker_id), col(BuyerRow.customer_id)).in_(keys))
    )
    return asked - {row.customer_id for row in known}


async def count(tx: Tx, orders: Sequence[OrderNoted]) -> None:
    """Adds orders to the tallies of their customers: one read, one write, however many."""
    sums: dict[UUID, list[Decimal]] = defaultdict(list)
    for order in orders:
        sums[order.customer_id].append(order.amount)
    await tx.lock("tally", sums)
    rows = await tx.rows(
        select(TallyRow.__table__).where(  # type: ignore[attr-defined]
            col(TallyRow.maker_id) == tx.maker_id, col(TallyRow.customer_id).in_(list(sums))
        )
    )
    before = {row.customer_id: row for row in rows}
    await tx.upsert(
        TallyRow,
        [
            {
                "maker_id": tx.maker_id,
                "customer_id": customer_id,
                "orders": len(amounts) + (before[customer_id].orders if customer_id in before else 0),
                "amount": sum(amounts, before[customer_id].amount if customer_id in before else Decimal()),
            }
            for customer_id, amounts in sums.items()
        ],
        key=("maker_id", "customer_id"),
    )
