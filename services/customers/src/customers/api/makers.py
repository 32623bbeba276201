"""Routes of makers: preferences, locations, bank accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from chassis.http import Edge, Listing, PriceText, RequestModel, Router, Text, needs, problem_responses
from chassis.tx import Tx
from customers.api.bodies import AddressBody, AddressPatch, CurrencyCode, Language
from customers.core.maker import (
    BankAccount,
    BillFrom,
    Location,
    Maker,
    Preferences,
    PriceTaxMode,
    UnshippedCreation,
    location_warnings,
)
from customers.usecases import makers, reading
from customers.views import makers as views
from customers.views.makers import BankAccountView, LocationView, MakerView
from kernel.money import Rounding

router = Router()

Reads = Annotated[Edge, needs("maker.read")]
Writes = Annotated[Edge, needs("maker.write")]
AccountKind = Literal["ordinary", "current", "savings"]
MasterCode = Annotated[str, Text(20, pattern="[A-Za-z0-9_-]{1,20}", wording="A-Z a-z 0-9 _ -")]
RegistrationNumber = Annotated[str, Text(20, blank=True)]
_Name = Annotated[str, Text(100)]
_Blank = Annotated[str, Text(100, blank=True)]
_Currencies = Annotated[list[CurrencyCode], Field(min_length=1, max_length=50)]
_Languages = Annotated[list[Language], Field(min_length=1, max_length=10)]
_PROBLEMS = ("BAD_FORMAT", "CODE_TAKEN", "CONFLICT", "MAKER_NOT_READY", "REQUIRED", "TOO_MANY")
_CURRENCIES = ("CURRENCY_NOT_ENABLED", "CURRENCY_UNSUPPORTED")


class PreferencesPatch(RequestModel):
    """New values for some preferences; what is left out stays."""

    name: Annotated[str, Text(255)] | None = None
    time_zone: Annotated[str, Text(64)] | None = None
    languages: _Languages | None = None
    default_language: Language | None = None
    currencies: _Currencies | None = None
    default_currency: CurrencyCode | None = None
    price_rounding: Rounding | None = None
    price_tax_mode: PriceTaxMode | None = None
    unshipped_creation: UnshippedCreation | None = None
    bill_from: BillFrom | None = None
    strict_import: bool | None = None
    auto_confirm_matches: bool | None = None
    bank_fee_tolerance: PriceText | None = None
    customer_prefix: Annotated[str, Text(6, blank=True)] | None = None

    def on(self, preferences: Preferences) -> Preferences:
        """The preferences with the new values."""
        return replace(preferences, **_given(self))


class LocationBody(RequestModel):
    code: MasterCode
    name: _Name
    address: AddressBody
    registration_number: RegistrationNumber | None = None

    def location(self, location_id: UUID) -> Location:
        return Location(location_id, self.code, self.name, self.address.address(), self.registration_number or None)


class LocationPatch(RequestModel):
    """New values for some fields of a location; null takes the registration number away."""

    code: MasterCode | None = None
    name: _Name | None = None
    address: AddressPatch | None = None
    registration_number: RegistrationNumber | None = None

    def on(self, location: Location) -> Location:
        given = "registration_number" in self.model_fields_set and self.registration_number != ""
        return replace(
            location,
            code=self.code or location.code,
            name=self.name or location.name,
            address=self.address.change().on(location.address) if self.address else location.address,
            registration_number=self.registration_number if given else location.registration_number,
        )


class BankAccountBody(RequestModel):
    """Banks have 4, branches 3 and accounts 7 digits in yen; others have a BIC and an IBAN or a number."""

    code: MasterCode
    bank_code: _Blank = ""
    bank_name: _Name
    branch_code: _Blank = ""
    branch_name: _Blank = ""
    kind: AccountKind = "ordinary"
    number: _Blank = ""
    holder_kana: _Name
    currency: CurrencyCode
    bic: _Blank = ""
    iban: _Blank = ""

    def account(self, bank_account_id: UUID) -> BankAccount:
        return BankAccount(bank_account_id=bank_account_id, **self.model_dump())


class BankAccountPatch(RequestModel):
    """New values for some fields; an account that documents show is only deactivated (CUS-008)."""

    code: MasterCode | None = None
    bank_code: _Blank | None = None
    bank_name: _Name | None = None
    branch_code: _Blank | None = None
    branch_name: _Blank | None = None
    kind: AccountKind | None = None
    number: _Blank | None = None
    holder_kana: _Name | None = None
    currency: CurrencyCode | None = None
    bic: _Blank | None = None
    iban: _Blank | None = None
    active: bool | None = None

    def on(self, account: BankAccount) -> BankAccount:
        return replace(account, **_given(self))


def _given(body: RequestModel) -> dict[str, Any]:
    """What was sent and is not null; lists as the core has them."""
    sent = {name: getattr(body, name) for name in body.model_fields_set}
    return {name: tuple(one) if isinstance(one, list) else one for name, one in sent.items() if one is not None}


@router.get("/v1/makers/{maker_id}")
async def get_maker(maker_id: UUID, edge: Annotated[Edge, needs("maker.read", "operator")]) -> MakerView:
    """The caller's own maker; an operator may ask for any."""

    async def reader(tx: Tx) -> MakerView | None:
        found = await reading.find_maker(tx)
        return views.maker(found) if found else None

    return await edge.for_maker(maker_id).read(reader)


@router.patch(
    "/v1/makers/{maker_id}", responses=problem_responses(*_PROBLEMS, "PREFERENCE_IN_USE", "UNKNOWN_TIME_ZONE")
)
async def change_maker(maker_id: UUID, body: PreferencesPatch, edge: Writes) -> MakerView:
    """Changes the preferences that are sent. Takes If-Match."""
    own = edge.for_maker(maker_id)
    return await own.one(lambda tx: makers.change_preferences(tx, body.on, expected=own.expected_version), views.maker)


@router.post("/v1/locations", status_code=201, responses=problem_responses(*_PROBLEMS, "REG_NO_FORMAT"))
async def add_location(body: LocationBody, edge: Writes) -> LocationView:
    """Adds a location with its own registration number (CUS-007)."""
    return await edge.one(lambda tx: makers.add_location(tx, body.location), _last_location(edge))


@router.get("/v1/locations")
async def list_locations(edge: Reads) -> Listing[LocationView]:
    """All of them in the maker's order; the first is the default."""

    async def reader(tx: Tx) -> tuple[list[LocationView], None]:
        found = await reading.find_maker(tx)
        return [_location(edge, one) for one in (found.locations if found else ())], None

    return await edge.page(reader)


@router.patch("/v1/locations/{location_id}", responses=problem_responses(*_PROBLEMS, "REG_NO_FORMAT"))
async def change_location(location_id: UUID, body: LocationPatch, edge: Writes) -> LocationView:
    def view(maker: Maker) -> LocationView:
        return next(_location(edge, one) for one in maker.locations if one.location_id == location_id)

    return await edge.one(lambda tx: makers.change_location(tx, location_id, body.on), view)


@router.post("/v1/bank-accounts", status_code=201, responses=problem_responses(*_PROBLEMS, *_CURRENCIES))
async def add_bank_account(body: BankAccountBody, edge: Writes) -> BankAccountView:
    """Registers a bank account in one currency (CUS-008)."""
    return await edge.one(lambda tx: makers.add_bank_account(tx, body.account), _last_account)


@router.get("/v1/bank-accounts")
async def list_bank_accounts(edge: Reads) -> Listing[BankAccountView]:
    """All of them in the maker's order, deactivated ones too."""

    async def reader(tx: Tx) -> tuple[list[BankAccountView], None]:
        found = await reading.find_maker(tx)
        return [views.bank_account(one) for one in (found.bank_accounts if found else ())], None

    return await edge.page(reader)


@router.patch("/v1/bank-accounts/{account_id}", responses=problem_responses(*_PROBLEMS, *_CURRENCIES))
async def change_bank_account(account_id: UUID, body: BankAccountPatch, edge: Writes) -> BankAccountView:
    def view(maker: Maker) -> BankAccountView:
        return next(views.bank_account(one) for one in maker.bank_accounts if one.bank_account_id == account_id)

    return await edge.one(lambda tx: makers.change_bank_account(tx, account_id, body.on), view)


def _location(edge: Edge, location: Location) -> LocationView:
    return views.location(location, edge.told(location_warnings(location)))


def _last_location(edge: Edge) -> Callable[[Maker], LocationView]:
    return lambda maker: _location(edge, maker.locations[-1])


def _last_account(maker: Maker) -> BankAccountView:
    return views.bank_account(maker.bank_accounts[-1])
