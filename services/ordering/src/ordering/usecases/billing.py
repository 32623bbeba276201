"""What invoicing and payments tell ordering: shares of orders on invoices, what is never billed, posted balances
(CUS-065, R24)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from chassis.tx import Tx
from kernel.money import Currency
from ordering.store.billing import (
    Exemption,
    invoice_notes,
    keep_exemptions,
    on_notes,
    orders_of_notes,
    release_notes,
)
from ordering.store.exposures import Posted, post_balances
from ordering.usecases.carrying import carried, keep, told


@dataclass(frozen=True, slots=True)
class InvoiceTold:
    """An invoice that was issued or voided: the notes on it, and what of it belongs to which order, tax included."""

    invoice_id: UUID
    note_ids: Sequence[UUID]
    shares: Sequence[tuple[UUID, Decimal]]


async def invoices_issued(tx: Tx, invoices: Collection[InvoiceTold]) -> None:
    """The orders' shares leave the ordered buckets: what is invoiced is payments' to tell. Raises OrderUnknown."""
    await invoice_notes(tx, [(note_id, invoice.invoice_id) for invoice in invoices for note_id in invoice.note_ids])
    await _rebilled(tx, invoices, sign=1)


async def invoices_voided(tx: Tx, invoices: Collection[InvoiceTold]) -> None:
    """The shares of voided invoices come back into the ordered buckets. Raises OrderUnknown."""
    await release_notes(tx, [(note_id, invoice.invoice_id) for invoice in invoices for note_id in invoice.note_ids])
    await _rebilled(tx, invoices, sign=-1)


async def exemptions_changed(tx: Tx, exemptions: Collection[Exemption]) -> None:
    """Notes are never billed, or are after all. The orders are locked first: a shipment counted at the same time either
    sees this or is seen. Raises OrderUnknown."""
    before = await carried(tx, {one.order_id for one in exemptions})
    await keep_exemptions(tx, exemptions)
    notes = await on_notes(tx, list(before))
    await keep(tx, before, [told(order, notes[one]) for one, order in before.items()])


async def balances_changed(tx: Tx, balances: Iterable[Posted]) -> None:
    """The posted balances of customers; the greater sequence is the newer."""
    await post_balances(tx, list(balances))


async def _rebilled(tx: Tx, invoices: Collection[InvoiceTold], *, sign: int) -> None:
    amounts: dict[UUID, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        for order_id, amount in invoice.shares:
            amounts[order_id] += sign * amount
    touched = await orders_of_notes(tx, {note_id for invoice in invoices for note_id in invoice.note_ids})
    before = await carried(tx, amounts.keys() | touched, sure=amounts)
    notes = await on_notes(tx, list(before))
    after = [told(order, notes[one], invoiced=amounts[one]) for one, order in before.items()]
    await keep(tx, before, after)


def posted(customer_id: UUID, currency: str, amount: Decimal, sequence: int) -> Posted:
    """A balance as payments told it."""
    return Posted(customer_id, Currency.of(currency), amount, sequence)
