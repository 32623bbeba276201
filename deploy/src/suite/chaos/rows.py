"""What the checker reads of the databases and topics: plain rows, and the statements that read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrderRow:
    """ordering: `ref` is the purchase order number the client gave."""

    order_id: UUID
    number: str
    ref: str
    confirmed_on: date | None
    shipped: int


@dataclass(frozen=True, slots=True)
class OrderLineRow:
    """ordering: a line of the official content."""

    order_id: UUID
    line_id: UUID
    sku_code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class ExposureRow:
    """ordering: what payments told last about a customer."""

    customer_id: UUID
    posted_amount: Decimal
    posted_sequence: int


@dataclass(frozen=True, slots=True)
class StockedRow:
    """fulfillment: a confirmed order."""

    order_id: UUID
    number: str


@dataclass(frozen=True, slots=True)
class UnshippedRow:
    """fulfillment: an unshipped SKU."""

    line_id: UUID
    order_id: UUID
    sku_code: str
    ordered: int


@dataclass(frozen=True, slots=True)
class NoteRow:
    """fulfillment: a delivery note; `ref` is its memo."""

    note_id: UUID
    number: str | None
    ref: str
    shipped_on: date | None
    invoice_id: UUID | None


@dataclass(frozen=True, slots=True)
class NoteLineRow:
    """fulfillment, and the same pieces at invoicing."""

    note_id: UUID
    order_id: UUID
    sku_code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    invoice_id: UUID
    number: str
    bill_to_code: str
    total: Decimal
    open_amount: Decimal
    voided: bool


@dataclass(frozen=True, slots=True)
class SourceRow:
    """invoicing: a note on an invoice."""

    invoice_id: UUID
    source_id: UUID
    live: bool


@dataclass(frozen=True, slots=True)
class BankLineRow:
    line_id: UUID
    reference: str
    amount: Decimal
    value_date: date


@dataclass(frozen=True, slots=True)
class ReceivableRow:
    invoice_id: UUID
    bill_to_id: UUID
    total: Decimal
    open_amount: Decimal


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """payments: `settled` is what the invoice got less open by: money, fee and slip together."""

    invoice_id: UUID
    settled: Decimal


@dataclass(frozen=True, slots=True)
class EntryRow:
    """payments: a ledger entry."""

    entry_id: UUID
    kind: str
    debit: str
    credit: str
    debit_customer_id: UUID | None
    credit_customer_id: UUID | None
    amount: Decimal
    currency: str
    invoice_id: UUID | None
    line_id: UUID | None


@dataclass(frozen=True, slots=True)
class BalanceRow:
    customer_id: UUID
    open_invoices: Decimal


@dataclass(frozen=True, slots=True)
class Books:
    """One snapshot of the ledger and of what it must agree with."""

    entries: tuple[EntryRow, ...] = ()
    receivables: tuple[ReceivableRow, ...] = ()
    allocations: tuple[AllocationRow, ...] = ()
    balances: tuple[BalanceRow, ...] = ()
    bank_lines: tuple[BankLineRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """A held message of one service."""

    service: str
    id: int
    reason: str
    type: str | None
    topic: str
    partition: int
    offset: int
    body: bytes | None
    headers: str
    error: str | None
    stack: str | None

    @property
    def place(self) -> tuple[str, str, int, int]:
        return (self.service, self.topic, self.partition, self.offset)


@dataclass(frozen=True, slots=True)
class CopyRow:
    """A committed outbox row. `xid` is the transaction's, `snapshot` what it saw as committed."""

    seq: int
    event_id: UUID
    topic: str
    key: str
    subject: str
    sequence: int
    xid: str
    snapshot: str


@dataclass(frozen=True, slots=True)
class Record:
    """A record of a topic."""

    topic: str
    partition: int
    offset: int
    key: str
    value: bytes | None
    headers: Mapping[str, str]

    @property
    def event_id(self) -> UUID | None:
        try:
            return UUID(self.headers.get("ce_id", ""))
        except ValueError:
            return None

    @property
    def type(self) -> str:
        return self.headers.get("ce_type", "")

    @property
    def subject(self) -> str:
        return self.headers.get("ce_subject", "")

    @property
    def sequence(self) -> int:
        return int(self.headers.get("ce_sequence", "0"))


Subject = tuple[str, str]
"""(topic, subject); there is one maker."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The chassis's tables of one service."""

    outbox: int = 0
    inbox: frozenset[UUID] = frozenset()
    positions: Mapping[Subject, int] = field(default_factory=dict)
    sequences: Mapping[Subject, int] = field(default_factory=dict)
    copies: tuple[CopyRow, ...] = ()
    parked: tuple[ParkedRow, ...] = ()
    closing_runs: frozenset[UUID] = frozenset()


@dataclass
class World:
    """Everything the checker looks at."""

    orders: list[OrderRow] = field(default_factory=list)
    order_lines: list[OrderLineRow] = field(default_factory=list)
    exposures: list[ExposureRow] = field(default_factory=list)
    stocked: list[StockedRow] = field(default_factory=list)
    unshipped: list[UnshippedRow] = field(default_factory=list)
    notes: list[NoteRow] = field(default_factory=list)
    note_lines: list[NoteLineRow] = field(default_factory=list)
    billed_lines: list[NoteLineRow] = field(default_factory=list)
    invoices: list[InvoiceRow] = field(default_factory=list)
    sources: list[SourceRow] = field(default_factory=list)
    bank_files: set[UUID] = field(default_factory=set)
    books: Books = field(default_factory=Books)
    runtimes: dict[str, Runtime] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    lag: dict[str, int] = field(default_factory=dict)
    """Records not dealt with, by service and topic."""
