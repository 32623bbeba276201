"""Carrying out what a deed decided: the line, the invoices, the ledger and what is told follow from the events."""

from __future__ import annotations

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from uuid import UUID

from kernel.money import Money
from payments.core import ledger
from payments.core.bank_line import Allocated, AllocationReversed, BankLine, LineEvent, evolve
from payments.core.ledger import Entry
from payments.core.receivable import Receivable, reopened, settled


@dataclass(frozen=True, slots=True)
class Told:
    """An event with what its consumers need beside it: what is open of the invoice now."""

    event: LineEvent
    open_after: Money | None = None


@dataclass(slots=True)
class Books:
    """Lines and invoices in work, and everything that happened to them, in order; lives inside one deed.

    Deeds are folded one by one: each sees what the ones before it did.
    """

    lines: MutableMapping[UUID, BankLine] = field(default_factory=dict)
    receivables: MutableMapping[UUID, Receivable] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    touched_lines: set[UUID] = field(default_factory=set)
    touched_invoices: set[UUID] = field(default_factory=set)

    def add_line(self, line: BankLine) -> None:
        """A line that has just come in; its money is on the bank account."""
        self.lines[line.line_id] = line
        self.entries.extend(ledger.of_line(line))

    def carry_out(self, line_id: UUID, events: Iterable[LineEvent]) -> BankLine:
        """The line after the events."""
        line = self.lines[line_id]
        for event in events:
            line = evolve(line, event)
            self.entries.extend(ledger.of_event(event, cancels=line.cancels))
            self.told.append(Told(event, self._settle(event)))
        self.lines[line_id] = line
        self.touched_lines.add(line_id)
        return line

    def _settle(self, event: LineEvent) -> Money | None:
        match event:
            case Allocated(allocation):
                return self._replace(settled(self.receivables[allocation.invoice_id], allocation))
            case AllocationReversed(allocation):
                return self._replace(reopened(self.receivables[allocation.invoice_id], allocation))
            case _:
                return None

    def _replace(self, receivable: Receivable) -> Money:
        self.receivables[receivable.invoice_id] = receivable
        self.touched_invoices.add(receivable.invoice_id)
        return receivable.open
