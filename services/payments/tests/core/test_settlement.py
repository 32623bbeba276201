"""Confirming and reversing a line: money to invoices, differences, excess, and everything that is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from kernel.money import JPY, Currency, Money
from kernel.refusal import Refusal
from payments.core import ledger
from payments.core.bank_line import (
    AdvanceHeld,
    AdvanceReleased,
    Allocated,
    BankLine,
    LineConfirmed,
    LineEvent,
    LineState,
    OverpaymentKept,
    evolved,
    ignore,
    propose,
    reverse,
    unignore,
)
from payments.core.ledger import Account, Balance, Entry, EntryKind, applied, balance_keys
from payments.core.matching import Candidate, Rule, Share
from payments.core.receivable import (
    AgingBucket,
    Receivable,
    ReceivableState,
    aging_bucket,
    days_late,
    reopened,
    settled,
)
from payments.core.settlement import AskedShare, Confirm, Excess, Short, as_ticked, confirm
from payments.core.statement import Refusals
from services.payments.tests.builders import A, B, bank_line, codes, done, ids, invoice_id, receivable, yen

USD = Currency.of("USD")
TOLERANCE = yen(880)


def _confirm(
    line: BankLine, command: Confirm, *receivables: Receivable, tolerance: Money | None = TOLERANCE
) -> tuple[LineEvent, ...] | Refusals:
    by_id = {one.invoice_id: one for one in receivables}
    return confirm(line, command, by_id, fee_tolerance=tolerance, ids=ids())


def _pay(number: int = 1, amount: int | None = None, short: Short = Short.LEAVE_OPEN) -> AskedShare:
    return AskedShare(invoice_id(number), None if amount is None else yen(amount), short)


def _entries(events: tuple[LineEvent, ...]) -> list[tuple[EntryKind, Account, Account, int]]:
    entries = [entry for event in events for entry in ledger.of_event(event)]
    return [(one.kind, one.debit, one.credit, int(one.amount.amount)) for one in entries]


@pytest.mark.req("PAY-038", "PAY-040")
def test_an_exact_payment_settles_the_invoice_at_its_value_date() -> None:
    events = done(_confirm(bank_line(33_000), Confirm((_pay(),)), receivable(1, 33_000)))
    [allocated, confirmed] = events
    assert isinstance(allocated, Allocated)
    assert isinstance(confirmed, LineConfirmed)
    assert (allocated.allocation.amount, allocated.allocation.booked_on) == (yen(33_000), date(2026, 10, 1))
    assert confirmed.customer_id == A
    assert evolved(bank_line(33_000), events).state is LineState.MATCHED
    after = settled(receivable(1, 33_000), allocated.allocation)
    assert (after.open, after.state) == (yen(0), ReceivableState.PAID)
    assert _entries(events) == [(EntryKind.PAYMENT, Account.UNALLOCATED, Account.RECEIVABLE, 33_000)]


@pytest.mark.req("PAY-040")
def test_money_older_than_the_invoice_counts_from_its_issue() -> None:
    later = receivable(1, 33_000, issued_on=date(2026, 10, 20))
    [allocated, _] = done(_confirm(bank_line(33_000), Confirm((_pay(),)), later))
    assert isinstance(allocated, Allocated)
    assert allocated.allocation.booked_on == date(2026, 10, 20)


@pytest.mark.req("PAY-038")
def test_one_line_pays_several_invoices_and_one_invoice_is_paid_by_several_lines() -> None:
    first, second = receivable(1, 30_000), receivable(2, 20_000)
    line = bank_line(40_000)
    events = done(_confirm(line, Confirm((_pay(1), _pay(2))), first, second))
    assert [one.allocation.amount for one in events if isinstance(one, Allocated)] == [yen(30_000), yen(10_000)]
    allocations = [one.allocation for one in events if isinstance(one, Allocated)]
    after = settled(second, allocations[1])
    assert (after.open, after.state) == (yen(10_000), ReceivableState.PARTLY_PAID)
    rest = done(_confirm(bank_line(10_000), Confirm((_pay(2),)), after))
    assert isinstance(rest[0], Allocated)
    assert settled(after, rest[0].allocation).state is ReceivableState.PAID


@pytest.mark.req("PAY-035")
def test_one_receipt_of_a_corporate_pays_invoices_of_two_customers() -> None:
    line = bank_line(300_000)
    own, other = receivable(1, 180_000, bill_to=A), receivable(2, 120_000, bill_to=B)
    events = done(_confirm(line, Confirm((_pay(1), _pay(2)), customer_id=UUID(int=99)), own, other))
    assert evolved(line, events).state is LineState.MATCHED
    assert evolved(line, events).customer_id == UUID(int=99)
    entries = [entry for event in events for entry in ledger.of_event(event)]
    assert balance_keys(entries) == {(A, JPY), (B, JPY)}


@pytest.mark.req("PAY-039")
@pytest.mark.parametrize(("open_now", "refused"), [(33_000, []), (32_999, ["SUGGESTION_OUTDATED"])])
def test_a_suggestion_books_the_bank_fee_that_was_ticked_or_none(open_now: int, refused: list[str]) -> None:
    ticked = Candidate(Rule.FEE, A, (Share(invoice_id(1), "INV1", A, 32_560, fee=440),), gap=440)
    outcome = _confirm(bank_line(32_560), as_ticked(ticked, JPY), receivable(1, open_now))
    assert [one.code for one in outcome if isinstance(one, Refusal)] == refused


@pytest.mark.req("PAY-039")
def test_a_bank_fee_becomes_a_discount() -> None:
    events = done(_confirm(bank_line(32_560), Confirm((_pay(short=Short.FEE),)), receivable(1, 33_000)))
    assert _entries(events) == [
        (EntryKind.PAYMENT, Account.UNALLOCATED, Account.RECEIVABLE, 32_560),
        (EntryKind.BANK_FEE, Account.FEE_DISCOUNT, Account.RECEIVABLE, 440),
    ]
    assert evolved(bank_line(32_560), events).state is LineState.MATCHED


@pytest.mark.req("PAY-039")
@pytest.mark.parametrize(("tolerance", "refused"), [(yen(439), True), (yen(440), False), (None, True)])
def test_a_fee_over_the_tolerance_is_refused(tolerance: Money | None, refused: bool) -> None:
    outcome = _confirm(bank_line(32_560), Confirm((_pay(short=Short.FEE),)), receivable(1, 33_000), tolerance=tolerance)
    if refused:
        assert codes(outcome) == ["FEE_OVER_TOLERANCE"]
    else:
        done(outcome)


@pytest.mark.req("PAY-039")
def test_the_fees_of_all_invoices_of_a_line_share_one_tolerance() -> None:
    shares = (_pay(1, 99_500, Short.FEE), _pay(2, 99_500, Short.FEE))
    outcome = _confirm(bank_line(199_000), Confirm(shares), receivable(1, 100_000), receivable(2, 100_000))
    assert codes(outcome) == ["FEE_OVER_TOLERANCE"]


def test_a_shortage_slip_closes_the_invoice_and_stays_owed() -> None:
    events = done(_confirm(bank_line(32_000), Confirm((_pay(short=Short.SLIP),)), receivable(1, 33_000)))
    assert isinstance(events[0], Allocated)
    assert events[0].allocation.slip_id is not None
    assert settled(receivable(1, 33_000), events[0].allocation).state is ReceivableState.PAID
    balance = _balance(
        [*ledger.of_invoice(receivable(1, 33_000)), *(e for one in events for e in ledger.of_event(one))]
    )
    assert (balance.balance, balance.open_invoices, balance.open_slips) == (yen(1_000), yen(0), yen(1_000))


def _balance(entries: list[Entry]) -> Balance:
    balance = Balance.empty(A, JPY)
    for entry in entries:
        balance = applied(balance, entry)
    return balance


@pytest.mark.req("PAY-051")
def test_an_overpayment_is_kept_as_credit_of_the_customer_and_not_netted() -> None:
    line = bank_line(35_000)
    events = done(_confirm(line, Confirm((_pay(),), Excess.OVERPAYMENT), receivable(1, 33_000)))
    kept = events[1]
    assert isinstance(kept, OverpaymentKept)
    assert (kept.overpayment.amount, kept.overpayment.bill_to_id) == (yen(2_000), A)
    assert evolved(line, events).state is LineState.MATCHED
    balance = _balance(
        [*ledger.of_invoice(receivable(1, 33_000)), *(e for one in events for e in ledger.of_event(one))]
    )
    assert (balance.balance, balance.credit_notes) == (yen(0), yen(2_000))


def test_r18_excess_may_stay_on_account_and_pay_the_next_invoice() -> None:
    line = bank_line(120_000)
    held = done(_confirm(line, Confirm((_pay(),), Excess.ADVANCE), receivable(1, 100_000)))
    assert held[1] == AdvanceHeld(line.line_id, A, yen(20_000), date(2026, 10, 1))
    line = evolved(line, held)
    assert (line.state, line.held, line.unassigned) == (LineState.PART_MATCHED, yen(20_000), yen(0))
    next_bill = receivable(2, 50_000, issued_on=date(2026, 10, 31))
    later = done(_confirm(line, Confirm((_pay(2),)), next_bill))
    assert isinstance(later[0], Allocated)
    assert settled(next_bill, later[0].allocation).open == yen(30_000)
    assert _entries(later) == [(EntryKind.PAYMENT, Account.ADVANCES, Account.RECEIVABLE, 20_000)]
    line = evolved(line, later)
    assert (line.state, line.held) == (LineState.MATCHED, yen(0))


def test_money_on_account_is_drawn_after_what_is_nobodys_and_given_back_by_a_reversal() -> None:
    line = evolved(bank_line(100), done(_confirm(bank_line(100), Confirm((), Excess.ADVANCE, bill_to_id=B))))
    assert line.held == yen(100)
    events = done(_confirm(line, Confirm((_pay(1, 60),), Excess.OVERPAYMENT), receivable(1, 60)))
    line = evolved(line, events)
    assert (line.state, line.held) == (LineState.MATCHED, yen(0))
    back = done(reverse(line, on=date(2026, 10, 2), slips_in_use=frozenset()))
    assert back[-2] == AdvanceReleased(line.line_id, B, yen(100), date(2026, 10, 2))
    after = evolved(line, back)
    assert (after.state, after.free, after.held) == (LineState.NEW, yen(100), yen(0))


def test_money_may_wait_for_its_invoice_on_account() -> None:
    events = done(_confirm(bank_line(500), Confirm((), Excess.ADVANCE, customer_id=B, bill_to_id=A)))
    line = evolved(bank_line(500), events)
    assert (line.state, line.customer_id, line.held) == (LineState.PART_MATCHED, B, yen(500))


def test_money_on_one_customers_account_is_not_put_on_another_ones_by_confirming_again() -> None:
    """It was answered as done and nothing moved; the way is to reverse the line first."""
    held = evolved(bank_line(100), done(_confirm(bank_line(100), Confirm((), Excess.ADVANCE, A, A))))
    assert codes(_confirm(held, Confirm((), Excess.ADVANCE, B, B))) == ["NOTHING_TO_CONFIRM"]
    assert codes(_confirm(held, Confirm((), Excess.ADVANCE, A, A))) == ["NOTHING_TO_CONFIRM"]


@pytest.mark.req("PAY-038")
@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ((_pay(1, 33_001),), ["OVER_ALLOCATED", "OVER_ALLOCATED"]),
        ((_pay(1, 20_000), _pay(2, 20_000)), ["OVER_ALLOCATED"]),
        ((_pay(1, 33_000), _pay(2)), ["OVER_ALLOCATED"]),
        ((_pay(1, 0),), ["BAD_AMOUNT"]),
        ((_pay(1), _pay(1)), ["DUPLICATE_INVOICE"]),
        ((_pay(7), _pay(8)), ["UNKNOWN_INVOICE", "UNKNOWN_INVOICE"]),
        ((), ["NOTHING_TO_CONFIRM"]),
    ],
)
def test_nothing_is_allocated_beyond_the_invoice_or_the_line(
    shares: tuple[AskedShare, ...], expected: list[str]
) -> None:
    outcome = _confirm(bank_line(33_000), Confirm(shares), receivable(1, 33_000), receivable(2, 33_000))
    assert codes(outcome) == expected


@pytest.mark.req("PAY-038")
@pytest.mark.parametrize(("amount", "refused"), [(32_999, False), (33_000, False), (33_001, True)])
def test_the_open_amount_is_the_limit_of_an_allocation(amount: int, refused: bool) -> None:
    outcome = _confirm(bank_line(99_000), Confirm((_pay(1, amount),)), receivable(1, 33_000))
    assert (codes(outcome) == ["OVER_ALLOCATED"]) if refused else done(outcome)


@pytest.mark.req("PAY-037")
def test_money_of_another_currency_pays_no_invoice() -> None:
    dollars = receivable(1, 100, currency=USD)
    assert codes(_confirm(bank_line(100), Confirm((AskedShare(dollars.invoice_id),)), dollars)) == ["CURRENCY_MISMATCH"]


def test_a_voided_invoice_takes_no_money() -> None:
    voided = replace(receivable(1), voided_on=date(2026, 10, 1))
    assert (voided.state, voided.open) == (ReceivableState.VOIDED, yen(0))
    assert codes(_confirm(bank_line(), Confirm((_pay(),)), voided)) == ["INVALID_STATE"]


def test_an_overpayment_of_nobody_is_refused() -> None:
    own, other = receivable(1, 100, bill_to=A), receivable(2, 100, bill_to=B)
    outcome = _confirm(bank_line(300), Confirm((_pay(1), _pay(2)), Excess.OVERPAYMENT), own, other)
    assert codes(outcome) == ["CUSTOMER_REQUIRED"]


def test_a_cancellation_pays_nothing() -> None:
    assert codes(_confirm(bank_line(cancels=True), Confirm((_pay(),)), receivable(1))) == ["INVALID_STATE"]


@pytest.mark.req("PAY-041")
def test_a_line_is_ignored_with_a_reason_and_comes_back() -> None:
    line = bank_line(100)
    ignored = done(ignore(line, reason="利息", on=date(2026, 10, 2)))
    assert _entries(ignored) == [(EntryKind.IGNORED, Account.UNALLOCATED, Account.IGNORED, 100)]
    line = evolved(line, ignored)
    assert line.state is LineState.IGNORED
    assert codes(_confirm(line, Confirm((_pay(),)), receivable(1))) == ["INVALID_STATE"]
    back = done(unignore(line, on=date(2026, 10, 3)))
    assert _entries(back) == [(EntryKind.IGNORED_REVERSAL, Account.IGNORED, Account.UNALLOCATED, 100)]
    assert evolved(line, back).state is LineState.NEW


@pytest.mark.req("PAY-042")
def test_a_reversal_reopens_invoice_and_line_and_mirrors_every_entry() -> None:
    line, invoice = bank_line(32_000), receivable(1, 33_000)
    events = done(_confirm(line, Confirm((_pay(short=Short.SLIP),)), invoice))
    matched = evolved(line, events)
    back = done(reverse(matched, on=date(2026, 10, 5), slips_in_use=frozenset()))
    assert evolved(matched, back).state is LineState.NEW
    assert evolved(matched, back).allocations == ()
    [allocation] = matched.allocations
    assert reopened(settled(invoice, allocation), allocation) == invoice
    forth = [entry for event in events for entry in ledger.of_event(event)]
    mirrored = [entry for event in back for entry in ledger.of_event(event)]
    assert [(one.debit, one.credit, one.amount) for one in forth] == [(e.credit, e.debit, e.amount) for e in mirrored]
    assert {one.booked_on for one in mirrored} == {date(2026, 10, 5)}


@pytest.mark.req("PAY-042")
def test_a_payment_whose_slip_stands_on_an_invoice_cannot_be_reversed() -> None:
    events = done(_confirm(bank_line(32_000), Confirm((_pay(short=Short.SLIP),)), receivable(1, 33_000)))
    line = evolved(bank_line(32_000), events)
    slip = line.allocations[0].slip_id
    assert slip is not None
    assert codes(reverse(line, on=date(2026, 10, 5), slips_in_use=frozenset({slip}))) == ["SLIP_IN_USE"]


@pytest.mark.parametrize(("on", "refused"), [(date(2026, 9, 30), True), (date(2026, 10, 1), False)])
def test_a_reversal_is_not_dated_before_its_payment(on: date, refused: bool) -> None:
    line = evolved(bank_line(100), done(_confirm(bank_line(100), Confirm((_pay(1, 100),)), receivable(1))))
    outcome = reverse(line, on=on, slips_in_use=frozenset())
    assert (codes(outcome) == ["BAD_DATE"]) if refused else done(outcome)


def test_a_line_without_payment_is_not_reversed_and_a_settled_one_not_proposed_again() -> None:
    assert codes(reverse(bank_line(), on=date(2026, 10, 1), slips_in_use=frozenset())) == ["INVALID_STATE"]
    line = evolved(bank_line(100), done(_confirm(bank_line(100), Confirm((_pay(1, 100),)), receivable(1))))
    assert codes(propose(line, found=True, customer_id=A)) == ["INVALID_STATE"]


@pytest.mark.req("PAY-060")
@pytest.mark.parametrize(("as_of", "late"), [(date(2026, 6, 29), 0), (date(2026, 6, 30), 0), (date(2026, 7, 1), 1)])
def test_an_invoice_is_late_from_the_day_after_its_due_date(as_of: date, late: int) -> None:
    assert days_late(date(2026, 6, 30), as_of) == late


@pytest.mark.req("PAY-064")
@pytest.mark.parametrize(
    ("late", "bucket"),
    [
        (0, "not_due"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (60, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "over-90"),
    ],
)
def test_aging_buckets_begin_where_the_one_before_ends(late: int, bucket: str) -> None:
    assert aging_bucket(late) == AgingBucket(bucket)


@pytest.mark.req("PAY-001", "PAY-004")
def test_r11_previous_balance_minus_receipt_and_fee_carries_nothing_over() -> None:
    """R11: 550,000 − (549,340 + 660) = 0; had only 300,000 come, 250,000 stay."""
    previous = receivable(1, 550_000)
    paid = done(_confirm(bank_line(549_340), Confirm((_pay(short=Short.FEE),)), previous))
    part = done(_confirm(bank_line(300_000), Confirm((_pay(),)), previous))
    for events, carried in ((paid, 0), (part, 250_000)):
        entries = [*ledger.of_invoice(previous), *(entry for event in events for entry in ledger.of_event(event))]
        assert _balance(entries).balance == yen(carried)
        again = [*entries, *ledger.of_invoice(receivable(2, 438_000))]
        assert _balance(again).balance == yen(carried + 438_000)


def test_an_invoice_with_more_returned_than_sold_lowers_the_balance() -> None:
    assert _balance(list(ledger.of_invoice(receivable(1, -500)))).balance == yen(-500)
    assert ledger.of_invoice(receivable(1, 0)) == ()
    assert _balance(
        [*ledger.of_invoice(receivable(1, 500)), *ledger.of_void(receivable(1, 500), date(2026, 10, 1))]
    ).balance == yen(0)


def test_a_credit_note_stands_beside_the_balance() -> None:
    balance = _balance(list(ledger.of_credit_note(A, yen(700), date(2026, 10, 1))))
    assert (balance.balance, balance.credit_notes) == (yen(0), yen(700))


def test_money_taken_back_by_the_bank_leaves_the_account() -> None:
    [entry] = ledger.of_line(bank_line(100, cancels=True))
    assert (entry.debit, entry.credit) == (Account.UNALLOCATED, Account.BANK)
    ignored = done(ignore(bank_line(100, cancels=True), reason="取消", on=date(2026, 10, 2)))
    [turned] = [e for event in ignored for e in ledger.of_event(event, cancels=True)]
    assert (turned.debit, turned.credit) == (Account.IGNORED, Account.UNALLOCATED)
