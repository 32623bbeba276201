"""Asking `customers` for facts that have not arrived: once, in bulk, outside any transaction; then the deed again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final, TypeVar
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError

from chassis import peers
from chassis.http import Edge
from chassis.http.shell import shell_of
from invoicing.core.parties import BankAccount, BillFrom, Location, Maker, Party, PostalAddress
from invoicing.store.parties import Delegation, Terms
from invoicing.usecases.common import Ref
from invoicing.usecases.knowing import AS_IT_IS, FactsMissing, Knowledge, Told
from kernel.calendar import BusinessDayRule, ClosingTerms

T = TypeVar("T")

_OWNER: Final = "customers"


class _Told(BaseModel):
    """A part of the owner's answer; what is not kept here is ignored."""

    model_config = ConfigDict(extra="ignore")


class _Address(_Told):
    postal_code: str = ""
    address1: str = ""
    address2: str = ""
    name: str = ""
    department: str = ""
    phone: str = ""

    def postal(self) -> PostalAddress:
        return PostalAddress(self.postal_code, self.address1, self.address2, self.phone)


class _Customer(_Told):
    customer_id: UUID
    code: str
    kind: str
    currency: str
    address: _Address
    mailing_address: _Address | None = None


class _Terms(_Told):
    closing_day: int
    payment_month_offset: int
    payment_day: int
    business_day_rule: BusinessDayRule


class _CustomerFact(_Told):
    version: int
    state: _Customer
    terms: _Terms | None
    terms_version: int
    delegatee_id: UUID | None
    delegation_version: int


class _Location(_Told):
    location_id: UUID
    name: str
    address: _Address
    registration_number: str | None


class _BankAccount(_Told):
    bank_account_id: UUID
    bank_code: str
    bank_name: str
    branch_code: str
    branch_name: str
    account_type: str
    number: str
    holder_kana: str
    currency: str
    active: bool = True


class _Maker(_Told):
    maker_id: UUID
    name: str
    time_zone: str
    bill_from: BillFrom
    locations: tuple[_Location, ...] = ()
    bank_accounts: tuple[_BankAccount, ...] = ()


class _MakerFact(_Told):
    version: int
    state: _Maker


async def asking(request: Request, edge: Edge, call: Callable[[Knowledge], Awaitable[T]]) -> T:
    """Run the call; if facts are missing, ask their owner and run it once more with the answer.

    Without an address of the owner nobody is asked. Raises chassis.peers.PeerAway (503) when the owner does not
    answer, or not as agreed.
    """
    if _OWNER not in shell_of(request.app).settings.peers:
        return await call(AS_IT_IS)
    try:
        return await call(Knowledge(may_ask=True))
    except FactsMissing as missing:
        wanted = missing
    return await call(Knowledge(told=await _told(wanted, edge.maker_id)))


async def _told(wanted: FactsMissing, maker_id: UUID) -> Told:
    customers = await _ask("/internal/customers", _question(wanted.customers), maker_id) if wanted.customers else []
    makers = await _ask("/internal/makers", {"ids": [str(maker_id)]}, maker_id) if wanted.maker else []
    try:
        facts = [_CustomerFact.model_validate(one) for one in customers]
        return Told(
            maker=next((_maker(_MakerFact.model_validate(one)) for one in makers), None),
            customers=tuple((_party(one.state), one.version) for one in facts),
            terms=tuple((_terms(one.state.customer_id, one.terms), one.terms_version) for one in facts if one.terms),
            delegations=tuple(
                (Delegation(one.state.customer_id, one.delegatee_id), one.delegation_version)
                for one in facts
                if one.delegatee_id
            ),
        )
    except ValidationError as error:
        raise peers.PeerAway(f"{_OWNER}: answered otherwise than agreed ({error.error_count()} problems)") from error


def _question(refs: Collection[Ref]) -> dict[str, object]:
    ids = sorted(str(ref) for ref in refs if isinstance(ref, UUID))
    return {"ids": ids, "codes": sorted(ref for ref in refs if isinstance(ref, str))}


async def _ask(path: str, question: dict[str, object], maker_id: UUID) -> list[dict[str, Any]]:
    return await peers.ask(_OWNER, path, question, maker_id)


def _party(state: _Customer) -> Party:
    return Party(
        customer_id=state.customer_id,
        code=state.code,
        name=state.address.name,
        currency=state.currency,
        department=state.address.department,
        individual=state.kind == "individual",
        address=(state.mailing_address or state.address).postal(),
    )


def _terms(customer_id: UUID, told: _Terms) -> Terms:
    agreed = ClosingTerms(told.closing_day, told.payment_month_offset, told.payment_day, told.business_day_rule)
    return Terms(customer_id, agreed)


def _maker(told: _MakerFact) -> tuple[Maker, int]:
    state = told.state
    offices = (
        Location(one.location_id, one.name, one.address.postal(), one.registration_number) for one in state.locations
    )
    accounts = (BankAccount(**one.model_dump()) for one in state.bank_accounts)
    maker = Maker(state.maker_id, state.name, state.time_zone, state.bill_from, tuple(offices), tuple(accounts))
    return maker, told.version
