"""The outcome of a whole run before it is written, and its seal (DOMAIN_RULES §2 no. 3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from invoicing.core.billable import Billable
from invoicing.core.closing.account import AccountClosing, AccountOutcome, close_account
from invoicing.core.closing.facts import (
    Account,
    ClosingFacts,
    ExcludedBillTo,
    ExcludedSource,
    RunClosing,
    SourceOut,
)
from invoicing.core.closing.scope import Scope
from invoicing.core.parties import Party
from invoicing.core.proposal import InvoiceProposal
from kernel.money import Currency, Money, total


@dataclass(frozen=True, slots=True)
class ClosingPreview:
    """The whole outcome of a run before it is written: what is in, what is out and why, and its seal."""

    command: RunClosing
    accounts: tuple[AccountClosing, ...]
    bill_tos_out: tuple[ExcludedBillTo, ...]
    seal: str

    @property
    def proposals(self) -> tuple[InvoiceProposal, ...]:
        """The invoices it makes."""
        return tuple(proposal for one in self.accounts for proposal in one.proposals)

    @property
    def sources_out(self) -> tuple[ExcludedSource, ...]:
        """The notes of its customers that it leaves out."""
        return tuple(source for one in self.accounts for source in one.out)

    @property
    def closes(self) -> tuple[Account, ...]:
        """The accounts that are closed by it."""
        return self._with(AccountOutcome.CLOSES)

    @property
    def already_closed(self) -> tuple[Account, ...]:
        """The accounts that were closed before; nothing happens to them."""
        return self._with(AccountOutcome.ALREADY_CLOSED)

    @property
    def empty(self) -> tuple[Account, ...]:
        """The accounts that close without an invoice."""
        bare = {one.account for one in self.accounts if not one.proposals}
        return tuple(account for account in self.closes if account in bare)

    @property
    def totals(self) -> dict[str, str]:
        """What it bills, per currency code, as plain decimals."""
        by_currency: dict[Currency, list[Money]] = {}
        for proposal in self.proposals:
            by_currency.setdefault(proposal.currency, []).append(proposal.amounts.total)
        found = {currency.code: total(amounts, currency).amount for currency, amounts in by_currency.items()}
        return {code: f"{found[code]:f}" for code in sorted(found)}

    def _with(self, outcome: AccountOutcome) -> tuple[Account, ...]:
        return tuple(one.account for one in self.accounts if one.outcome is outcome)


def preview(command: RunClosing, scope: Scope, notes: Iterable[Billable], facts: ClosingFacts) -> ClosingPreview:
    """The run worked out over the unbilled and exempt notes of the scope's members; nothing is written here."""
    by_bill_to: dict[UUID, list[Billable]] = {}
    for note in notes:
        by_bill_to.setdefault(facts.parties[note.customer_id].bill_to_id, []).append(note)
    accounts = tuple(
        close_account(bill_to, currency, waiting, command, facts)
        for bill_to in scope.bill_tos
        for currency, waiting in _by_currency(bill_to, by_bill_to.get(bill_to.customer_id, []))
    )
    return ClosingPreview(command, accounts, scope.out, _seal(command, accounts))


def _by_currency(bill_to: Party, notes: Sequence[Billable]) -> list[tuple[Currency, list[Billable]]]:
    """The bill-to's own currency even without a note, then any other its notes are in."""
    found: dict[str, list[Billable]] = {bill_to.currency: []}
    for note in notes:
        found.setdefault(note.currency.code, []).append(note)
    return [
        (Currency.of(code), found[code]) for code in sorted(found, key=lambda code: (code != bill_to.currency, code))
    ]


def _seal(command: RunClosing, accounts: Sequence[AccountClosing]) -> str:
    """sha256 over everything the run would write. What is dated after the closing does not belong to it, so notes of
    the next period may come in between."""
    digest = sha256(f"{command.closing_date} {command.issued_on}\n".encode())
    for one in accounts:
        digest.update(f"account {one.account[0]} {one.account[1]} {one.outcome}\n".encode())
        for proposal in one.proposals:
            digest.update(_sealed_invoice(proposal).encode())
        kept_out = [source for source in one.out if source.reason is not SourceOut.DATED_AFTER_CLOSING]
        for line in sorted(f"out {source.billable.billable_id} {source.reason}\n" for source in kept_out):
            digest.update(line.encode())
    return digest.hexdigest()


def _sealed_invoice(proposal: InvoiceProposal) -> str:
    number = proposal.location.registration_number if proposal.location else None
    account = proposal.bank_account.bank_account_id if proposal.bank_account else None
    head = f"invoice {proposal.bill_to.customer_id} {proposal.amounts.total} {proposal.dates.due_on} {number} {account}"
    rates = [
        f"{one.taxed.rate} {one.taxed.exclusive} {one.taxed.inclusive} {one.taxed.tax}"
        for one in proposal.amounts.per_rate
    ]
    sources = [f"{source.billable.billable_id} {source.late}" for source in proposal.sources]
    return "\n".join([head, *rates, *sources]) + "\n"
