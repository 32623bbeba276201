"""The paper of an invoice: a snapshot of everything it says, frozen at issue (GEN-012, INV-171).

Lines are not repeated here: the notes it names never change, so their lines are read with them when it is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from invoicing.core.billable import SourceKind
from invoicing.core.calculation import InvoiceAmounts
from invoicing.core.parties import BankAccount, Location, Maker, Party, PostalAddress
from invoicing.core.proposal import BilledSource, Dates, Fee, InvoiceProposal
from invoicing.core.qualified import Finding
from invoicing.core.shares import OrderShare


@dataclass(frozen=True, slots=True)
class Wording:
    """Texts of people: header comment on each page, footer comment on the last, the note that is never printed."""

    header_comment: str = ""
    footer_comment: str = ""
    internal_note: str = ""


NO_WORDING: Final = Wording()


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who issues, at which office, under which registration number (INV-081)."""

    name: str
    location_name: str
    address: PostalAddress
    registration_number: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A customer whose documents are on the invoice, as it was called at issue."""

    customer_id: UUID
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Recipient:
    """The addressee; individuals are 様, companies 御中 (CUS-020)."""

    customer_id: UUID
    code: str
    name: str
    department: str
    individual: bool
    address: PostalAddress


@dataclass(frozen=True, slots=True)
class InvoiceSource:
    """A note the invoice consumed."""

    kind: SourceKind
    source_id: UUID
    number: str
    customer_id: UUID
    dated_on: date
    late: bool


@dataclass(frozen=True, slots=True)
class Replaced:
    """The voided invoice that this one corrects (INV-170)."""

    invoice_id: UUID
    number: str


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """Everything the paper says but the lines."""

    invoice_id: UUID
    number: str
    qualified: bool
    issuer: Issuer
    recipient: Recipient
    members: tuple[Member, ...]
    dates: Dates
    amounts: InvoiceAmounts
    sources: tuple[InvoiceSource, ...]
    orders: tuple[OrderShare, ...]
    fees: tuple[Fee, ...]
    bank_account: BankAccount | None
    warnings: tuple[Finding, ...]
    wording: Wording
    run_id: UUID | None = None
    replaces: Replaced | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """Issue what was proposed under this number, the last thing taken (INV-092)."""

    invoice_id: UUID
    number: str
    maker: Maker
    content: InvoiceProposal
    wording: Wording = NO_WORDING
    run_id: UUID | None = None
    replaces: Replaced | None = None


def document_of(command: Issue) -> InvoiceDocument:
    """The snapshot of a proposal under its number."""
    content = command.content
    return InvoiceDocument(
        invoice_id=command.invoice_id,
        number=command.number,
        qualified=content.qualified,
        issuer=_issuer(command.maker, content.location),
        recipient=_recipient(content.bill_to),
        members=tuple(Member(party.customer_id, party.code, party.name) for party in content.members),
        dates=content.dates,
        amounts=content.amounts,
        sources=tuple(_source(source) for source in content.sources),
        orders=content.orders,
        fees=content.fees,
        bank_account=content.bank_account,
        warnings=content.warnings,
        wording=command.wording,
        run_id=command.run_id,
        replaces=command.replaces,
    )


def _issuer(maker: Maker, location: Location | None) -> Issuer:
    if location is None:
        return Issuer(maker.name, "", PostalAddress(), None)
    return Issuer(maker.name, location.name, location.address, location.registration_number)


def _recipient(party: Party) -> Recipient:
    return Recipient(party.customer_id, party.code, party.name, party.department, party.individual, party.address)


def _source(source: BilledSource) -> InvoiceSource:
    note = source.billable
    return InvoiceSource(note.kind, note.billable_id, note.number, note.customer_id, note.dated_on, source.late)
