"""Credit notes as people and programs read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from chassis.http import AmountText, BusinessDate, Page, Text, View
from chassis.tx import Tx
from invoicing import tables
from invoicing.core.credit_note import CreditNoteKind, CreditNoteState
from invoicing.tables import Row, columns
from invoicing.views.common import Direction, beyond, chosen


class CreditNoteSearch(Page):
    """Filters of the list; all given ones apply together."""

    bill_to_id: UUID | None = None
    state: CreditNoteState | None = None
    number: Annotated[str, Text(50)] | None = None
    issued_from: BusinessDate | None = None
    issued_to: BusinessDate | None = None
    sort: Direction = "newest_first"


class CreditNoteView(View):
    """What a customer has to its credit; untaxed for overpayments."""

    credit_note_id: UUID
    number: str
    kind: CreditNoteKind
    bill_to_id: UUID
    bill_to_code: str | None
    currency: str
    amount: AmountText
    issued_on: date
    overpayment_id: UUID
    state: CreditNoteState
    voided_on: date | None
    version: int


async def list_credit_notes(tx: Tx, search: CreditNoteSearch) -> tuple[Sequence[CreditNoteView], str | None]:
    """One page, by issue date."""
    n = columns(tables.CreditNote)
    conditions, order = beyond(n.issued_on, n.credit_note_id, search.after(tx.maker_id, date, UUID), search.sort)
    wanted = _select().where(n.maker_id == tx.maker_id, *_filters(search), *conditions)
    rows = await tx.rows(wanted.order_by(*order).limit(search.limit + 1))
    shown, cursor = search.cut(rows, tx.maker_id, key=lambda row: (row.issued_on, row.credit_note_id))
    return [_view(row) for row in shown], cursor


async def find_credit_note(tx: Tx, credit_note_id: UUID) -> CreditNoteView | None:
    """One credit note, or None."""
    n = columns(tables.CreditNote)
    row = await tx.one_or_none(_select().where(n.maker_id == tx.maker_id, n.credit_note_id == credit_note_id))
    return None if row is None else _view(row)


def _select() -> Select[Any]:
    n, c = columns(tables.CreditNote), columns(tables.Customer)
    own = (c.maker_id == n.maker_id) & (c.customer_id == n.bill_to_id)
    return select(*n, c.code.label("bill_to_code")).select_from(n.maker_id.table.outerjoin(c.maker_id.table, own))


def _filters(search: CreditNoteSearch) -> list[ColumnElement[bool]]:
    n = columns(tables.CreditNote)
    return chosen(
        (search.bill_to_id, lambda value: n.bill_to_id == value),
        (search.state, lambda value: n.state == value),
        (search.number, lambda value: n.number == value),
        (search.issued_from, lambda value: n.issued_on >= value),
        (search.issued_to, lambda value: n.issued_on <= value),
    )


def _view(row: Row) -> CreditNoteView:
    return CreditNoteView(
        credit_note_id=row.credit_note_id,
        number=row.number,
        kind=CreditNoteKind(row.kind),
        bill_to_id=row.bill_to_id,
        bill_to_code=row.bill_to_code,
        currency=row.currency,
        amount=row.amount,
        issued_on=row.issued_on,
        overpayment_id=row.overpayment_id,
        state=CreditNoteState(row.state),
        voided_on=row.voided_on,
        version=row.version,
    )
