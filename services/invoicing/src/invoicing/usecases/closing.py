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
from invoicing.usecases.common import MAKER_MISSING, Ref, named
from invoicing.usecases.issuing import Issued
from invoicing.usecases.knowing import AS_IT_IS, FactsMissing, Knowledge, learn
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


async def preview(tx: Tx, ask: AskClosing, known: Knowledge = AS_IT_IS) -> ClosingPreview | list[Refusal]:
    """What a run would do now; writes nothing. Raises FactsMissing."""
    facts = await _facts(tx, ask, known, lock=False)
    return facts if isinstance(facts, list) else facts[1]


async def run(tx: Tx, ask: AskClosing, known: Knowledge = AS_IT_IS) -> RunReport | list[Refusal]:
    """Close the date. Runs of one maker wait for each other. Refuses with PREVIEW_CHANGED when the seal is broken.
    Raises FactsMissing."""
    await tx.lock("closing-run", [tx.maker_id])
    facts = await _facts(tx, ask, known, lock=True)
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


async def _facts(
    tx: Tx, ask: AskClosing, known: Knowledge, *, lock: bool
) -> tuple[Maker, ClosingPreview] | list[Refusal]:
    await learn(tx, known.told)
    maker, selection = await parties.load_maker(tx), await _selection(tx, ask)
    everybody, unbilled = await parties.load_parties(tx), await billables.count_unbilled(tx)
    if known.may_ask:
        _ask_for_missing(maker, selection, set(unbilled) - set(everybody))
    if maker is None:
        return [MAKER_MISSING]
    if isinstance(selection, list):
        return selection
    command = RunClosing(ask.closing_date, ask.issued_on or ask.closing_date, selection, ask.require_qualified)
    scope = scope_of(command, everybody, unbilled)
    last = await closings.last_closings(tx, [party.customer_id for party in scope.bill_tos])
    facts = ClosingFacts(maker, everybody, last, await parties.load_tax_rules(tx))
    exempt_since = ask.closing_date - _LONGEST_PERIOD
    notes = await billables.load_waiting(tx, scope.members, exempt_since=exempt_since, lock=lock)
    return maker, worked_out(command, scope, notes, facts)


def _ask_for_missing(
    maker: Maker | None, selection: frozenset[UUID] | list[Refusal] | None, strangers: set[UUID]
) -> None:
    unknown = [str(one.value) for one in selection] if isinstance(selection, list) else []
    if maker is None or unknown or strangers:
        raise FactsMissing(maker=maker is None, customers=[*map(named, unknown), *strangers])


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
