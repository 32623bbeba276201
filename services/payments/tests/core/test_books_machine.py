"""Whatever people do to lines and invoices, in any order: money is neither made nor lost (PAY-004, PAY-038, P4)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from kernel.money import JPY, Money, total
from kernel.refusal import Refusal
from payments.core import ledger
from payments.core.bank_line import (
    TRANSITIONS,
    Allocated,
    AllocationReversed,
    BankLine,
    LineEvent,
    LineState,
    Move,
    evolve,
    ignore,
    propose,
    reverse,
    unignore,
)
from payments.core.ledger import Account, Balance, Entry, applied
from payments.core.receivable import Receivable, reopened, settled
from payments.core.settlement import AskedShare, Confirm, Excess, Short, confirm
from services.payments.tests.builders import TODAY, A, B, ids, invoice_id, receivable, yen

TOLERANCE = yen(880)
AMOUNTS = st.integers(1, 20).map(lambda units: units * 220)


class Books(RuleBasedStateMachine):
    """The core beside a naive count of what came in and what is owed."""

    lines = Bundle("lines")
    invoices = Bundle("invoices")

    def __init__(self) -> None:
        super().__init__()
        self.line: dict[UUID, BankLine] = {}
        self.receivable: dict[UUID, Receivable] = {}
        self.entries: list[Entry] = []
        self.ids = ids()
        self.received = 0
        self.invoiced = 0

    @rule(target=invoices, amount=AMOUNTS, bill_to=st.sampled_from([A, B]))
    def issue(self, amount: int, bill_to: UUID) -> UUID:
        one = receivable(len(self.receivable), amount, bill_to=bill_to)
        self.receivable[one.invoice_id] = one
        self.entries.extend(ledger.of_invoice(one))
        self.invoiced += amount
        return invoice_id(len(self.receivable) - 1)

    @rule(target=lines, amount=AMOUNTS)
    def receive(self, amount: int) -> UUID:
        line = BankLine(next(self.ids), TODAY, yen(amount))
        self.line[line.line_id] = line
        self.entries.extend(ledger.of_line(line))
        self.received += amount
        return line.line_id

    @rule(
        line_id=lines,
        shares=st.lists(st.tuples(invoices, st.none() | AMOUNTS, st.sampled_from(Short)), max_size=3),
        excess=st.sampled_from(Excess),
        owner=st.sampled_from([A, B, None]),
    )
    def confirm_line(
        self, line_id: UUID, shares: list[tuple[UUID, int | None, Short]], excess: Excess, owner: UUID | None
    ) -> None:
        line = self.line[line_id]
        asked = tuple(
            AskedShare(invoice, None if amount is None else yen(amount), short) for invoice, amount, short in shares
        )
        outcome = confirm(
            line, Confirm(asked, excess, bill_to_id=owner), self.receivable, fee_tolerance=TOLERANCE, ids=self.ids
        )
        self._do(line, outcome)

    @rule(line_id=lines, later=st.integers(-1, 3))
    def reverse_line(self, line_id: UUID, later: int) -> None:
        on = date.fromordinal(TODAY.toordinal() + later)
        self._do(self.line[line_id], reverse(self.line[line_id], on=on, slips_in_use=frozenset()))

    @rule(line_id=lines)
    def ignore_line(self, line_id: UUID) -> None:
        self._do(self.line[line_id], ignore(self.line[line_id], reason="利息", on=TODAY))

    @rule(line_id=lines)
    def unignore_line(self, line_id: UUID) -> None:
        self._do(self.line[line_id], unignore(self.line[line_id], on=TODAY))

    @rule(line_id=lines, found=st.booleans())
    def propose_line(self, line_id: UUID, found: bool) -> None:
        self._do(self.line[line_id], propose(self.line[line_id], found=found, customer_id=A if found else None))

    def _do(self, line: BankLine, outcome: tuple[LineEvent, ...] | tuple[Refusal, ...] | Refusal) -> None:
        if isinstance(outcome, Refusal):
            return
        for event in outcome:
            if isinstance(event, Refusal):
                return
            before = line
            line = evolve(line, event)
            assert line.state is before.state or line.state in _reachable_from(before.state)
            self.entries.extend(ledger.of_event(event))
            self._touch(event)
        self.line[line.line_id] = line

    def _touch(self, event: LineEvent) -> None:
        match event:
            case Allocated(allocation):
                invoice = allocation.invoice_id
                self.receivable[invoice] = settled(self.receivable[invoice], allocation)
            case AllocationReversed(allocation):
                invoice = allocation.invoice_id
                self.receivable[invoice] = reopened(self.receivable[invoice], allocation)

    @invariant()
    def no_invoice_and_no_line_is_overdrawn(self) -> None:
        assert all(not one.open.is_negative for one in self.receivable.values())
        for line in self.line.values():
            assert not line.free.is_negative
            assert not line.unassigned.is_negative
            assert (line.state is LineState.MATCHED) <= (not line.free)
            assert (line.state in (LineState.NEW, LineState.SUGGESTED, LineState.IGNORED)) <= (line.free == line.amount)

    @invariant()
    def the_ledger_says_what_the_open_items_say(self) -> None:
        for customer_id in (A, B):
            balance = Balance.empty(customer_id, JPY)
            for entry in self.entries:
                balance = applied(balance, entry)
            own = [one for one in self.receivable.values() if one.bill_to_id == customer_id]
            assert balance.open_invoices == total((one.open for one in own), JPY)
            assert balance.open_slips == total((one.slipped for one in own), JPY)
            held = [
                line.advance.amount
                for line in self.line.values()
                if line.advance and line.advance.customer_id == customer_id
            ]
            assert balance.advances == total(held, JPY)

    @invariant()
    def what_came_in_is_allocated_kept_held_ignored_or_nobodys(self) -> None:
        allocated = total((line.allocated for line in self.line.values()), JPY)
        assert self._net(Account.BANK) == yen(self.received)
        assert -self._net(Account.SALES) == yen(self.invoiced)
        ignored = [line.amount for line in self.line.values() if line.state is LineState.IGNORED]
        assert -self._net(Account.IGNORED) == total(ignored, JPY)
        nobodys = [line.unassigned for line in self.line.values() if line.state is not LineState.IGNORED]
        assert -self._net(Account.UNALLOCATED) == total(nobodys, JPY)
        rest = self._net(Account.CREDIT_NOTES) + self._net(Account.ADVANCES)
        rest += self._net(Account.UNALLOCATED) + self._net(Account.IGNORED)
        assert yen(self.received) == allocated - rest

    def _net(self, account: Account) -> Money:
        debits = total((one.amount for one in self.entries if one.debit is account), JPY)
        return debits - total((one.amount for one in self.entries if one.credit is account), JPY)


def _reachable_from(state: LineState) -> set[LineState]:
    return {after for (before, _), after in TRANSITIONS.items() if before is state}


TestBooks = pytest.mark.req("PAY-004", "PAY-038", "PAY-042", "PAY-043")(Books.TestCase)
TestBooks.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)


@pytest.mark.req("PAY-041", "PAY-042")
def test_the_table_of_moves_is_the_one_of_the_specification() -> None:
    moves = {(before.value, move.value, after.value) for (before, move), after in TRANSITIONS.items()}
    assert {move for before, move, _ in moves if before == "MATCHED"} == {Move.REVERSE.value}
    assert {move for before, move, _ in moves if before == "IGNORED"} == {Move.UNIGNORE.value}
    assert ("IGNORED", "unignore", "NEW") in moves
    assert {after for before, move, after in moves if move == "reverse"} == {"NEW"}
    assert {before for before, move, _ in moves if move == "ignore"} == {"NEW", "SUGGESTED"}
