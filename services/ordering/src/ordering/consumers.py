"""The complete list of messages this service reacts to; a table of contents, no logic."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from chassis.messages import Listens, Run
from chassis.tx import Tx
from contracts.catalog import CustomerRateState, SkuState, TaxState
from contracts.customers import CustomerState, MakerState
from contracts.fulfillment import DeliveryNoteShipped, UnshippedClosed, UnshippedStocked
from contracts.invoicing import (
    BillableExempted,
    BillableExemptionLifted,
    InvoiceIssued,
    InvoiceSource,
    InvoiceVoided,
    OrderShare,
)
from contracts.payments import BalanceChanged
from contracts.wire import State
from ordering.store.billing import Exemption
from ordering.usecases import billing, deliveries, masters
from ordering.usecases.billing import InvoiceTold
from ordering.usecases.deliveries import Closed, Shipped

LISTENS = Listens()


@LISTENS.on(MakerState)
async def copy_preferences(tx: Tx, run: Run[MakerState]) -> None:
    for given, version in _states(run):
        await masters.keep_maker(tx, given, version=version)


@LISTENS.on(TaxState)
async def copy_taxes(tx: Tx, run: Run[TaxState]) -> None:
    await masters.keep_taxes(tx, _states(run))
    await masters.forget(tx, taxes=_gone(run))


@LISTENS.on(SkuState)
async def copy_skus(tx: Tx, run: Run[SkuState]) -> None:
    await masters.keep_skus(tx, _states(run))
    await masters.forget(tx, skus=_gone(run))


@LISTENS.on(CustomerRateState)
async def copy_customer_rates(tx: Tx, run: Run[CustomerRateState]) -> None:
    await masters.keep_rates(tx, _states(run))
    await masters.forget(tx, rates=_gone(run))


@LISTENS.on(CustomerState)
async def copy_customers(tx: Tx, run: Run[CustomerState]) -> None:
    await masters.keep_customers(tx, _states(run))
    await masters.forget(tx, customers=_gone(run))


@LISTENS.on(UnshippedStocked)
async def hear_of_unshipped_skus(tx: Tx, run: Run[UnshippedStocked]) -> None:
    """Only acknowledges: the confirming transaction itself moved the order (ARCHITECTURE §5)."""
    await deliveries.stocked(tx, [body.order_id for body in run.bodies()])


@LISTENS.on(DeliveryNoteShipped)
async def count_shipped_pieces(tx: Tx, run: Run[DeliveryNoteShipped]) -> None:
    await deliveries.shipped(
        tx,
        [
            Shipped(line.order_id, line.order_line_id, line.quantity, body.note_id, body.billable)
            for body in run.bodies()
            for line in body.lines
        ],
    )


@LISTENS.on(UnshippedClosed)
async def count_closed_pieces(tx: Tx, run: Run[UnshippedClosed]) -> None:
    await deliveries.closed(
        tx,
        [Closed(body.order_id, line.order_line_id, line.quantity) for body in run.bodies() for line in body.lines],
    )


@LISTENS.on(InvoiceIssued)
async def take_invoiced_orders_from_exposure(tx: Tx, run: Run[InvoiceIssued]) -> None:
    told = [_invoice(body.invoice_id, body.sources, body.orders) for body in run.bodies()]
    await billing.invoices_issued(tx, told)


@LISTENS.on(InvoiceVoided)
async def put_voided_orders_back_into_exposure(tx: Tx, run: Run[InvoiceVoided]) -> None:
    told = [_invoice(body.invoice_id, body.sources, body.orders) for body in run.bodies()]
    await billing.invoices_voided(tx, told)


@LISTENS.on(BillableExempted)
async def take_exempt_notes_from_exposure(tx: Tx, run: Run[BillableExempted]) -> None:
    await billing.exemptions_changed(tx, _exemptions(run.bodies(), exempt=True))


@LISTENS.on(BillableExemptionLifted)
async def put_lifted_notes_back_into_exposure(tx: Tx, run: Run[BillableExemptionLifted]) -> None:
    await billing.exemptions_changed(tx, _exemptions(run.bodies(), exempt=False))


@LISTENS.on(BalanceChanged)
async def keep_posted_balances(tx: Tx, run: Run[BalanceChanged]) -> None:
    balances = [billing.posted(body.bill_to_id, body.currency, body.balance, body.sequence) for body in run.bodies()]
    await billing.balances_changed(tx, balances)


def _states(run: Run[State]) -> list[tuple[masters.Given, int]]:
    return [(message.body.model_dump(mode="json"), message.version) for message in run if message.body is not None]


def _gone(run: Run[State]) -> list[str]:
    """Keys whose last message of the run is a tombstone: a state after it wins."""
    last = {message.key: message.body is None for message in run}
    return [key for key, is_gone in last.items() if is_gone]


def _invoice(invoice_id: UUID, sources: Iterable[InvoiceSource], shares: Iterable[OrderShare]) -> InvoiceTold:
    """What came back counts as billed all the same: payments deducts it, and nothing of it will be billed again."""
    notes = [source.source_id for source in sources if source.kind == "delivery_note"]
    amounts: list[tuple[UUID, Decimal]] = [(share.order_id, share.amount + share.returned) for share in shares]
    return InvoiceTold(invoice_id, notes, amounts)


def _exemptions(bodies: Iterable[BillableExempted | BillableExemptionLifted], *, exempt: bool) -> list[Exemption]:
    """Of delivery notes; what came back was never counted as billed."""
    return [
        Exemption(body.billable_id, share.order_id, exempt, share.amount)
        for body in bodies
        if body.kind == "delivery_note"
        for share in body.orders
    ]
