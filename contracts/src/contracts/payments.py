"""What `payments` tells: money allocated and reversed, overpayments, balances."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from contracts.wire import Amount, Event


class _BillToEvent(Event, topic="payments.events"):
    bill_to_id: UUID
    currency: str

    def key(self) -> str:
        return str(self.bill_to_id)


class PaymentAllocated(_BillToEvent, type="payments.payment-allocated.v1"):
    """Money, fee discount or shortage slip settled part of an invoice; `open_amount` is what is left of it."""

    allocation_id: UUID
    invoice_id: UUID
    invoice_number: str
    bank_line_id: UUID | None
    value_date: date
    amount: Amount
    fee_discount: Amount
    shortage_slip: Amount
    open_amount: Amount

    def subject(self) -> str:
        return f"receivable/{self.invoice_id}"


class PaymentReversed(_BillToEvent, type="payments.payment-reversed.v1"):
    """An allocation was taken back; both entries stay in the ledger (PAY-042)."""

    allocation_id: UUID
    invoice_id: UUID
    invoice_number: str
    reversed_on: date
    amount: Amount
    fee_discount: Amount
    shortage_slip: Amount
    open_amount: Amount

    def subject(self) -> str:
        return f"receivable/{self.invoice_id}"


class OverpaymentRecorded(_BillToEvent, type="payments.overpayment-recorded.v1"):
    """More came than was owed and was kept as overpayment; invoicing issues the credit note from this (PAY-051)."""

    overpayment_id: UUID
    bank_line_id: UUID
    recorded_on: date
    amount: Amount

    def subject(self) -> str:
        return f"overpayment/{self.overpayment_id}"


class OverpaymentReversed(_BillToEvent, type="payments.overpayment-reversed.v1"):
    """The bank line behind an overpayment was reversed; invoicing voids its credit note if it is still open."""

    overpayment_id: UUID
    reversed_on: date

    def subject(self) -> str:
        return f"overpayment/{self.overpayment_id}"


class BalanceChanged(_BillToEvent, type="payments.balance-changed.v1"):
    """The billing balance of one customer and currency after a change (PAY-001)."""

    balance: Amount
    open_invoices: Amount
    open_slips: Amount
    sequence: int

    def subject(self) -> str:
        return f"balance/{self.bill_to_id}/{self.currency}"
