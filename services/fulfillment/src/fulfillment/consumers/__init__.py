"""The complete list of messages fulfillment reacts to."""

from __future__ import annotations

from chassis.messages import Listens, Run
from chassis.tx import Tx
from contracts.customers import CustomerState, MakerState
from contracts.invoicing import BillableExempted, BillableExemptionLifted, InvoiceIssued, InvoiceVoided
from contracts.ordering import OrderCancelled, OrderConfirmed, OrderConverted, OrderHoldChanged, OrderReopened
from fulfillment.consumers.reading import confirmed, customer, is_delivery_note, latest, maker, sources
from fulfillment.core.parts import OrderId
from fulfillment.usecases import billing, knowing, stocking

LISTENS = Listens()


@LISTENS.on(OrderConfirmed)
async def stock_confirmed_orders(tx: Tx, run: Run[OrderConfirmed]) -> None:
    await stocking.stock(tx, [confirmed(body) for body in run.bodies()])


@LISTENS.on(OrderConverted)
async def convert_orders(tx: Tx, run: Run[OrderConverted]) -> None:
    await stocking.convert_orders(tx, [OrderId(body.order_id) for body in run.bodies()])


@LISTENS.on(OrderReopened)
async def withdraw_reopened_orders(tx: Tx, run: Run[OrderReopened]) -> None:
    await stocking.withdraw_orders(tx, [OrderId(body.order_id) for body in run.bodies()])


@LISTENS.on(OrderCancelled)
async def withdraw_cancelled_orders(tx: Tx, run: Run[OrderCancelled]) -> None:
    await stocking.withdraw_orders(tx, [OrderId(body.order_id) for body in run.bodies()])


@LISTENS.on(OrderHoldChanged)
async def follow_order_holds(tx: Tx, run: Run[OrderHoldChanged]) -> None:
    await stocking.hold_orders(tx, [(OrderId(body.order_id), body.on_hold) for body in run.bodies()])


@LISTENS.on(MakerState)
async def copy_maker(tx: Tx, run: Run[MakerState]) -> None:
    for message in latest(run):
        if message.body is not None:
            await knowing.keep_maker(tx, maker(message.body, message.version))


@LISTENS.on(CustomerState)
async def copy_customers(tx: Tx, run: Run[CustomerState]) -> None:
    states = latest(run)
    await knowing.keep_customers(tx, [customer(one.body, one.version) for one in states if one.body is not None])
    await knowing.forget_customers(tx, [one.key for one in states if one.body is None])


@LISTENS.on(InvoiceIssued)
async def follow_issued_invoices(tx: Tx, run: Run[InvoiceIssued]) -> None:
    await billing.take(tx, [source for body in run.bodies() for source in sources(body.invoice_id, body.sources)])


@LISTENS.on(InvoiceVoided)
async def follow_voided_invoices(tx: Tx, run: Run[InvoiceVoided]) -> None:
    await billing.free(tx, [source for body in run.bodies() for source in sources(body.invoice_id, body.sources)])


@LISTENS.on(BillableExempted)
async def follow_exemptions(tx: Tx, run: Run[BillableExempted]) -> None:
    await billing.exempt(tx, {body.billable_id: body.reason for body in run.bodies() if is_delivery_note(body.kind)})


@LISTENS.on(BillableExemptionLifted)
async def follow_lifted_exemptions(tx: Tx, run: Run[BillableExemptionLifted]) -> None:
    await billing.exempt(tx, {body.billable_id: None for body in run.bodies() if is_delivery_note(body.kind)})
