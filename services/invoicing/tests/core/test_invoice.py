"""The invoice's life after issue (INV §14)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from invoicing.core.document import Issue, Wording
from invoicing.core.invoice import (
    TRANSITIONS,
    Allocate,
    Command,
    Happening,
    Invoice,
    InvoiceState,
    Reverse,
    Void,
    decide,
    evolve,
    issue,
)
from invoicing.core.proposal import BilledSource, Dates, InvoiceProposal, Terms, propose
from kernel.money import JPY
from kernel.refusal import Refusal
from services.invoicing.tests.builders import ACCOUNT, TAXES, id_of, maker, note, party, yen

VOID = Void(date(2026, 7, 1), "宛先違い")


def proposal(amount: int = 1_000) -> InvoiceProposal:
    buyer = party("K1")
    return propose(
        buyer,
        [BilledSource(note("DN1", amounts={10: amount}), buyer)],
        (),
        dates=Dates(date(2026, 6, 30), date(2026, 7, 31), date(2026, 6, 30)),
        terms=Terms(maker(), TAXES, ACCOUNT),
        currency=JPY,
    )


def issued(amount: int = 1_000) -> Invoice:
    command = Issue(id_of("INV1"), "INV202606-00001", maker(), proposal(amount), Wording())
    return evolve(None, issue(command))


def after(invoice: Invoice, *commands: Command) -> Invoice:
    for command in commands:
        events = decide(invoice, command)
        assert not isinstance(events, Refusal), events
        for event in events:
            invoice = evolve(invoice, event)
    return invoice


def refused(invoice: Invoice, command: Command) -> str:
    refusal = decide(invoice, command)
    assert isinstance(refusal, Refusal)
    return refusal.code


@pytest.mark.req("INV-170")
def test_issuing_freezes_what_was_proposed() -> None:
    document = issue(Issue(id_of("INV1"), "INV202606-00001", maker(), proposal())).document

    assert document.number == "INV202606-00001"
    assert document.qualified
    assert (document.issuer.name, document.issuer.registration_number) == ("株式会社おろし商事", "T8700110005901")
    assert (document.recipient.name, document.amounts.total) == ("K1商店", yen(1_100))
    assert [(one.kind, one.number, one.late) for one in document.sources] == [("delivery_note", "DN1", False)]
    assert [share.amount for share in document.orders] == [yen(1_100)]


def test_a_part_payment_and_the_rest_pay_the_invoice() -> None:
    part = after(issued(), Allocate(yen(100)))

    assert (part.state, part.open_amount) == (InvoiceState.PARTLY_PAID, yen(100))
    assert after(part, Allocate(yen(0))).state is InvoiceState.PAID


def test_a_reversed_payment_opens_the_invoice_again() -> None:
    assert after(issued(), Allocate(yen(0)), Reverse(yen(1_100))) == issued()


@pytest.mark.req("INV-170")
def test_an_invoice_with_payments_is_not_voided() -> None:
    assert refused(after(issued(), Allocate(yen(100))), VOID) == "HAS_PAYMENTS"
    assert refused(after(issued(), Allocate(yen(0))), VOID) == "HAS_PAYMENTS"


def test_an_unpaid_invoice_is_voided_with_a_reason_once() -> None:
    void = after(issued(), VOID)

    assert void.state is InvoiceState.VOID
    assert void.voiding is not None
    assert void.voiding.reason == "宛先違い"
    assert refused(void, VOID) == "INVALID_STATE"


def test_an_invoice_is_not_voided_before_the_day_it_was_issued_on() -> None:
    """Else its addressee would be owed its total for the days between."""
    assert refused(issued(), Void(date(2026, 6, 29), "宛先違い")) == "VOID_BEFORE_ISSUE"
    assert after(issued(), Void(date(2026, 6, 30), "宛先違い")).state is InvoiceState.VOID


def test_a_payment_taken_back_makes_the_invoice_voidable_again() -> None:
    assert after(issued(), Allocate(yen(100)), Reverse(yen(1_100)), VOID).state is InvoiceState.VOID


@pytest.mark.req("INV-152")
def test_an_invoice_of_zero_is_paid_at_once_and_can_still_be_voided() -> None:
    nothing = issued(0)

    assert nothing.state is InvoiceState.PAID
    assert after(nothing, VOID).state is InvoiceState.VOID


def test_money_that_crossed_a_void_changes_the_open_amount_only() -> None:
    crossed = after(issued(), VOID, Allocate(yen(0)))

    assert (crossed.state, crossed.open_amount) == (InvoiceState.VOID, yen(0))
    assert after(crossed, Reverse(yen(1_100))).state is InvoiceState.VOID


class InvoiceLife(RuleBasedStateMachine):
    """Any sequence of money and voids: states follow the table, and the open amount tells the state."""

    def __init__(self) -> None:
        super().__init__()
        self.invoice = issued()

    @rule(amount=st.integers(0, 1_100))
    def money_comes(self, amount: int) -> None:
        self._try(Allocate(yen(amount)), Happening.ALLOCATE)

    @rule(amount=st.integers(0, 1_100))
    def money_goes(self, amount: int) -> None:
        self._try(Reverse(yen(amount)), Happening.REVERSE)

    @rule()
    def is_voided(self) -> None:
        self._try(VOID, Happening.VOID)

    def _try(self, command: Command, happening: Happening) -> None:
        before = self.invoice
        events = decide(before, command)
        if isinstance(events, Refusal):
            assert events.code in {"INVALID_STATE", "HAS_PAYMENTS"}
            return
        for event in events:
            self.invoice = evolve(self.invoice, event)
        assert self.invoice.state in TRANSITIONS[before.state, happening]

    @invariant()
    def the_open_amount_tells_the_state(self) -> None:
        if self.invoice.state is not InvoiceState.VOID:
            assert (self.invoice.state is InvoiceState.PAID) == (not self.invoice.open_amount)
            assert (self.invoice.state is InvoiceState.ISSUED) == (self.invoice.open_amount == self.invoice.total)
        assert (self.invoice.voiding is not None) == (self.invoice.state is InvoiceState.VOID)


TestInvoiceLife = InvoiceLife.TestCase
