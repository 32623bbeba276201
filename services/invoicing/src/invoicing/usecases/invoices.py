"""Invoices put together by hand, voids, and what payments reports of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, TypeAlias
from uuid import UUID

from chassis.tx import Tx
from invoicing import announce
from invoicing.core.billable import Billable, BillableState, SourceKind
from invoicing.core.consolidation import ChosenSource, Compose, ComposeFacts, FeeEntry, compose
from invoicing.core.document import NO_WORDING, Replaced, Wording
from invoicing.core.invoice import (
    Allocate,
    Event,
    Invoice,
    InvoiceState,
    Reverse,
    Void,
    decide,
    evolve,
)
from invoicing.core.parties import Maker, Party, TaxRules
from invoicing.core.printed import Variant
from invoicing.core.proposal import InvoiceProposal
from invoicing.store import billables, invoices, papers, parties
from invoicing.usecases import issuing
from invoicing.usecases.billables import release
from invoicing.usecases.common import MAKER_MISSING, Ref, today
from invoicing.usecases.issuing import Issued
from invoicing.usecases.knowing import AS_IT_IS, FactsMissing, Knowledge, learn
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A source as the request names it: by id or number, at a field."""

    kind: SourceKind
    ref: Ref
    field: str


@dataclass(frozen=True, slots=True)
class ComposeInvoice:
    """An invoice asked for by a person. Dates left out: issued today, due by the addressee's terms."""

    bill_to: Ref
    sources: tuple[NamedSource, ...]
    issued_on: date | None = None
    closing_date: date | None = None
    due_on: date | None = None
    currency: str | None = None
    bank_account_id: UUID | None = None
    fees: tuple[FeeEntry, ...] = ()
    individual: bool = False
    require_qualified: bool = False
    replaces: Ref | None = None
    wording: Wording = NO_WORDING


@dataclass(slots=True)
class _World:
    """What all commands of one call are decided on; a source used by one is used for the next."""

    maker: Maker
    rules: TaxRules
    parties: Mapping[UUID, Party]
    notes: Mapping[tuple[SourceKind, Ref], Billable]
    replaced: Mapping[Ref, Replaced]
    used: set[UUID] = field(default_factory=set)


async def compose_and_issue(
    tx: Tx, commands: Sequence[ComposeInvoice], known: Knowledge = AS_IT_IS
) -> list[Issued | list[Refusal]]:
    """Issue consolidated invoices from notes (INV-002). Refused commands leave nothing behind; each tells all its
    problems: NOT_A_DELEGATEE, SOURCE_…, MIXED_CURRENCY, TOO_MANY_SOURCES, EMPTY_INVOICE, NEGATIVE_TOTAL, …
    Raises FactsMissing."""
    await learn(tx, known.told)
    maker, notes = await parties.load_maker(tx), await _notes(tx, commands)
    if maker is None and known.may_ask:
        raise FactsMissing(maker=True, customers=_involved(commands, notes))
    if maker is None:
        return [[MAKER_MISSING] for _ in commands]
    world = await _world(tx, maker, commands, notes)
    decided = [_decided(command, world, today(tx, maker)) for command in commands]
    if known.may_ask:
        _ask_for_missing(commands, decided, notes)
    orders = [one for one in decided if isinstance(one, issuing.Order)]
    issued = iter(await issuing.issue(tx, maker, orders))
    return [one if isinstance(one, list) else next(issued) for one in decided]


_OF_ABSENCE: Final = frozenset({"UNKNOWN_CUSTOMER", "SOURCE_NOT_IN_GROUP", "DUE_DATE_REQUIRED"})
"""Refusals that a fact on its way could turn."""


_Notes: TypeAlias = dict[tuple[SourceKind, Ref], Billable]


def _ask_for_missing(
    commands: Sequence[ComposeInvoice], decided: Sequence[issuing.Order | list[Refusal]], notes: _Notes
) -> None:
    refused = [
        command
        for command, one in zip(commands, decided, strict=True)
        if isinstance(one, list) and _OF_ABSENCE & {refusal.code for refusal in one}
    ]
    if refused:
        raise FactsMissing(customers=_involved(refused, notes))


def _involved(commands: Sequence[ComposeInvoice], notes: _Notes) -> set[Ref]:
    """The addressees and the customers of the notes."""
    found = (notes.get((source.kind, source.ref)) for command in commands for source in command.sources)
    return {command.bill_to for command in commands} | {note.customer_id for note in found if note}


async def _notes(tx: Tx, commands: Sequence[ComposeInvoice]) -> _Notes:
    """The notes that are named, locked, under each of their names."""
    notes: _Notes = {}
    for kind in SourceKind:
        refs = {source.ref for command in commands for source in command.sources if source.kind is kind}
        for note in await billables.load_named(tx, kind, refs, lock=True):
            notes[kind, note.billable_id] = notes[kind, note.number] = note
    return notes


async def _world(tx: Tx, maker: Maker, commands: Sequence[ComposeInvoice], notes: _Notes) -> _World:
    return _World(
        maker=maker,
        rules=await parties.load_tax_rules(tx),
        parties=await parties.load_groups(tx, {command.bill_to for command in commands}),
        notes=notes,
        replaced=await _replaced(tx, {command.replaces for command in commands if command.replaces}),
    )


async def _replaced(tx: Tx, refs: set[Ref]) -> dict[Ref, Replaced]:
    """Voided invoices only; others cannot be replaced (INV-170)."""
    if not refs:
        return {}
    numbers = await invoices.numbers_of(tx, refs)
    standing = await invoices.load(tx, list(numbers))
    found: dict[Ref, Replaced] = {}
    for invoice_id, number in numbers.items():
        if standing[invoice_id].state is InvoiceState.VOID:
            found[invoice_id] = found[number] = Replaced(invoice_id, number)
    return found


def _decided(command: ComposeInvoice, world: _World, day: date) -> issuing.Order | list[Refusal]:
    bill_to = _addressee(command.bill_to, world)
    problems = _about_replaced(command, world)
    if bill_to is None:
        name = str(command.bill_to)
        return [Refusal("UNKNOWN_CUSTOMER", {"customer": name}, field="/bill_to", value=name), *problems]
    members = {key: party for key, party in world.parties.items() if bill_to.customer_id in (key, party.delegatee_id)}
    chosen = [ChosenSource(source.field, str(source.ref), _note(source, world)) for source in command.sources]
    content = compose(_core_command(command, day), chosen, ComposeFacts(bill_to, members, world.maker, world.rules))
    if isinstance(content, list) or problems:
        return [*(content if isinstance(content, list) else []), *problems]
    world.used |= {source.billable.billable_id for source in content.sources}
    return _order(command, content, world)


def _order(command: ComposeInvoice, content: InvoiceProposal, world: _World) -> issuing.Order:
    replaces = world.replaced[command.replaces] if command.replaces else None
    return issuing.Order(content, command.wording, replaces=replaces)


def _core_command(command: ComposeInvoice, day: date) -> Compose:
    return Compose(
        issued_on=command.issued_on or day,
        closing_date=command.closing_date,
        due_on=command.due_on,
        currency=command.currency,
        bank_account_id=command.bank_account_id,
        fees=command.fees,
        individual=command.individual,
        require_qualified=command.require_qualified,
    )


def _addressee(ref: Ref, world: _World) -> Party | None:
    if isinstance(ref, UUID):
        return world.parties.get(ref)
    return next((party for party in world.parties.values() if party.code == ref), None)


def _note(source: NamedSource, world: _World) -> Billable | None:
    note = world.notes.get((source.kind, source.ref))
    if note is not None and note.billable_id in world.used:
        return replace(note, state=BillableState.INVOICED)
    return note


def _about_replaced(command: ComposeInvoice, world: _World) -> list[Refusal]:
    if command.replaces is None or command.replaces in world.replaced:
        return []
    name = str(command.replaces)
    return [Refusal("REPLACES_UNKNOWN", {"invoice": name}, field="/replaces", value=name)]


# ---- Voids ----


@dataclass(frozen=True, slots=True)
class VoidInvoice:
    """Take an invoice back, by id or number; without a day today, or on its issue date if that is later."""

    invoice: Ref
    reason: str
    voided_on: date | None = None
    expected_version: int | None = None
    field: str | None = None


async def void(tx: Tx, commands: Sequence[VoidInvoice]) -> list[Invoice | Refusal]:
    """Void unpaid invoices: their notes are unbilled again, their numbers stay used. Refuses with HAS_PAYMENTS,
    VOID_BEFORE_ISSUE, INVALID_STATE, NOT_FOUND, CONFLICT."""
    day = today(tx, await parties.load_maker(tx))
    numbers = await invoices.numbers_of(tx, {command.invoice for command in commands})
    ids: dict[Ref, UUID] = {number: key for key, number in numbers.items()} | {key: key for key in numbers}
    now = await invoices.load(tx, list(numbers), lock=True)
    happened: list[tuple[UUID, Event]] = []
    outcomes: list[Invoice | Refusal] = []
    for command in commands:
        outcome = _voided(command, ids, now, day)
        if not isinstance(outcome, Refusal):
            happened.append(outcome)
            key = outcome[0]
            now[key] = evolve(now[key], outcome[1])
        outcomes.append(outcome if isinstance(outcome, Refusal) else now[outcome[0]])
    await _write_voids(tx, now, happened)
    return [one if isinstance(one, Refusal) else replace(one, version=one.version + 1) for one in outcomes]


def _voided(
    command: VoidInvoice, ids: Mapping[Ref, UUID], now: Mapping[UUID, Invoice], day: date
) -> tuple[UUID, Event] | Refusal:
    invoice_id = ids.get(command.invoice)
    if invoice_id is None:
        name = str(command.invoice)
        return Refusal("NOT_FOUND", {"invoice": name}, field=command.field, value=name)
    invoice = now[invoice_id]
    if command.expected_version not in (None, invoice.version):
        return Refusal("CONFLICT", {"invoice": invoice.number})
    events = decide(invoice, Void(command.voided_on or max(day, invoice.issued_on), command.reason))
    return replace(events, field=command.field) if isinstance(events, Refusal) else (invoice_id, events[0])


async def _write_voids(tx: Tx, now: Mapping[UUID, Invoice], happened: Sequence[tuple[UUID, Event]]) -> None:
    if not happened:
        return
    voided = [key for key, _ in happened]
    await invoices.save(tx, [now[key] for key in voided])
    await release(tx, voided)
    await papers.ask_for(tx, voided, Variant.VOID)
    documents = await invoices.load_documents(tx, voided)
    tx.announce(announce.invoices(tx.maker_id, [(event, documents[key]) for key, event in happened]))


# ---- What payments reports ----


async def settle(tx: Tx, reports: Sequence[tuple[UUID, Allocate | Reverse]]) -> None:
    """Money came or went, in the order payments tells it. Raises LookupError for an invoice that does not exist and
    ValueError for a step the state machine does not know: both need a person."""
    before = await invoices.load(tx, {invoice_id for invoice_id, _ in reports}, lock=True)
    now = dict(before)
    for invoice_id, command in reports:
        if invoice_id not in now:
            raise LookupError(f"payments reports invoice {invoice_id}, which was never issued here")
        events = decide(now[invoice_id], command)
        if isinstance(events, Refusal):
            raise ValueError(f"{type(command).__name__} on invoice {invoice_id}: {dict(events.facts)}")
        for event in events:
            now[invoice_id] = evolve(now[invoice_id], event)
    await invoices.save(tx, [one for key, one in now.items() if one != before[key]])
