"""Closing runs: the preview and the run are the same computation on the same facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from chassis.tx import Tx
from invoicing.core.closing import ClosingFacts, ClosingPreview, RunClosing, scope_of
from invoicing.core.closing import preview as worked_out
from invoicing.core.document import NO_WORDING, Wording
from invoicing.core.parties import Maker
from invoicing.store import billables, closings, parties
from invoicing.store.closings import CompletedRun
from invoicing.usecases import issuing
from invoicing.usecases.common import Ref, issuing_maker
from invoicing.usecases.issuing import Issued
from kernel.refusal import Refusal

_LONGEST_PERIOD: Final = timedelta(days=31)
"""Exempt notes older than a period are no news in a preview."""


@dataclass(frozen=True, slots=True)
class AskClosing:
    """What was asked for. `issued_on` is the closing date unless given; `customers` by id or code, None means all.

    `seal` is the preview somebody approved: a run that would come out differently is refused.
    """

    closing_date: date
    issued_on: date | None = None
    customers: Sequence[Ref] | None = None
    require_qualified: bool = False
    seal: str | None = None
    wording: Wording = NO_WORDING


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did. `run_id` is None when there was nothing left to close: a rerun creates nothing (INV-061)."""

    preview: ClosingPreview
    run_id: UUID | None
    issued: tuple[Issued, ...]


async def preview(tx: Tx, ask: AskClosing) -> ClosingPreview | list[Refusal]:
    """What a run would do now; writes nothing."""
    facts = await _facts(tx, ask, lock=False)
    return facts if isinstance(facts, list) else facts[1]


async def run(tx: Tx, ask: AskClosing) -> RunReport | list[Refusal]:
    """Close the date. Runs of one maker wait for each other. Refuses with PREVIEW_CHANGED when the seal is broken."""
    await tx.lock("closing-run", [tx.maker_id])
    facts = await _facts(tx, ask, lock=True)
    if isinstance(facts, list):
        return facts
    maker, outcome = facts
    if ask.seal is not None and ask.seal != outcome.seal:
        return [Refusal("PREVIEW_CHANGED", {"seal": outcome.seal}, field="/seal")]
    if not outcome.closes:
        return RunReport(outcome, None, ())
    run_id = tx.new_id()
    await closings.add(tx, CompletedRun(run_id, outcome))
    orders = [issuing.Order(proposal, ask.wording, run_id) for proposal in outcome.proposals]
    return RunReport(outcome, run_id, tuple(await issuing.issue(tx, maker, orders)))


async def _facts(tx: Tx, ask: AskClosing, *, lock: bool) -> tuple[Maker, ClosingPreview] | list[Refusal]:
    maker = await issuing_maker(tx)
    if isinstance(maker, Refusal):
        return [maker]
    selection = await _selection(tx, ask)
    if isinstance(selection, list):
        return selection
    command = RunClosing(ask.closing_date, ask.issued_on or ask.closing_date, selection, ask.require_qualified)
    everybody = await parties.load_parties(tx)
    scope = scope_of(command, everybody, await billables.count_unbilled(tx))
    last = await closings.last_closings(tx, [party.customer_id for party in scope.bill_tos])
    facts = ClosingFacts(maker, everybody, last, await parties.load_tax_rules(tx))
    exempt_since = ask.closing_date - _LONGEST_PERIOD
    notes = await billables.load_waiting(tx, scope.members, exempt_since=exempt_since, lock=lock)
    return maker, worked_out(command, scope, notes, facts)


async def _selection(tx: Tx, ask: AskClosing) -> frozenset[UUID] | list[Refusal] | None:
    """The ids of the customers asked for. Refuses every unknown one with UNKNOWN_CUSTOMER."""
    if ask.customers is None:
        return None
    codes = await parties.customers_by_code(tx, {ref for ref in ask.customers if isinstance(ref, str)})
    strangers = await parties.unknown_customers(tx, {ref for ref in ask.customers if isinstance(ref, UUID)})
    unknown = [
        Refusal("UNKNOWN_CUSTOMER", {"customer": str(ref)}, field=f"/customers/{index}", value=str(ref))
        for index, ref in enumerate(ask.customers)
        if ref in strangers or (isinstance(ref, str) and ref not in codes)
    ]
    return unknown or frozenset(codes[ref] if isinstance(ref, str) else ref for ref in ask.customers)
