"""Writing down what a deed did: lines, settlements, invoices, ledger, balances, and telling it, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from chassis.tx import Tx
from payments import announce
from payments.core.bookkeeping import Books, Told
from payments.core.ledger import Balance, Entry, applied, balance_keys
from payments.core.recorded import RecordedLine
from payments.store import ledger, lines, receivables, settlements


async def save_deed(tx: Tx, books: Books, changed: Iterable[RecordedLine]) -> None:
    """Keeps a deed on existing lines. The balances it touches are locked by the caller (`lock_balances`)."""
    await lines.save_lines(tx, changed)
    await save_money(tx, books)


async def save_money(tx: Tx, books: Books) -> None:
    """Settlements, invoices, ledger and balances of a deed whose lines are stored."""
    await settlements.save_settlements(tx, books.told)
    await receivables.save_receivables(tx, [books.receivables[one] for one in books.touched_invoices])
    await post(tx, books.entries, books.told)


async def post(tx: Tx, entries: Sequence[Entry], told: Sequence[Told] = ()) -> None:
    """Adds entries to the ledger, brings the balances up to date and announces both.

    The balances must be locked: they are read here and written back.
    """
    keys = sorted(balance_keys(entries), key=lambda key: (key[0], key[1].code))
    before = await ledger.load_balances(tx, keys)
    after = _added_up(before, entries)
    changed = [replace(one, version=one.version + 1) for key, one in after.items() if one != before[key]]
    await ledger.insert_entries(tx, entries)
    await ledger.save_balances(tx, changed)
    tx.announce(announce.messages(tx.maker_id, told, changed))


def _added_up(
    before: Mapping[ledger.BalanceKey, Balance], entries: Iterable[Entry]
) -> dict[ledger.BalanceKey, Balance]:
    """Each balance after the entries that touch it: one pass, however many customers a file pays for."""
    after = dict(before)
    for entry in entries:
        for key in balance_keys((entry,)):
            after[key] = applied(after[key], entry)
    return after


async def lock_customers_of(tx: Tx, entries: Iterable[Entry]) -> None:
    """The balances that these entries will touch."""
    await ledger.lock_balances(tx, balance_keys(entries))


def ids_for(tx: Tx, shares: int) -> Iterator[UUID]:
    """Enough ascending ids for so many shares: each makes an allocation and perhaps a slip, a line one overpayment."""
    return iter(tx.new_ids(2 * shares + 2))
