"""What ordering hears: copies of masters, deliveries, invoices, balances; once, twice, out of order, gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import select

from chassis.database import Database, Role
from chassis.testing.messages import Deliver
from contracts.catalog import CustomerRateState
from contracts.fulfillment import (
    ClosedLine,
    DeliveryNoteShipped,
    ShippedLine,
    UnshippedClosed,
    UnshippedStocked,
)
from contracts.invoicing import (
    BillableExempted,
    BillableExemptionLifted,
    InvoiceIssued,
    InvoiceSource,
    InvoiceVoided,
    OrderShare,
)
from contracts.payments import BalanceChanged
from contracts.wire import Body, Message
from ordering import tables
from ordering.store import market as store
from ordering.store.billing import Exemption
from ordering.store.market import Wanted
from ordering.tables import columns
from ordering.usecases import billing, deliveries
from services.ordering.tests import masters
from services.ordering.tests.builders import TEN, an_id

CUSTOMER = an_id(900)


async def market(database: Database, maker_id: UUID) -> Any:
    wanted = Wanted(sku_codes=["AP-1", "MD-1"], customer_codes=["C000122"])
    async with database.transaction(maker_id) as tx:
        return await store.load_market(tx, wanted)


# -- copies -----------------------------------------------------------------------------------------------------------


async def test_masters_are_kept_as_they_are_told(database: Database, deliver: Deliver, maker_id: UUID) -> None:
    rate = CustomerRateState(product_id=an_id(50_100), customer_id=CUSTOMER, wholesale_rate=Decimal(55))
    await deliver(*masters.small_shop(maker_id, price_tax_mode="inclusive", unshipped_creation="manual"), rate)
    known = await market(database, maker_id)
    assert (known.preferences.prices_include_tax, known.preferences.converts_at_confirmation) == (True, False)
    assert (known.taxes.standard, known.skus["AP-1"].code, known.customers["C000122"].code) == (TEN, "AP-1", "C000122")
    assert known.customers["C000122"].destination.name == "玉野井 札幌倉庫"
    assert str(known.customer_rates[an_id(50_100), CUSTOMER]) == "55"
    async with database.transaction(uuid4()) as tx:
        assert (await store.load_market(tx, Wanted(sku_codes=["AP-1"]))).skus == {}


@pytest.mark.req("GEN-008")
async def test_the_newer_state_wins_whatever_the_order(database: Database, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(*masters.small_shop(maker_id))
    await deliver.records(
        deliver.record(masters.sku("AP-1", 100, price=3), sequence=9),
        deliver.record(masters.sku("AP-1", 100, price=2), sequence=8),
        deliver.record(masters.customer(wholesale_rate=Decimal(50)), sequence=9),
        deliver.record(masters.customer(wholesale_rate=Decimal(40)), sequence=5),
    )
    known = await market(database, maker_id)
    assert known.skus["AP-1"].prices["JPY"] == 3
    assert str(known.customers["C000122"].wholesale_rate) == "50"


async def test_a_tombstone_forgets_a_copy(database: Database, deliver: Deliver, maker_id: UUID) -> None:
    rate = CustomerRateState(product_id=an_id(50_100), customer_id=CUSTOMER, wholesale_rate=Decimal(55))
    await deliver(*masters.small_shop(maker_id), rate)
    for state in (rate, masters.sku("AP-1", 100), masters.customer(), masters.tax(masters.T8, 8)):
        await deliver(Message(maker_id, state, tombstone=True))
    known = await market(database, maker_id)
    assert (known.customer_rates, set(known.skus), known.customers) == ({}, {"MD-1"}, {})
    assert len(known.taxes.by_id) == 1
    await deliver(masters.sku("AP-1", 100))
    assert set((await market(database, maker_id)).skus) == {"AP-1", "MD-1"}


async def test_a_customer_without_own_destination_is_shipped_to_where_it_is_billed(
    database: Database, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(masters.customer(ship_tos=()))
    customer = (await market(database, maker_id)).customers["C000122"]
    assert customer.destination == customer.address


# -- deliveries, invoices, balances -----------------------------------------------------------------------------------


async def confirmed(client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, number: str = "W1") -> dict[str, Any]:
    """A confirmed order of 10 shirts and 4 teas, worth 71,500 + 2,808."""
    await deliver(*masters.small_shop(maker_id))
    lines = [{"sku_code": "AP-1", "quantity": 10}, {"sku_code": "MD-1", "quantity": 4}]
    await client.post("/v1/orders", json={"customer_code": "C000122", "number": number, "lines": lines})
    answer = await client.post("/v1/order-confirmations", json=[{"number": number, "confirm": True}])
    return await order(client, answer.json()["results"][0]["item"]["order_id"])


async def many_confirmed(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, count: int
) -> list[dict[str, Any]]:
    """As many confirmed orders, W0 first."""
    await deliver(*masters.small_shop(maker_id))
    lines = [{"sku_code": "AP-1", "quantity": 10}, {"sku_code": "MD-1", "quantity": 4}]
    placed = [{"customer_code": "C000122", "number": f"W{number}", "lines": lines} for number in range(count)]
    await client.post("/v1/order-batches", json=placed)
    deeds = [{"number": one["number"], "confirm": True} for one in placed]
    answer = await client.post("/v1/order-confirmations", json=deeds)
    return [await order(client, result["item"]["order_id"]) for result in answer.json()["results"]]


async def order(client: httpx.AsyncClient, order_id: str) -> dict[str, Any]:
    answer = await client.get(f"/v1/orders/{order_id}")
    found: dict[str, Any] = answer.json()
    return found


async def exposure(client: httpx.AsyncClient) -> tuple[int, int]:
    (found,) = (await client.get("/v1/exposures", params={"customer": "C000122"})).json()["items"]
    return int(found["ordered"]), int(found["posted"])


def shipped(order: dict[str, Any], note: int, *quantities: int, billable: bool = True) -> DeliveryNoteShipped:
    lines = [
        ShippedLine(
            order_id=order["order_id"], order_line_id=line["line_id"], sku_code=line["sku_code"], quantity=quantity
        )
        for line, quantity in zip(order["content"]["lines"], quantities, strict=True)
        if quantity
    ]
    return DeliveryNoteShipped(
        customer_id=CUSTOMER,
        note_id=an_id(note),
        number=f"N{note}",
        shipped_on=date(2026, 6, 5),
        lines=tuple(lines),
        billable=billable,
    )


def closed(order: dict[str, Any], line_no: int, quantity: int) -> UnshippedClosed:
    line = order["content"]["lines"][line_no - 1]
    gone = ClosedLine(order_line_id=line["line_id"], sku_code=line["sku_code"], quantity=quantity)
    return UnshippedClosed(
        customer_id=CUSTOMER, order_id=order["order_id"], closed_on=date(2026, 6, 6), reason="欠品", lines=(gone,)
    )


def sources(*notes: int) -> tuple[InvoiceSource, ...]:
    return tuple(
        InvoiceSource(kind="delivery_note", source_id=an_id(note), number=f"N{note}", customer_id=CUSTOMER)
        for note in notes
    )


def share_of(order: dict[str, Any], amount: int, returned: int = 0) -> OrderShare:
    return OrderShare(
        order_id=order["order_id"], customer_id=CUSTOMER, amount=Decimal(amount), returned=Decimal(returned)
    )


def invoiced(order: dict[str, Any], invoice: int, amount: int, *notes: int, returned: int = 0) -> InvoiceIssued:
    return InvoiceIssued(
        bill_to_id=CUSTOMER,
        invoice_id=an_id(invoice),
        number=f"I{invoice}",
        bill_to_code="C000122",
        currency="JPY",
        issued_on=date(2026, 6, 30),
        closing_date=date(2026, 6, 30),
        due_on=date(2026, 7, 31),
        per_rate=(),
        net=Decimal(0),
        tax=Decimal(0),
        payment_points=Decimal(0),
        total=Decimal(amount),
        brought_forward=Decimal(0),
        billing_amount=Decimal(amount),
        sources=sources(*notes),
        orders=(share_of(order, amount, returned),),
    )


def voided(order: dict[str, Any], invoice: int, amount: int, *notes: int, returned: int = 0) -> InvoiceVoided:
    return InvoiceVoided(
        bill_to_id=CUSTOMER,
        invoice_id=an_id(invoice),
        number=f"I{invoice}",
        currency="JPY",
        voided_on=date(2026, 7, 1),
        reason="誤り",
        total=Decimal(amount),
        sources=sources(*notes),
        orders=(share_of(order, amount, returned),),
    )


def on_note(order: dict[str, Any], note: int, amount: int, kind: str = "delivery_note") -> dict[str, Any]:
    share = OrderShare(order_id=order["order_id"], customer_id=CUSTOMER, amount=Decimal(amount))
    named = {"customer_id": CUSTOMER, "billable_id": an_id(note), "number": f"N{note}", "kind": kind}
    return {**named, "currency": "JPY", "orders": (share,)}


def exempted(order: dict[str, Any], note: int, amount: int, kind: str = "delivery_note") -> BillableExempted:
    return BillableExempted(**on_note(order, note, amount, kind), reason="見本")


def lifted(order: dict[str, Any], note: int, amount: int) -> BillableExemptionLifted:
    return BillableExemptionLifted(**on_note(order, note, amount))


def balance(amount: int, sequence: int) -> BalanceChanged:
    return BalanceChanged(
        bill_to_id=CUSTOMER,
        currency="JPY",
        balance=Decimal(amount),
        open_invoices=Decimal(amount),
        open_slips=Decimal(0),
        sequence=sequence,
    )


@pytest.mark.req("ORD-111", "FUL-015")
async def test_deliveries_and_short_closes_move_the_order_on(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    told = await confirmed(client, deliver, maker_id)
    await deliver(
        UnshippedStocked(customer_id=CUSTOMER, order_id=told["order_id"], oc_version=1, unshipped_skus=2, quantity=14)
    )
    await deliver(shipped(told, 1, 6, 0))
    part = await order(client, told["order_id"])
    assert (part["state"], [(one["shipped"], one["open"]) for one in part["content"]["lines"]]) == (
        "PART_DELIVERED",
        [(6, 4), (0, 4)],
    )
    await deliver(shipped(told, 2, 3, 4), closed(told, 1, 1))
    done = await order(client, told["order_id"])
    assert (done["state"], done["allowed"]) == ("DELIVERED", [])
    assert [(one["shipped"], one["closed"], one["open"]) for one in done["content"]["lines"]] == [(9, 1, 0), (4, 0, 0)]


@pytest.mark.req("GEN-008")
async def test_the_same_message_twice_counts_once(client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID) -> None:
    told = await confirmed(client, deliver, maker_id)
    record = deliver.record(shipped(told, 1, 6, 0))
    await deliver.records(record, record)
    await deliver.records(record)
    assert (await order(client, told["order_id"]))["content"]["lines"][0]["shipped"] == 6


async def test_several_notes_of_one_order_in_one_batch_are_all_counted(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    told = await confirmed(client, deliver, maker_id)
    await deliver(shipped(told, 1, 6, 0), shipped(told, 2, 3, 0), shipped(told, 3, 1, 4))
    assert (await order(client, told["order_id"]))["state"] == "DELIVERED"


@pytest.mark.req("CUS-065", "CUS-060", "ORD-100")
async def test_every_yen_moves_from_ordered_to_posted_to_nothing(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    told = await confirmed(client, deliver, maker_id)
    assert await exposure(client) == (74_308, 0)
    await deliver(shipped(told, 1, 10, 4))
    assert await exposure(client) == (74_308, 0)
    # The invoice rounds its tax over more than this order, so the share is a yen less.
    await deliver(invoiced(told, 1, 74_307, 1), balance(74_307, 1))
    assert await exposure(client) == (0, 74_307)
    assert (await order(client, told["order_id"]))["invoiced"] == "yes"
    await deliver(balance(0, 2))
    assert await exposure(client) == (0, 0)


@pytest.mark.req("CUS-065")
async def test_part_invoices_voids_and_another_invoice_for_the_same_note(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    told = await confirmed(client, deliver, maker_id)
    await deliver(shipped(told, 1, 5, 0), shipped(told, 2, 5, 4))
    await deliver(invoiced(told, 1, 35_750, 1))
    assert (await exposure(client), (await order(client, told["order_id"]))["invoiced"]) == ((38_558, 0), "partly")
    await deliver(voided(told, 1, 35_750, 1))
    assert (await exposure(client), (await order(client, told["order_id"]))["invoiced"]) == ((74_308, 0), "no")
    await deliver(invoiced(told, 2, 74_308, 1, 2))
    assert (await exposure(client), (await order(client, told["order_id"]))["invoiced"]) == ((0, 0), "yes")


@pytest.mark.parametrize("order_heard", [(2, 1), (1, 2)], ids=["the later one first", "the earlier one first"])
@pytest.mark.req("CUS-065", "GEN-008")
async def test_a_note_billed_anew_to_somebody_else_is_heard_of_in_any_order(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, order_heard: tuple[int, int]
) -> None:
    """Invoices of different addressees have different keys: a void may come after the invoice that replaces it."""
    told = await confirmed(client, deliver, maker_id)
    await deliver(shipped(told, 1, 10, 4))
    await deliver(*(invoiced(told, invoice, 74_308, 1) for invoice in order_heard))
    await deliver(voided(told, 1, 74_308, 1))
    assert await exposure(client) == (0, 0)
    assert (await order(client, told["order_id"]))["invoiced"] == "yes"


@pytest.mark.req("CUS-065", "GEN-008")
async def test_an_invoice_heard_of_before_its_shipment_settles_the_order_when_the_shipment_comes(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    told = await confirmed(client, deliver, maker_id)
    await deliver(invoiced(told, 1, 74_307, 1))
    assert await exposure(client) == (1, 0)
    await deliver(shipped(told, 1, 10, 4))
    assert await exposure(client) == (0, 0)
    assert (await order(client, told["order_id"]))["invoiced"] == "yes"


@pytest.mark.req("CUS-065", "FUL-070")
async def test_goods_that_came_back_of_a_part_delivered_order_are_not_ordered_again(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    told = await confirmed(client, deliver, maker_id)
    await deliver(shipped(told, 1, 5, 0), shipped(told, 2, 1, 0), invoiced(told, 1, 35_750, 1))
    assert await exposure(client) == (38_558, 0)
    await deliver(invoiced(told, 2, -7_150, returned=7_150))
    assert await exposure(client) == (38_558, 0)
    await deliver(voided(told, 2, -7_150, returned=7_150))
    assert await exposure(client) == (38_558, 0)
    await deliver(invoiced(told, 3, 0, 2, returned=7_150))
    assert await exposure(client) == (31_408, 0)


@pytest.mark.req("CUS-065", "FUL-022")
async def test_goods_that_are_never_billed_leave_the_exposure_at_once_and_come_back_when_they_are(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    told = await confirmed(client, deliver, maker_id)
    await deliver(shipped(told, 1, 5, 0))
    note = (told, 1, 35_750)
    for _ in range(2):
        await deliver(exempted(*note), exempted(*note))
        assert (await exposure(client), (await order(client, told["order_id"]))["invoiced"]) == ((38_558, 0), "no")
        await deliver(lifted(*note), lifted(*note))
        assert await exposure(client) == (74_308, 0)
    await deliver(exempted(*note), shipped(told, 2, 5, 4), invoiced(told, 1, 38_557, 2))
    assert (await exposure(client), (await order(client, told["order_id"]))["invoiced"]) == ((0, 0), "yes")


@pytest.mark.req("CUS-065", "FUL-022")
async def test_goods_shipped_as_not_billable_leave_the_exposure_at_the_price_of_their_lines(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    told = await confirmed(client, deliver, maker_id)
    await deliver(shipped(told, 1, 5, 0, billable=False))
    assert (await exposure(client), (await order(client, told["order_id"]))["invoiced"]) == ((38_558, 0), "no")
    await deliver(shipped(told, 2, 5, 4, billable=False))
    done = await order(client, told["order_id"])
    assert (await exposure(client), done["state"], done["invoiced"]) == ((0, 0), "DELIVERED", "no")
    await deliver(lifted(told, 2, 38_558))
    assert await exposure(client) == (38_558, 0)


async def test_an_exempt_return_changes_no_exposure(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    told = await confirmed(client, deliver, maker_id)
    await deliver(shipped(told, 1, 5, 0), exempted(told, 7, -7_150, "return_note"))
    assert await exposure(client) == (74_308, 0)


Story = tuple[str, ...]
SHIPPED, NOT_BILLABLE = ("shipped",), ("shipped as not billable",)
EXEMPT, LIFT, ISSUE, VOID = "exempted", "lifted", "invoiced", "voided"
STORIES: list[tuple[str, Story, Story, Story, tuple[int, str]]] = [
    ("exempt", SHIPPED, (EXEMPT,), (), (0, "no")),
    ("exempt and lifted", SHIPPED, (EXEMPT, LIFT), (), (74_308, "no")),
    ("exempt, lifted, billed", SHIPPED, (EXEMPT, LIFT), (ISSUE,), (0, "yes")),
    ("billed, voided, exempt", SHIPPED, (EXEMPT,), (ISSUE, VOID), (0, "no")),
    ("exempt, lifted, billed, voided, exempt again", SHIPPED, (EXEMPT, LIFT, EXEMPT), (ISSUE, VOID), (0, "no")),
    ("exempt, lifted, billed, voided, billed anew", SHIPPED, (EXEMPT, LIFT), (ISSUE, VOID, "anew"), (0, "yes")),
    ("not billable", NOT_BILLABLE, (), (), (0, "no")),
    ("not billable, lifted", NOT_BILLABLE, (LIFT,), (), (74_308, "no")),
    ("not billable, lifted, billed", NOT_BILLABLE, (LIFT,), (ISSUE,), (0, "yes")),
    ("not billable, lifted, billed, voided", NOT_BILLABLE, (LIFT,), (ISSUE, VOID), (74_308, "no")),
    ("not billable, lifted, exempt", NOT_BILLABLE, (LIFT, EXEMPT), (), (0, "no")),
]
"""What happened, as each of three keys tells it in order, and what is left in the ordered bucket."""


def interleaved(first: Story, second: Story) -> list[Story]:
    """Every order in which two ordered stories can be heard of."""
    if not first or not second:
        return [first + second]
    return [(first[0], *rest) for rest in interleaved(first[1:], second)] + [
        (second[0], *rest) for rest in interleaved(first, second[1:])
    ]


def said(told: dict[str, Any], number: int, name: str) -> Body:
    """One message about the order's one note, which is of the same number."""
    bodies: dict[str, Callable[[], Body]] = {
        "shipped": lambda: shipped(told, number, 10, 4),
        "shipped as not billable": lambda: shipped(told, number, 10, 4, billable=False),
        EXEMPT: lambda: exempted(told, number, 74_308),
        LIFT: lambda: lifted(told, number, 74_308),
        ISSUE: lambda: invoiced(told, 1_000 + number, 74_307, number),
        VOID: lambda: voided(told, 1_000 + number, 74_307, number),
        "anew": lambda: invoiced(told, 5_000 + number, 74_307, number),
    }
    return bodies[name]()


@pytest.mark.parametrize("in_one_batch", [False, True], ids=["one by one", "in one batch"])
@pytest.mark.parametrize(
    ("shipping", "exempting", "invoicing", "left"), [story[1:] for story in STORIES], ids=[one[0] for one in STORIES]
)
@pytest.mark.req("CUS-065", "FUL-022", "GEN-008")
async def test_shipment_exemption_and_invoice_are_heard_of_in_any_order(
    client: httpx.AsyncClient,
    database: Database,
    deliver: Deliver,
    maker_id: UUID,
    shipping: Story,
    exempting: Story,
    invoicing: Story,
    left: tuple[int, str],
    in_one_batch: bool,
) -> None:
    """They have three keys. Every interleaving is the story of an order of its own; all are heard of side by side."""
    heard = [one for of_invoicing in interleaved(exempting, invoicing) for one in interleaved(shipping, of_invoicing)]
    orders = await many_confirmed(client, deliver, maker_id, len(heard))
    steps = [
        [said(orders[number], number + 1, story[step]) for number, story in enumerate(heard)]
        for step in range(len(heard[0]))
    ]
    if in_one_batch:
        await deliver(*(body for step in steps for body in step))
    else:
        for step in steps:
            await deliver(*step)
    async with database.transaction(maker_id) as tx:
        t = columns(tables.Order)
        rows = await tx.rows(select(t.number, t.exposed_amount, t.invoiced).where(t.maker_id == maker_id))
    wrong = {row.number: row for row in rows if (row.exposed_amount, row.invoiced) != left}
    assert {heard[int(number[1:])]: tuple(row) for number, row in wrong.items()} == {}
    assert await exposure(client) == (left[0] * len(heard), 0)


@pytest.mark.req("CUS-065", "GEN-008")
async def test_a_shipment_and_an_exemption_counted_at_the_same_time_see_each_other(
    client: httpx.AsyncClient, database: Database, deliver: Deliver, maker_id: UUID
) -> None:
    """Two topics, two transactions: whoever comes second waits for the order's row, then sees the first."""
    told = await confirmed(client, deliver, maker_id)
    order_id, (shirts, teas) = UUID(told["order_id"]), [UUID(line["line_id"]) for line in told["content"]["lines"]]
    pieces = [deliveries.Shipped(order_id, line, count, an_id(1)) for line, count in ((shirts, 10), (teas, 4))]

    async def exempting() -> None:
        async with database.transaction(maker_id) as tx:
            await billing.exemptions_changed(tx, [Exemption(an_id(1), order_id, True, Decimal(1))])

    async with database.transaction(maker_id) as tx:
        await deliveries.shipped(tx, pieces)
        second = asyncio.create_task(exempting())
        finished, _ = await asyncio.wait({second}, timeout=0.3)
        assert not finished
    await second
    assert await exposure(client) == (0, 0)


@pytest.mark.req("CUS-065")
async def test_a_short_close_lowers_what_is_ordered(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    told = await confirmed(client, deliver, maker_id)
    await deliver(closed(told, 1, 4))
    assert await exposure(client) == (42_900 + 2_808, 0)


@pytest.mark.req("GEN-008")
async def test_an_older_balance_never_replaces_a_newer_one(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*masters.small_shop(maker_id))
    await deliver(balance(300, 3))
    await deliver(balance(200, 2), balance(100, 1))
    assert await exposure(client) == (0, 300)


@pytest.mark.req("CUS-060")
async def test_the_posted_balance_counts_against_the_limit(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(*masters.small_shop(maker_id))
    await deliver(masters.customer(credit_limit=Decimal(8_000)), balance(850, 1))
    body = {"customer_code": "C000122", "lines": [{"sku_code": "AP-1", "quantity": 1}]}
    assert (await client.post("/v1/orders", json=body)).json()["over_limit"] is False
    assert (await client.post("/v1/orders", json=body)).json()["over_limit"] is True


@pytest.mark.req("GEN-008")
async def test_a_message_of_an_unknown_order_is_parked_and_blocks_no_other(
    client: httpx.AsyncClient, deliver: Deliver, database: Database, maker_id: UUID
) -> None:
    told = await confirmed(client, deliver, maker_id)
    stranger = {"order_id": str(uuid4()), "content": told["content"]}
    await deliver(shipped(stranger, 8, 1, 0), shipped(told, 9, 10, 4), may_park=True)
    assert (await order(client, told["order_id"]))["state"] == "DELIVERED"
    async with database.connection(Role.WORKER) as connection:
        found = await connection.exec_driver_sql("select reason, error from parked_messages")
        ((reason, error),) = [tuple(row) for row in found]
    assert reason == "failed"
    assert stranger["order_id"] in error
