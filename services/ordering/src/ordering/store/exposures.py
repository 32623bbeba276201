"""Customers' exposures: the ordered bucket under a row lock, the posted balance as payments told it last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from chassis.tx import Tx
from kernel.money import Currency, Money
from ordering import tables
from ordering.core.credit import Exposure
from ordering.core.events import History
from ordering.tables import among, columns

Account = tuple[UUID, Currency]
"""A customer and a currency."""


@dataclass(frozen=True, slots=True)
class Posted:
    """The posted balance of one customer and currency; the greater sequence is the newer."""

    customer_id: UUID
    currency: Currency
    amount: Decimal
    sequence: int


async def lock_exposures(
    tx: Tx, accounts: Collection[Account], limits: Mapping[UUID, Decimal | None]
) -> dict[Account, Exposure]:
    """These accounts, made where missing, locked until the transaction ends in the order of customer and currency."""
    if not accounts:
        return {}
    await _make(tx, accounts)
    t = columns(tables.CustomerExposure)
    wanted = select(t.customer_id, t.currency, t.ordered_amount, t.posted_amount).where(
        t.maker_id == tx.maker_id, among(t.customer_id, {customer for customer, _ in accounts})
    )
    rows = await tx.rows(wanted.order_by(t.customer_id, t.currency).with_for_update())
    return {
        (row.customer_id, Currency.of(row.currency)): Exposure(
            currency=Currency.of(row.currency),
            ordered=row.ordered_amount,
            posted=row.posted_amount,
            limit=limits.get(row.customer_id),
        )
        for row in rows
    }


def moves(histories: Iterable[History]) -> list[tuple[Account, Money]]:
    """What histories change in the ordered buckets of their customers."""
    moved: list[tuple[Account, Money]] = []
    for history in histories:
        for order, sign in ((history.before, -1), (history.after, 1)):
            if order is not None and order.customer_id is not None:
                moved.append(((order.customer_id, order.currency), order.exposed * sign))
    return moved


async def move_ordered(tx: Tx, moved: Iterable[tuple[Account, Money]]) -> None:
    """Moves customers' ordered buckets. Sums first, so that one customer is written once; rows are locked in the order
    of `lock_exposures`."""
    sums: dict[Account, Decimal] = defaultdict(Decimal)
    for account, amount in moved:
        sums[account] += amount.amount
    changes = {account: amount for account, amount in sums.items() if amount}
    if not changes:
        return
    known = await lock_exposures(tx, list(changes), {})
    rows = [
        {
            "maker_id": tx.maker_id,
            "customer_id": customer_id,
            "currency": currency.code,
            "ordered_amount": known[customer_id, currency].ordered + amount,
        }
        for (customer_id, currency), amount in changes.items()
    ]
    await tx.update(tables.CustomerExposure, rows, key=("maker_id", "customer_id", "currency"))


async def post_balances(tx: Tx, balances: Collection[Posted]) -> None:
    """Keep posted balances unless newer ones are kept."""
    await _make(tx, [(balance.customer_id, balance.currency) for balance in balances])
    newest: dict[Account, Posted] = {}
    for balance in balances:
        account = (balance.customer_id, balance.currency)
        if account not in newest or balance.sequence > newest[account].sequence:
            newest[account] = balance
    t = columns(tables.CustomerExposure)
    wanted = select(t.customer_id, t.currency, t.posted_sequence).where(
        t.maker_id == tx.maker_id, among(t.customer_id, {customer for customer, _ in newest})
    )
    rows = await tx.rows(wanted.order_by(t.customer_id, t.currency).with_for_update())
    known = {(row.customer_id, Currency.of(row.currency)): row.posted_sequence for row in rows}
    changed = [
        {
            "maker_id": tx.maker_id,
            "customer_id": posted.customer_id,
            "currency": posted.currency.code,
            "posted_amount": posted.amount,
            "posted_sequence": posted.sequence,
        }
        for account, posted in newest.items()
        if posted.sequence > known[account]
    ]
    await tx.update(tables.CustomerExposure, changed, key=("maker_id", "customer_id", "currency"))


async def _make(tx: Tx, accounts: Iterable[Account]) -> None:
    rows = [
        {
            "maker_id": tx.maker_id,
            "customer_id": customer_id,
            "currency": currency.code,
            "ordered_amount": Decimal(0),
            "posted_amount": Decimal(0),
            "posted_sequence": 0,
        }
        for customer_id, currency in sorted(set(accounts), key=_account_order)
    ]
    await tx.insert(tables.CustomerExposure, rows, on_conflict_do_nothing=("maker_id", "customer_id", "currency"))


def _account_order(account: Account) -> tuple[UUID, str]:
    return account[0], account[1].code
