"""Letting the matcher look at lines: everything it needs in a handful of reads, the thinking off the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice

from chassis.tx import Tx
from payments.core.maker import Maker
from payments.core.matching import Decision, Directory, IncomingLine, OpenBook, OpenInvoice, Proof, decide
from payments.core.matching.facts import words_of
from payments.core.payer import payer_name
from payments.store import facts, receivables

Decided = tuple[Decision, Proof]

_AT_ONCE = 500
"""Lines decided between two signs of life to the database, which ends transactions that idle (30 s)."""


async def decide_lines(tx: Tx, maker: Maker, incoming: Sequence[IncomingLine]) -> list[Decided]:
    """One decision per line, in order, with its evidence; nothing is written (PAY-031)."""
    directory = await facts.load_directory(tx, {line.payer for line in incoming})
    book = OpenBook(await _invoices(tx, incoming, directory))
    decisions = decide(incoming, book, directory, maker.rules())
    decided: list[Decided] = []
    while some := await asyncio.to_thread(lambda: list(islice(decisions, _AT_ONCE))):
        decided.extend(some)
        await facts.sign_of_life(tx)
    return decided


async def _invoices(tx: Tx, incoming: Sequence[IncomingLine], directory: Directory) -> list[OpenInvoice]:
    customers = {known.customer_id for line in incoming for known in directory.fits(payer_name(line.payer))[1]}
    nameless = [line for line in incoming if not directory.fits(payer_name(line.payer))[1]]
    return await receivables.open_to_match(
        tx,
        customer_ids=customers,
        number_keys={word for line in incoming for word in words_of(line.texts)},
        amounts={(line.currency, line.amount) for line in nameless},
    )
