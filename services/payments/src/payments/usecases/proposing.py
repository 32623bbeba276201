"""Asking the matcher again about lines nobody has settled: invoices may have come after the money."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from chassis.tx import Tx
from kernel.refusal import Refusal
from payments.core.bank_line import propose
from payments.core.bookkeeping import Books
from payments.core.recorded import Proposal, RecordedLine
from payments.core.statement import Refusals
from payments.store import facts, lines
from payments.usecases.deciding import decide_lines
from payments.usecases.posting import save_deed

MOST_LINES = 1_000
"""Lines looked at by one call that names none."""


async def propose_lines(tx: Tx, line_ids: Sequence[UUID] | None) -> list[RecordedLine | Refusals]:
    """A fresh decision per line, in the order of their arrival. Nothing is confirmed by itself here: somebody may have
    reversed it for a reason."""
    ids = list(line_ids) if line_ids is not None else await lines.open_lines(tx, MOST_LINES)
    await tx.lock("bank-line", set(ids))
    recorded = await lines.load_lines(tx, ids)
    maker = replace(await facts.load_maker(tx), auto_confirm=False)
    found = sorted(recorded.values(), key=lambda one: one.line.line_id)
    decided = await decide_lines(tx, maker, [one.incoming() for one in found])
    books = Books(lines={one.line.line_id: one.line for one in found})
    outcomes: dict[UUID, RecordedLine | Refusals] = {}
    for one, (decision, _) in zip(found, decided, strict=True):
        events = propose(one.line, found=bool(decision.candidates), customer_id=decision.customer_id)
        if isinstance(events, Refusal):
            outcomes[one.line.line_id] = (events,)
            continue
        line = books.carry_out(one.line.line_id, events)
        proposal = Proposal.of(decision)
        outcomes[line.line_id] = replace(one, line=line, proposal=proposal, bill_to_id=decision.bill_to_id)
    await save_deed(tx, books, [one for one in outcomes.values() if isinstance(one, RecordedLine)])
    proofs = [both for both in decided if isinstance(outcomes[both[1].line.line_id], RecordedLine)]
    await lines.keep_proofs(tx, proofs)
    return [outcomes.get(one, (Refusal("NOT_FOUND"),)) for one in ids]
