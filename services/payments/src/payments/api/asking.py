"""Asking `customers` for a maker or customers whose states have not arrived: once, in bulk, outside a transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from chassis import peers
from chassis.http import Edge
from kernel.money import Currency, Money, UnknownCurrency
from payments.core.maker import BankAccount, Maker
from payments.core.statement import AccountNumber
from payments.store.facts import Customer
from payments.usecases.hearsay import Told, Unheard

T = TypeVar("T")


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Account(_Part):
    bank_account_id: UUID
    code: str
    bank_code: str
    branch_code: str
    account_type: str
    number: str
    currency: str
    active: bool = True


class _MakerState(_Part):
    time_zone: str
    default_currency: str
    auto_confirm_matches: bool
    bank_fee_tolerance: Decimal
    bank_accounts: tuple[_Account, ...] = ()


class _MakerFact(_Part):
    version: int
    state: _MakerState


class _Address(_Part):
    name: str = ""
    kana: str = ""


class _CustomerState(_Part):
    customer_id: UUID
    code: str
    address: _Address
    active: bool


class _CustomerFact(_Part):
    version: int
    state: _CustomerState
    delegatee_id: UUID | None = None
    delegation_version: int = 0


async def asking(edge: Edge, call: Callable[[Told | None], Awaitable[T]]) -> T:
    """Runs the call; if it wants for a fact, asks the owner and runs it once more with the answer.

    Raises chassis.peers.PeerAway (503) when the owner does not answer, or not as agreed.
    """
    try:
        return await call(None)
    except Unheard as unheard:
        wanted = unheard
    try:
        told = await _ask(edge, wanted)
    except (ValidationError, UnknownCurrency) as error:
        raise peers.PeerAway("customers: answered what payments cannot read") from error
    return await call(told)


async def _ask(edge: Edge, wanted: Unheard) -> Told:
    makers, customers = list[dict[str, Any]](), list[dict[str, Any]]()
    if wanted.maker:
        makers = await peers.ask("customers", "/internal/makers", {"ids": [str(edge.maker_id)]}, edge.maker_id)
    if wanted.customers:
        ids = [str(one) for one in wanted.customers if isinstance(one, UUID)]
        codes = [one for one in wanted.customers if isinstance(one, str)]
        customers = await peers.ask("customers", "/internal/customers", {"ids": ids, "codes": codes}, edge.maker_id)
    facts = [_CustomerFact.model_validate(one) for one in customers]
    return Told(
        maker=_maker(_MakerFact.model_validate(makers[0])) if makers else None,
        customers=tuple(_customer(one) for one in facts),
        delegations=tuple((one.state.customer_id, one.delegatee_id, one.delegation_version) for one in facts),
    )


def _maker(fact: _MakerFact) -> tuple[Maker, tuple[BankAccount, ...], int]:
    state = fact.state
    currency = Currency.of(state.default_currency)
    tolerance = Money(state.bank_fee_tolerance, currency)
    maker = Maker(state.time_zone, currency, state.auto_confirm_matches, tolerance)
    return maker, tuple(_account(one) for one in state.bank_accounts), fact.version


def _account(part: _Account) -> BankAccount:
    number = AccountNumber(part.bank_code, part.branch_code, part.account_type, part.number)
    return BankAccount(part.bank_account_id, part.code, number, Currency.of(part.currency), part.active)


def _customer(fact: _CustomerFact) -> Customer:
    state = fact.state
    return Customer(state.customer_id, state.code, state.address.name, state.address.kana, state.active, fact.version)
