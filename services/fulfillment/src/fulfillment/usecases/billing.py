"""Following invoicing: what invoices took or freed again, and which notes are never billed (FUL-022, FUL-073)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.tx import Tx
from fulfillment.core.billing import Billing, freed, taken
from fulfillment.store.billing import Kind, load_billing, save_billing, save_reasons

Follow = Callable[[Billing, UUID], Billing]


@dataclass(frozen=True, slots=True)
class Source:
    """A document that an invoice names; kinds that are not ours are left out by the consumer."""

    kind: Kind
    document_id: UUID
    invoice_id: UUID


async def take(tx: Tx, sources: Sequence[Source]) -> None:
    """Invoices took these documents."""
    await _follow(tx, sources, taken)


async def free(tx: Tx, sources: Sequence[Source]) -> None:
    """Invoices were voided and let these documents go."""
    await _follow(tx, sources, freed)


async def exempt(tx: Tx, reasons: Mapping[UUID, str | None]) -> None:
    """Delivery notes are not to be billed, for a reason; None: they are, after all."""
    known = await load_billing(tx, Kind.DELIVERY_NOTE, reasons.keys())
    await save_reasons(tx, {note_id: reasons[note_id] for note_id in known})


async def _follow(tx: Tx, sources: Sequence[Source], follow: Follow) -> None:
    for kind in (Kind.RETURN_NOTE, Kind.DELIVERY_NOTE):  # the lock order of the store
        mine = [source for source in sources if source.kind is kind]
        before = await load_billing(tx, kind, {source.document_id for source in mine})
        now = dict(before)
        for source in mine:
            if source.document_id in now:
                now[source.document_id] = follow(now[source.document_id], source.invoice_id)
        await save_billing(tx, kind, [one for key, one in now.items() if one != before[key]])
