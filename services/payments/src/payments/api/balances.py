"""Balances, ledger entries, account statements, and the proof that they agree."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from chassis.http import BusinessDate, Edge, Listing, Router, needs, problem_responses
from chassis.tx import Tx
from kernel.refusal import Refusal
from payments.views import balances, ledger
from payments.views.balances import BalanceSearch, BalanceView, CustomerBalances
from payments.views.customers import customer_asked
from payments.views.ledger import AccountStatementView, EntrySearch, EntryView, LedgerVerification

router = Router()

Reading = Annotated[Edge, needs("payment.read", "payment.write")]


@router.get("/v1/balances")
async def list_balances(search: Annotated[BalanceSearch, Query()], edge: Reading) -> Listing[BalanceView]:
    """Per customer and currency, now or as of a date (PAY-001, PAY-004)."""
    return await edge.page(lambda tx: balances.list_balances(tx, search))


@router.get("/v1/balances/{customer_id}")
async def get_balances_of_customer(customer_id: UUID, edge: Reading) -> CustomerBalances:
    """One customer's balances with the open invoices, slips, credit notes and advances behind and beside them."""
    return await edge.read(lambda tx: balances.find_customer(tx, customer_id))


@router.get("/v1/ledger-entries")
async def list_ledger_entries(search: Annotated[EntrySearch, Query()], edge: Reading) -> Listing[EntryView]:
    return await edge.page(lambda tx: ledger.list_entries(tx, search))


@router.get("/v1/ledger-verification")
async def verify_ledger(edge: Reading) -> LedgerVerification:
    """Adds up every entry and compares the sums with the displayed balances and open items."""
    return await edge.read(ledger.verify)


class StatementAsked(BaseModel):
    """The customer by id or code."""

    model_config = ConfigDict(frozen=True)

    customer_id: UUID | None = None
    customer_code: str | None = Field(default=None, max_length=50)
    currency: str = Field(default="JPY", max_length=3)
    from_date: BusinessDate
    to_date: BusinessDate


@router.get("/v1/account-statements", responses=problem_responses("REQUIRED", "TOO_MANY_MOVEMENTS"))
async def get_account_statement(asked: Annotated[StatementAsked, Query()], edge: Reading) -> AccountStatementView:
    """Opening balance, movements and closing balance of a period (PAY-005)."""
    return await edge.read(lambda tx: _statement(tx, asked))


async def _statement(tx: Tx, asked: StatementAsked) -> AccountStatementView | Refusal | None:
    customer_id = await customer_asked(tx, asked.customer_id, asked.customer_code)
    if customer_id is None:
        return Refusal("REQUIRED", field="customer_id")
    return await ledger.account_statement(tx, customer_id, asked.currency, asked.from_date, asked.to_date)
