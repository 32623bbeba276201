"""Bank lines: seeing them, confirming, reversing, ignoring; each deed for one and for up to 1,000; manual payments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import Query
from pydantic import Field

from chassis.http import (
    Answered,
    Batch,
    BusinessDate,
    Edge,
    Listing,
    PriceText,
    RequestModel,
    Results,
    Router,
    Text,
    needs,
    problem_responses,
    waits,
)
from chassis.tx import Tx
from payments.api.asking import asking
from payments.core.recorded import Method, RecordedLine
from payments.core.settlement import Excess, Short
from payments.core.statement import Refusals
from payments.usecases import confirming, paying, proposing, undoing
from payments.usecases.confirming import ConfirmLine, ShareOfLine
from payments.usecases.hearsay import Told
from payments.views import lines as views
from payments.views.customers import AliasSearch, PayerAliasView, list_aliases
from payments.views.lines import BankLineDetail, BankLineView, LineSearch

router = Router()

Reading = Annotated[Edge, needs("payment.read", "payment.write")]
Writing = Annotated[Edge, needs("payment.write")]

_CONFIRM_PROBLEMS = (
    "BAD_AMOUNT",
    "CURRENCY_MISMATCH",
    "CUSTOMER_REQUIRED",
    "DUPLICATE_INVOICE",
    "FEE_OVER_TOLERANCE",
    "INVALID_STATE",
    "NOTHING_SUGGESTED",
    "NOTHING_TO_CONFIRM",
    "OVER_ALLOCATED",
    "SUGGESTION_OUTDATED",
    "UNKNOWN_CUSTOMER",
    "UNKNOWN_INVOICE",
)

Outcome: TypeAlias = RecordedLine | Refusals
Deed: TypeAlias = Callable[[Tx], Awaitable[Sequence[Outcome]]]
ToldDeed: TypeAlias = Callable[[Tx, Told | None], Awaitable[Sequence[Outcome]]]


def _seen(deed: Deed) -> Callable[[Tx], Awaitable[Sequence[BankLineView | Refusals]]]:
    """The deed, answering lines as people see them: read back in bulk, whatever their number."""

    async def done(tx: Tx) -> Sequence[BankLineView | Refusals]:
        outcomes = await deed(tx)
        found = await views.find_lines(tx, {one.line.line_id for one in outcomes if isinstance(one, RecordedLine)})
        return [found[one.line.line_id] if isinstance(one, RecordedLine) else one for one in outcomes]

    return done


def _as_is(line: BankLineView) -> BankLineView:
    return line


async def _one(edge: Edge, deed: ToldDeed) -> BankLineView:
    """One command that may want for a foreign fact."""
    return await asking(edge, lambda told: edge.one(_seen(lambda tx: deed(tx, told)), view=_as_is))


async def _many(edge: Edge, deed: ToldDeed) -> Results[BankLineView]:
    """Up to 1,000 commands that may want for foreign facts."""
    return await asking(edge, lambda told: edge.many(_seen(lambda tx: deed(tx, told)), view=_as_is))


async def _lines(_: Edge, tx: Tx, answered: Sequence[Answered]) -> list[BankLineView | None]:
    ids = [UUID(one["bank_line_id"]) for one in answered]
    found = await views.find_lines(tx, ids)
    return [found.get(one) for one in ids]


def _is_answered(line: BankLineView) -> bool:
    """Only what was kept as overpayment goes on here: invoicing issues its credit note (PAY-051)."""
    return line.overpayment is None or line.overpayment.credit_note_number is not None


until_answered = waits(_lines, until=_is_answered)


# -- seeing -----------------------------------------------------------------------------------------------------------


@router.get("/v1/bank-lines")
async def list_bank_lines(search: Annotated[LineSearch, Query()], edge: Reading) -> Listing[BankLineView]:
    return await edge.page(lambda tx: views.list_lines(tx, search))


@router.get("/v1/bank-lines/{bank_line_id}")
async def get_bank_line(bank_line_id: UUID, edge: Reading) -> BankLineDetail:
    """The line with the evidence of every decision on it; `reproduced` says that deciding again gives the same."""
    return await edge.read(lambda tx: views.find_line(tx, bank_line_id))


@router.get("/v1/payer-aliases")
async def list_payer_aliases(search: Annotated[AliasSearch, Query()], edge: Reading) -> Listing[PayerAliasView]:
    """Names that confirmations taught, with the line that taught them."""
    return await edge.page(lambda tx: list_aliases(tx, search))


# -- confirming -------------------------------------------------------------------------------------------------------


class AllocationRequest(RequestModel):
    """Money for one invoice, by id or number; without `amount` as much as invoice and line allow. `remainder`
    overrides what becomes of the rest of this invoice."""

    invoice_id: UUID | None = None
    invoice_number: Annotated[str, Text(50)] | None = None
    amount: PriceText | None = None
    remainder: Short | None = None


class ConfirmationRequest(RequestModel):
    """Without `allocations`: the ticked candidate as it stands. `remainder` of invoices that stay short: leave_open,
    fee, slip; of money that no invoice takes (all of it without a candidate): unallocated, overpayment, advance."""

    customer_id: UUID | None = None
    customer_code: Annotated[str, Text(50)] | None = None
    allocations: Annotated[list[AllocationRequest], Field(max_length=200)] | None = None
    remainder: Short | Excess | None = None

    def command(self, line_id: UUID) -> ConfirmLine:
        short = self.remainder if isinstance(self.remainder, Short) else Short.LEAVE_OPEN
        excess = self.remainder if isinstance(self.remainder, Excess) else Excess.UNALLOCATED
        shares = None if self.allocations is None else tuple(_share(one, short) for one in self.allocations)
        return ConfirmLine(line_id, shares, excess, self.customer_id or self.customer_code)


class LineConfirmationRequest(ConfirmationRequest):
    bank_line_id: UUID


def _share(asked: AllocationRequest, short: Short) -> ShareOfLine:
    return ShareOfLine(asked.invoice_id or asked.invoice_number or "", asked.amount, asked.remainder or short)


@router.post("/v1/bank-lines/{bank_line_id}/confirmation", responses=problem_responses(*_CONFIRM_PROBLEMS))
@until_answered
async def confirm_bank_line(bank_line_id: UUID, body: ConfirmationRequest, edge: Writing) -> BankLineView:
    command = body.command(bank_line_id)
    return await _one(edge, lambda tx, told: confirming.confirm_lines(tx, [command], told))


@router.post("/v1/bank-line-confirmations", responses=problem_responses(*_CONFIRM_PROBLEMS))
@until_answered
async def confirm_bank_lines(body: Batch[LineConfirmationRequest], edge: Writing) -> Results[BankLineView]:
    """Folded in order: each confirmation sees what the ones before it left open."""
    commands = [one.command(one.bank_line_id) for one in body]
    return await _many(edge, lambda tx, told: confirming.confirm_lines(tx, commands, told))


# -- taking back ------------------------------------------------------------------------------------------------------


class ReversalRequest(RequestModel):
    reversed_on: BusinessDate | None = None


class LineReversalRequest(ReversalRequest):
    bank_line_id: UUID


@router.post(
    "/v1/bank-lines/{bank_line_id}/reversal", responses=problem_responses("BAD_DATE", "INVALID_STATE", "SLIP_IN_USE")
)
async def reverse_bank_line(bank_line_id: UUID, body: ReversalRequest, edge: Writing) -> BankLineView:
    command = undoing.ReverseLine(bank_line_id, body.reversed_on)
    return await edge.one(_seen(lambda tx: undoing.reverse_lines(tx, [command])), view=_as_is)


@router.post("/v1/bank-line-reversals", responses=problem_responses("BAD_DATE", "INVALID_STATE", "SLIP_IN_USE"))
async def reverse_bank_lines(body: Batch[LineReversalRequest], edge: Writing) -> Results[BankLineView]:
    commands = [undoing.ReverseLine(one.bank_line_id, one.reversed_on) for one in body]
    return await edge.many(_seen(lambda tx: undoing.reverse_lines(tx, commands)), view=_as_is)


class IgnoringRequest(RequestModel):
    reason: Annotated[str, Text(200)]
    ignored_on: BusinessDate | None = None


class LineIgnoringRequest(IgnoringRequest):
    bank_line_id: UUID


@router.post("/v1/bank-lines/{bank_line_id}/ignoring", responses=problem_responses("INVALID_STATE"))
async def ignore_bank_line(bank_line_id: UUID, body: IgnoringRequest, edge: Writing) -> BankLineView:
    command = undoing.IgnoreLine(bank_line_id, body.reason, body.ignored_on)
    return await edge.one(_seen(lambda tx: undoing.ignore_lines(tx, [command])), view=_as_is)


@router.post("/v1/bank-line-ignorings", responses=problem_responses("INVALID_STATE"))
async def ignore_bank_lines(body: Batch[LineIgnoringRequest], edge: Writing) -> Results[BankLineView]:
    commands = [undoing.IgnoreLine(one.bank_line_id, one.reason, one.ignored_on) for one in body]
    return await edge.many(_seen(lambda tx: undoing.ignore_lines(tx, commands)), view=_as_is)


class UnignoringRequest(RequestModel):
    unignored_on: BusinessDate | None = None


class LineUnignoringRequest(UnignoringRequest):
    bank_line_id: UUID


@router.post("/v1/bank-lines/{bank_line_id}/unignoring", responses=problem_responses("INVALID_STATE"))
async def unignore_bank_line(bank_line_id: UUID, body: UnignoringRequest, edge: Writing) -> BankLineView:
    command = undoing.UnignoreLine(bank_line_id, body.unignored_on)
    return await edge.one(_seen(lambda tx: undoing.unignore_lines(tx, [command])), view=_as_is)


@router.post("/v1/bank-line-unignorings", responses=problem_responses("INVALID_STATE"))
async def unignore_bank_lines(body: Batch[LineUnignoringRequest], edge: Writing) -> Results[BankLineView]:
    commands = [undoing.UnignoreLine(one.bank_line_id, one.unignored_on) for one in body]
    return await edge.many(_seen(lambda tx: undoing.unignore_lines(tx, commands)), view=_as_is)


# -- asking again, and by hand ----------------------------------------------------------------------------------------


class ProposalRequest(RequestModel):
    """Without `bank_line_ids` the oldest 1,000 lines that nobody has settled."""

    bank_line_ids: Annotated[list[UUID], Field(min_length=1, max_length=1_000)] | None = None


@router.post("/v1/bank-line-proposals", responses=problem_responses("INVALID_STATE"))
async def propose_bank_lines(body: ProposalRequest, edge: Writing) -> Results[BankLineView]:
    """Lets the matcher look again, at what is open now; confirms nothing."""
    return await edge.many(_seen(lambda tx: proposing.propose_lines(tx, body.bank_line_ids)), view=_as_is)


class PaymentRequest(RequestModel):
    """Money that no statement file brings (PAY-020); the bank account by id or code, if it went to one."""

    value_date: BusinessDate
    amount: PriceText
    currency: Annotated[str, Text(3)] | None = None
    method: Method
    bank_account_id: UUID | None = None
    bank_account_code: Annotated[str, Text(50)] | None = None
    payer: Annotated[str, Text(200, blank=True)] = ""
    memo: Annotated[str, Text(500, blank=True)] = ""

    def command(self) -> paying.RecordPayment:
        account = self.bank_account_id or self.bank_account_code
        return paying.RecordPayment(
            self.value_date, self.amount, self.method, account, self.currency, self.payer, self.memo
        )


_PAYMENT_PROBLEMS = ("BAD_AMOUNT", "CURRENCY_MISMATCH", "UNKNOWN_BANK_ACCOUNT", "UNKNOWN_CURRENCY")


@router.post("/v1/payments", status_code=201, responses=problem_responses(*_PAYMENT_PROBLEMS))
@until_answered
async def record_payment(body: PaymentRequest, edge: Writing) -> BankLineView:
    """The payment is a line like those of a file: decided at once, confirmed, reversed and ignored in the same ways."""
    return await _one(edge, lambda tx, told: paying.record_payments(tx, [body.command()], told))


@router.post("/v1/payment-batches", responses=problem_responses(*_PAYMENT_PROBLEMS))
@until_answered
async def record_payments(body: Batch[PaymentRequest], edge: Writing) -> Results[BankLineView]:
    commands = [one.command() for one in body]
    return await _many(edge, lambda tx, told: paying.record_payments(tx, commands, told))
