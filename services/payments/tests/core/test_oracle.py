"""The bank steps of the demo wholesaler, replayed through the pure core, equal the oracle's figures to the yen."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from kernel.money import JPY, Money, total
from kernel.refusal import Refusal
from payments.core import ledger
from payments.core.bank_line import BankLine, LineEvent, LineState, evolved, propose, reverse
from payments.core.ledger import Account, Balance, Entry, applied
from payments.core.matching import (
    Decision,
    Directory,
    IncomingLine,
    KnownName,
    MatchingRules,
    OpenBook,
    OpenInvoice,
    Verdict,
    decide,
    replayed,
)
from payments.core.matching.proof import from_json, to_json
from payments.core.receivable import Receivable, ReceivableState, days_late, opened, reopened, settled
from payments.core.settlement import AskedShare, Confirm, Excess, Short, confirm
from payments.core.statement import Refusals, Statement, fingerprints
from payments.core.zengin import read_notice

DEMO = Path(__file__).parents[4] / "demo" / "wholesaler"
IMPORTED_ON = date(2026, 10, 31)
ACCOUNT = UUID(int=1)


def _json(name: str) -> Any:
    return json.loads((DEMO / name).read_text(encoding="utf-8"))


def _rows(name: str) -> list[dict[str, str]]:
    with (DEMO / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _yen(amount: int) -> Money:
    return Money.of(amount, JPY)


def _done(events: tuple[LineEvent, ...] | Refusals) -> tuple[LineEvent, ...]:
    """The events of a deed that must not be refused."""
    happened = tuple(event for event in events if not isinstance(event, Refusal))
    assert len(happened) == len(events), events
    return happened


@dataclass
class World:
    """One maker's books, as the service keeps them in its database."""

    customer_ids: dict[str, UUID]
    names: list[KnownName]
    delegatee_of: dict[UUID, UUID]
    receivables: dict[UUID, Receivable]
    keys: dict[UUID, str]
    lines: dict[UUID, BankLine] = field(default_factory=dict)
    seen: dict[str, UUID] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    numbers: int = 1_000_000
    tolerance: Money = field(default_factory=lambda: _yen(0))
    auto_confirm: bool = False

    def ids(self) -> Iterator[UUID]:
        while True:
            self.numbers += 1
            yield UUID(int=self.numbers)

    @property
    def rules(self) -> MatchingRules:
        return MatchingRules({"JPY": int(self.tolerance.amount)}, self.auto_confirm)

    def open_invoices(self) -> list[OpenInvoice]:
        return [
            OpenInvoice(
                one.invoice_id,
                one.number,
                one.bill_to_id,
                "JPY",
                int(one.open.amount),
                one.issued_on,
                one.due_on,
                one.members,
            )
            for one in self.receivables.values()
            if one.open
        ]

    def confirm(self, line_id: UUID, command: Confirm) -> None:
        line = self.lines[line_id]
        events = confirm(line, command, self.receivables, fee_tolerance=self.tolerance, ids=self.ids())
        self.lines[line_id] = evolved(line, _done(events))
        for event in _done(events):
            self.entries.extend(ledger.of_event(event))
        for one in self.lines[line_id].allocations[len(line.allocations) :]:
            self.receivables[one.invoice_id] = settled(self.receivables[one.invoice_id], one)

    def balance(self, code: str) -> Balance:
        balance = Balance.empty(self.customer_ids[code], JPY)
        for entry in self.entries:
            balance = applied(balance, entry)
        return balance

    def net(self, account: Account) -> Money:
        signed = [
            entry.amount if entry.debit is account else -entry.amount
            for entry in self.entries
            if account in (entry.debit, entry.credit)
        ]
        return total(signed, JPY)


@dataclass
class Imported:
    """What one file brought."""

    statement: Statement
    new: list[UUID]
    duplicates: int
    decisions: dict[UUID, Decision]


def _world() -> World:
    maker = _json("maker.json")
    customers = _rows("customers.csv")
    ids = {row["customer_code"]: UUID(int=1000 + at) for at, row in enumerate(customers)}
    names = [KnownName(ids[row["customer_code"]], row[column]) for row in customers for column in ("kana", "name")]
    delegatees = {ids[row["delegator_code"]]: ids[row["delegatee_code"]] for row in _rows("delegations.csv")}
    receivables, keys, entries = {}, {}, list[Entry]()
    for at, (key, invoice) in enumerate(_json("expected.json")["invoices"].items()):
        one = opened(
            UUID(int=10_000 + at),
            key,
            ids[invoice["bill_to"]],
            issued_on=date.fromisoformat(invoice["closing_date"]),
            due_on=date.fromisoformat(invoice["due_date"]),
            total=_yen(invoice["total"]),
            members=frozenset(ids[code] for code in invoice["members"]),
        )
        receivables[one.invoice_id], keys[one.invoice_id] = one, key
        entries.extend(ledger.of_invoice(one))
    world = World(ids, names, delegatees, receivables, keys, entries=entries)
    world.tolerance, world.auto_confirm = _yen(maker["bank_fee_tolerance"]), maker["auto_confirm_matches"]
    return world


def _import(world: World, name: str) -> Imported:
    statement = read_notice((DEMO / name).read_bytes(), near=IMPORTED_ON)
    assert isinstance(statement, Statement), statement
    new: list[tuple[UUID, IncomingLine]] = []
    for line, mark in zip(statement.lines, fingerprints(ACCOUNT, statement.lines), strict=True):
        if mark in world.seen:
            continue
        line_id = next(world.ids())
        world.seen[mark] = line_id
        world.lines[line_id] = BankLine(line_id, line.value_date, line.amount)
        world.entries.extend(ledger.of_line(world.lines[line_id]))
        texts = (line.description, line.payer_code)
        new.append((line_id, IncomingLine(line_id, "JPY", int(line.amount.amount), line.value_date, line.payer, texts)))
    decisions = _decide(world, [incoming for _, incoming in new])
    return Imported(statement, [one for one, _ in new], len(statement.lines) - len(new), decisions)


def _decide(world: World, incoming: list[IncomingLine]) -> dict[UUID, Decision]:
    directory = Directory(world.names, world.delegatee_of)
    decisions = {}
    for decision, proof in decide(incoming, OpenBook(world.open_invoices()), directory, world.rules):
        line = proof.line
        decisions[line.line_id] = decision
        assert replayed(from_json(json.loads(json.dumps(to_json(proof))))) == decision
        found = bool(decision.candidates)
        events = propose(world.lines[line.line_id], found=found, customer_id=decision.customer_id)
        assert isinstance(events, tuple)
        world.lines[line.line_id] = evolved(world.lines[line.line_id], events)
        if decision.verdict is Verdict.AUTO:
            world.confirm(line.line_id, _as_ticked(decision))
    return decisions


def _as_ticked(decision: Decision) -> Confirm:
    assert decision.ticked is not None
    shares = tuple(
        AskedShare(one.invoice_id, _yen(one.amount), Short.FEE if one.fee else Short.LEAVE_OPEN)
        for one in decision.ticked.shares
    )
    return Confirm(shares, customer_id=decision.customer_id)


def _resolve(world: World, line_id: UUID, decision: Decision, expected: dict[str, Any]) -> None:
    """What the person of `resolution` does with one line."""
    resolution = expected["resolution"]
    if decision.verdict is Verdict.AUTO or resolution.startswith("leave unallocated"):
        return
    if decision.ticked is not None and resolution.startswith("confirm"):
        world.confirm(line_id, _as_ticked(decision))
        return
    ids = {key: invoice_id for invoice_id, key in world.keys.items()}
    short = Short.SLIP if "shortage_slip" in expected else Short.FEE if "fee_discount" in expected else Short.LEAVE_OPEN
    shares = tuple(AskedShare(ids[one["invoice"]], _yen(one["amount"]), short) for one in expected["allocations"])
    excess = Excess.OVERPAYMENT if "credit_note" in expected else Excess.UNALLOCATED
    world.confirm(line_id, Confirm(shares, excess, world.customer_ids[expected["bill_to"]]))


def _compare_line(world: World, line_id: UUID, decision: Decision, expected: dict[str, Any]) -> None:
    what = expected["line"]
    assert decision.verdict in {expected["decision"], *expected["accept_also"]}, what
    if "apply automatically" in expected.get("must_not", ""):
        assert decision.verdict is not Verdict.AUTO, what
    if expected["customer"]:
        assert decision.customer_id == world.customer_ids[expected["customer"]], what
    candidates = {world.customer_ids[code] for code in expected.get("candidates", [])}
    assert candidates <= {one.customer_id for one in decision.candidates}, what


def _compare_outcome(world: World, line_id: UUID, expected: dict[str, Any]) -> None:
    line = world.lines[line_id]
    allocations = [
        {"invoice": world.keys[one.invoice_id], "amount": int(one.amount.amount)} for one in line.allocations
    ]
    assert allocations == expected["allocations"], expected["line"]
    for name, attribute in (("fee_discount", "fee_discount"), ("shortage_slip", "shortage_slip")):
        amounts = [
            {"invoice": world.keys[one.invoice_id], "amount": int(getattr(one, attribute).amount)}
            for one in line.allocations
            if getattr(one, attribute)
        ]
        assert amounts == expected.get(name, []), expected["line"]
    kept = line.overpayment
    assert (int(kept.amount.amount) if kept else 0) == expected.get("credit_note", {}).get("amount", 0)
    assert line.state == LineState(expected["line_state"]), expected["line"]


def _compare_balances(world: World, expected: dict[str, Any], totals: dict[str, int], received: int) -> None:
    for code, figures in expected.items():
        balance = world.balance(code)
        assert int(balance.balance.amount) == figures["balance"], code
        assert int(balance.open_invoices.amount) == figures["open_invoices"], code
        assert int(balance.open_slips.amount) == figures["open_slips"], code
        assert int(balance.credit_notes.amount) == figures["open_credit_notes"], code
        own = [one for one in world.receivables.values() if one.bill_to_id == world.customer_ids[code]]
        assert int(total((one.allocated for one in own), JPY).amount) == figures["allocated"], code
        assert int(total((one.discounted for one in own), JPY).amount) == figures["fee_discounts"], code
    every = world.receivables.values()
    actual = {
        "received": int(world.net(Account.BANK).amount),
        "unallocated": -int(world.net(Account.UNALLOCATED).amount),
        "invoiced": -int(world.net(Account.SALES).amount),
        "allocated": int(total((one.allocated for one in every), JPY).amount),
        "fee_discounts": int(world.net(Account.FEE_DISCOUNT).amount),
        "open_invoices": int(world.net(Account.RECEIVABLE).amount),
        "open_slips": int(world.net(Account.SHORTAGE_SLIPS).amount),
        "open_credit_notes": -int(world.net(Account.CREDIT_NOTES).amount),
    }
    actual["balance"] = actual["open_invoices"] + actual["open_slips"]
    assert actual == totals
    assert received == actual["received"]
    assert sum(int(world.net(account).amount) for account in Account) == 0


def _run_file(world: World, name: str, expected: dict[str, Any]) -> Imported:
    imported = _import(world, name)
    file = expected["files"][name]
    assert (len(imported.new), imported.duplicates) == (file["new"], file["duplicates"])
    assert sum(int(line.amount.amount) for line in imported.statement.lines) == file["total"]
    lines = [one for one in expected["lines"] if one["file"] == name]
    assert len(lines) == len(imported.new)
    pairs = list(zip(imported.new, lines, strict=True))
    for line_id, one in pairs:
        _compare_line(world, line_id, imported.decisions[line_id], one)
    for line_id, one in pairs:
        _resolve(world, line_id, imported.decisions[line_id], one)
    for line_id, one in pairs:
        _compare_outcome(world, line_id, one)
    return imported


@pytest.mark.req("PAY-001", "PAY-012", "PAY-016", "PAY-031", "PAY-032", "PAY-034", "PAY-036", "PAY-039", "PAY-051")
def test_both_bank_files_of_the_wholesaler_end_in_the_expected_balances() -> None:
    world, expected, invoices = _world(), _json("bank_lines_expected.json"), _json("expected.json")
    first, second = "zengin_transfers.txt", "zengin_transfers_2.txt"

    one = _run_file(world, first, expected)
    received = expected["files"][first]["total"]
    _compare_balances(world, expected["balances_after_file_1"], expected["after_file_1"]["totals"], received)
    _compare_invoices(world, invoices["invoices"], "after_file_1")
    two = _run_file(world, second, expected)
    received = expected["after_file_2"]["totals"]["received"]
    _compare_balances(world, expected["balances"], expected["after_file_2"]["totals"], received)
    _compare_invoices(world, invoices["invoices"], "after_file_2")

    bank = invoices["steps"]["6_bank"]
    verdicts = [decision.verdict.value for imported in (one, two) for decision in imported.decisions.values()]
    assert {verdict: verdicts.count(verdict) for verdict in sorted(set(verdicts))} == bank["decisions"]
    states = [receivable.state.value for receivable in world.receivables.values()]
    assert {state: states.count(state) for state in set(states)} == bank["invoice_states"]
    as_of = date(2026, 10, 31)
    late = [
        world.keys[one.invoice_id] for one in world.receivables.values() if one.open and days_late(one.due_on, as_of)
    ]
    assert sorted(late) == sorted(bank["overdue_at_2026_10_31"])


def _compare_invoices(world: World, invoices: dict[str, Any], when: str) -> None:
    for invoice_id, key in world.keys.items():
        receivable = world.receivables[invoice_id]
        assert int(receivable.open.amount) == invoices[key][f"open_{when}"], key
        assert receivable.state == ReceivableState(invoices[key][f"state_{when}"]), key


@pytest.mark.req("PAY-016")
def test_importing_the_first_file_again_brings_nothing() -> None:
    world, expected = _world(), _json("bank_lines_expected.json")
    _run_file(world, "zengin_transfers.txt", expected)
    _run_file(world, "zengin_transfers_2.txt", expected)

    again = _import(world, "zengin_transfers.txt")

    assert (len(again.new), again.duplicates) == (0, 58)


@pytest.mark.req("PAY-042")
def test_reversing_every_line_restores_all_invoices_and_keeps_both_entries() -> None:
    world, expected = _world(), _json("bank_lines_expected.json")
    before = dict(world.receivables)
    _run_file(world, "zengin_transfers.txt", expected)
    entries = len(world.entries)

    for line in list(world.lines.values()):
        if line.state is LineState.NEW:
            continue
        events = reverse(line, on=IMPORTED_ON, slips_in_use=frozenset())
        assert isinstance(events, tuple)
        world.lines[line.line_id] = evolved(line, events)
        for one in line.allocations:
            world.receivables[one.invoice_id] = reopened(world.receivables[one.invoice_id], one)
        for event in events:
            world.entries.extend(ledger.of_event(event))

    assert world.receivables == before
    assert {line.state for line in world.lines.values()} == {LineState.NEW}
    assert len(world.entries) > entries
    for code in expected["balances"]:
        assert int(world.balance(code).balance.amount) == expected["balances"][code]["invoiced"]
