"""Routes of customers: register, read, list, change, hold, release, terms, ship-tos."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Query

from chassis.http import Batch, Edge, Listing, Refused, Results, Router, needs, problem_responses
from chassis.http.models import RowProblem
from chassis.tx import Tx
from customers.api.bodies import (
    ChangedCustomer,
    CustomerPatch,
    HeldCustomer,
    NewCustomerBody,
    ReasonBody,
    ShipToBody,
    ShipToOfCustomer,
    ShipToPatch,
    TermsBody,
    TermsOfCustomer,
)
from customers.core.customer import HoldCustomer, ReleaseCustomer
from customers.core.terms import DropTerms
from customers.usecases import deeds, reading, registering
from customers.usecases.deeds import Command, Deed
from customers.usecases.desk import Rights
from customers.usecases.refs import Ref, look_up
from customers.usecases.registering import Entered
from customers.views import customers as views
from customers.views import lists
from customers.views.customers import CustomerView, SavedCustomerView, SavedShipToView, ShipToView
from customers.views.lists import CustomerLine, CustomerSearch, HoldLine, HoldSearch, ShipToSearch
from kernel.refusal import Refusal

T = TypeVar("T")

router = Router()

Reads = Annotated[Edge, needs("customer.read")]
Writes = Annotated[Edge, needs("customer.write")]
SetsTerms = Annotated[Edge, needs("terms.write")]
Holds = Annotated[Edge, needs("credit.hold")]

_FIELDS = ("BAD_EMAIL", "BAD_CHOICE", "CURRENCY_NOT_ENABLED", "TOO_LONG", "OUT_OF_RANGE", "TOO_MANY_DECIMALS")
_NAMED = ("UNKNOWN_CUSTOMER", "MAKER_NOT_READY", "CONFLICT")
_NEW = (*_FIELDS, "CUSTOMER_ID_TAKEN", "CUSTOMER_NOT_SAVED", "SEQUENCE_FULL", "MAKER_NOT_READY")
_SHIP_TOS = ("SHIP_TO_LIMIT", "SHIP_TO_TAKEN", "ADDRESS_BOOK_FULL", *_NAMED)


def rights_of(edge: Edge) -> Rights:
    """What the caller may change beside plain data."""
    return Rights(terms=edge.caller.may("terms.write"), holds=edge.caller.may("credit.hold"))


@router.post("/v1/customers", status_code=201, responses=problem_responses(*_NEW))
async def register_customer(body: NewCustomerBody, edge: Writes) -> CustomerView:
    """Registers one customer; without code one is generated from the maker's prefix (CUS-030)."""
    return await edge.one(lambda tx: registering.register(tx, [body.entry()], rights_of(edge)), _whole(edge))


@router.post("/v1/customer-batches", responses=problem_responses(*_NEW))
async def register_customers(body: Batch[NewCustomerBody], edge: Writes) -> Results[SavedCustomerView]:
    """Registers up to 1,000 customers."""
    entries = [one.entry() for one in body]
    return await edge.many(lambda tx: registering.register(tx, entries, rights_of(edge)), _saved(edge))


@router.get("/v1/customers")
async def list_customers(search: Annotated[CustomerSearch, Query()], edge: Reads) -> Listing[CustomerLine]:
    return await edge.page(lambda tx: lists.list_customers(tx, search))


@router.get("/v1/customers/{customer_id}")
async def get_customer(customer_id: UUID, edge: Reads) -> CustomerView:
    return await edge.read(lambda tx: _found(tx, customer_id))


@router.patch("/v1/customers/{customer_id}", responses=problem_responses(*_FIELDS, *_NAMED))
async def change_customer(customer_id: UUID, body: CustomerPatch, edge: Writes) -> CustomerView:
    """Changes the fields that are sent; left out or empty keeps, null empties. Takes If-Match."""
    return await _one(edge, customer_id, body.command())


@router.post("/v1/customer-changes", responses=problem_responses(*_FIELDS, *_NAMED))
async def change_customers(body: Batch[ChangedCustomer], edge: Writes) -> Results[SavedCustomerView]:
    """Changes up to 1,000 customers, in the order given."""
    return await _many(edge, [Deed(one.ref(), one.change.command(), one.version) for one in body])


@router.put("/v1/customers/{customer_id}/terms", responses=problem_responses("OUT_OF_RANGE", *_NAMED))
async def set_terms(customer_id: UUID, body: TermsBody, edge: SetsTerms) -> CustomerView:
    """Agrees closing terms. If-Match takes the version of the terms."""
    return await _one(edge, customer_id, body.command())


@router.delete("/v1/customers/{customer_id}/terms", responses=problem_responses(*_NAMED))
async def drop_terms(customer_id: UUID, edge: SetsTerms) -> CustomerView:
    """Ends closing terms: no closing run takes this customer's documents from now on."""
    return await _one(edge, customer_id, DropTerms())


@router.post("/v1/customer-terms", responses=problem_responses("OUT_OF_RANGE", *_NAMED))
async def set_terms_of_many(body: Batch[TermsOfCustomer], edge: SetsTerms) -> Results[SavedCustomerView]:
    """Agrees closing terms with up to 1,000 customers."""
    return await _many(edge, [Deed(one.ref(), one.terms.command()) for one in body])


@router.post("/v1/customers/{customer_id}/hold", responses=problem_responses("REQUIRED", *_NAMED))
async def hold_customer(customer_id: UUID, body: ReasonBody, edge: Holds) -> CustomerView:
    """Puts the customer on credit hold: nothing is shipped to it (CUS-061)."""
    return await _one(edge, customer_id, lambda tx: HoldCustomer(body.reason, tx.actor, tx.now))


@router.post("/v1/customers/{customer_id}/hold-release", responses=problem_responses("REQUIRED", *_NAMED))
async def release_customer(customer_id: UUID, body: ReasonBody, edge: Holds) -> CustomerView:
    """Ends the credit hold; orders that are held themselves stay held (CUS-062)."""
    return await _one(edge, customer_id, lambda tx: ReleaseCustomer(body.reason, tx.actor, tx.now))


@router.post("/v1/customer-holds", responses=problem_responses(*_NAMED))
async def hold_customers(body: Batch[HeldCustomer], edge: Holds) -> Results[SavedCustomerView]:
    """Puts up to 1,000 customers on credit hold."""

    async def deed(tx: Tx) -> list[registering.EnteredOrNot]:
        asked = [Deed(one.ref(), HoldCustomer(one.reason, tx.actor, tx.now)) for one in body]
        return await deeds.carry_out(tx, asked, rights_of(edge))

    return await edge.many(deed, _saved(edge))


@router.post("/v1/customer-hold-releases", responses=problem_responses(*_NAMED))
async def release_customers(body: Batch[HeldCustomer], edge: Holds) -> Results[SavedCustomerView]:
    """Ends the credit hold of up to 1,000 customers."""

    async def deed(tx: Tx) -> list[registering.EnteredOrNot]:
        asked = [Deed(one.ref(), ReleaseCustomer(one.reason, tx.actor, tx.now)) for one in body]
        return await deeds.carry_out(tx, asked, rights_of(edge))

    return await edge.many(deed, _saved(edge))


@router.get("/v1/customers/{customer_id}/holds")
async def list_holds(customer_id: UUID, search: Annotated[HoldSearch, Query()], edge: Reads) -> Listing[HoldLine]:
    """Who held and released the customer, when and why, the newest first."""
    return await edge.page(_of_known(customer_id, lambda tx: lists.list_holds(tx, customer_id, search)))


@router.post("/v1/customers/{customer_id}/ship-tos", status_code=201, responses=problem_responses(*_SHIP_TOS))
async def add_ship_to(customer_id: UUID, body: ShipToBody, edge: Writes) -> SavedShipToView:
    """Adds a destination; without number the next free one is taken (CUS-035)."""
    asked = [Deed(Ref(customer_id), body.command(), edge.expected_version)]
    return await edge.one(lambda tx: deeds.carry_out(tx, asked, rights_of(edge)), _ship_to)


@router.get("/v1/customers/{customer_id}/ship-tos")
async def list_ship_tos(
    customer_id: UUID, search: Annotated[ShipToSearch, Query()], edge: Reads
) -> Listing[ShipToView]:
    return await edge.page(_of_known(customer_id, lambda tx: lists.list_ship_tos(tx, customer_id, search)))


@router.patch("/v1/customers/{customer_id}/ship-tos/{number}", responses=problem_responses(*_SHIP_TOS))
async def change_ship_to(customer_id: UUID, number: int, body: ShipToPatch, edge: Writes) -> SavedShipToView:
    """Changes a destination; left out or empty keeps, null empties. If-Match takes the customer's version."""
    asked = [Deed(Ref(customer_id), body.command(number), edge.expected_version)]
    return await edge.one(lambda tx: deeds.carry_out(tx, asked, rights_of(edge)), _ship_to)


@router.post("/v1/customer-ship-tos", responses=problem_responses(*_SHIP_TOS))
async def add_ship_tos(body: Batch[ShipToOfCustomer], edge: Writes) -> Results[SavedShipToView]:
    """Adds up to 1,000 destinations to one or several customers."""
    asked = [Deed(one.ref(), one.ship_to.command()) for one in body]
    return await edge.many(lambda tx: deeds.carry_out(tx, asked, rights_of(edge)), _ship_to)


async def _one(edge: Edge, customer_id: UUID, command: Command | Callable[[Tx], Command]) -> CustomerView:
    async def deed(tx: Tx) -> list[registering.EnteredOrNot]:
        asked = command(tx) if callable(command) else command
        return await deeds.carry_out(tx, [Deed(Ref(customer_id), asked, edge.expected_version)], rights_of(edge))

    return await edge.one(deed, _whole(edge))


async def _many(edge: Edge, asked: Sequence[Deed]) -> Results[SavedCustomerView]:
    return await edge.many(lambda tx: deeds.carry_out(tx, asked, rights_of(edge)), _saved(edge))


def _of_known(customer_id: UUID, page: Callable[[Tx], Awaitable[T]]) -> Callable[[Tx], Awaitable[T]]:
    """The list of a customer there is; of any other one the answer is 404, not an empty list."""

    async def reader(tx: Tx) -> T:
        if not (await look_up(tx, [Ref(customer_id)])).codes:
            raise Refused(Refusal("NOT_FOUND"))
        return await page(tx)

    return reader


def _saved(edge: Edge) -> Callable[[Entered], SavedCustomerView]:
    return lambda done: views.saved(done.customer, done.change, edge.told(done.warnings) if done.warnings else ())


def _ship_to(done: Entered) -> SavedShipToView:
    assert done.ship_to is not None
    return views.saved_ship_to(done.customer, done.ship_to)


def _whole(edge: Edge) -> Callable[[Tx, Entered], Awaitable[CustomerView]]:
    async def view(tx: Tx, done: Entered) -> CustomerView:
        found = await _found(tx, done.customer.customer_id, edge.told(done.warnings))
        assert found is not None
        return found

    return view


async def _found(tx: Tx, customer_id: UUID, warnings: Sequence[RowProblem] = ()) -> CustomerView | None:
    for one in await reading.find(tx, [customer_id]):
        delegatee = (one.delegatee_id, one.delegatee_code) if one.delegatee_id and one.delegatee_code else None
        return views.customer(
            one.customer, one.terms, delegatee=delegatee, delegators=one.delegators, warnings=warnings
        )
    return None
