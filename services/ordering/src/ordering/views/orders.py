"""Orders as answers: core state → views, and the lists that are read straight from rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from pydantic import Field
from sqlalchemy import Select, select, tuple_

from chassis.http import BusinessDate, Page, Text
from chassis.http.models import RowProblem
from chassis.tx import Tx
from kernel.money import Rate
from kernel.refusal import Refusal
from ordering import tables
from ordering.core.content import Charge, ChargeEntry, Content, Line
from ordering.core.order import Channel, Confirmation, Order, Signature
from ordering.core.order_warning import OrderWarning
from ordering.core.standing import Invoiced
from ordering.core.states import CONVERTED, OrderState, allowed
from ordering.tables import Row, among, columns, sql
from ordering.views.models import (
    ChargeView,
    ConfirmationDocument,
    ConfirmationView,
    ContentView,
    DeedView,
    EntryView,
    LineView,
    MasterFieldsView,
    OrderSummary,
    OrderView,
    RateView,
    SignatureView,
    SourceRowView,
    SourceView,
    WarningView,
)

Told: TypeAlias = Callable[[Sequence[Refusal]], list[RowProblem]]
"""Turns codes and facts into sentences in the caller's language (`Edge.told`)."""


class Sort(StrEnum):
    """How a list of orders is sorted; `-` is descending."""

    NEWEST = "-ordered_at"
    OLDEST = "ordered_at"
    NUMBER = "number"


class OrderSearch(Page):
    """Filters of the order list; all given ones must hold."""

    state: OrderState | None = None
    customer_id: UUID | None = None
    customer_code: Annotated[str, Text(10)] | None = None
    number: Annotated[str, Text(30)] | None = None
    purchase_order_number: Annotated[str, Text(30)] | None = None
    channel: Channel | None = None
    ordered_from: BusinessDate | None = None
    ordered_to: BusinessDate | None = None
    warning: Annotated[str, Text(40)] | None = None
    warned: bool | None = None
    on_hold: bool | None = None
    over_limit: bool | None = None
    invoiced: Invoiced | None = None
    sort: Annotated[Sort, Field()] = Sort.NEWEST


async def list_orders(tx: Tx, search: OrderSearch) -> tuple[Sequence[OrderSummary], str | None]:
    """One page of orders."""
    rows, cursor = search.cut(await tx.rows(page_of_orders(tx, search)), tx.maker_id, key=sort_key(search.sort))
    return [_summary_of(row) for row in rows], cursor


async def find_summaries(tx: Tx, order_ids: Sequence[UUID]) -> dict[UUID, OrderSummary]:
    """These orders as the list shows them."""
    t = columns(tables.Order)
    wanted = select(*(t[name] for name in _LISTED)).where(t.maker_id == tx.maker_id, among(t.order_id, order_ids))
    return {row.order_id: _summary_of(row) for row in await tx.rows(wanted)}


async def list_deeds(tx: Tx, order_id: UUID) -> list[DeedView] | None:
    """What was done to an order, oldest first; None without the order."""
    t = columns(tables.OrderDeed)
    found = select(sql(tables.OrderDeed)).where(t.maker_id == tx.maker_id, t.order_id == order_id).order_by(t.deed_id)
    rows = await tx.rows(found)
    if not rows and not await _exists(tx, order_id):
        return None
    return [DeedView(deed=row.deed, by=row.done_by, at=row.done_at, note=row.note) for row in rows]


async def find_source(tx: Tx, order_id: UUID) -> SourceView | None:
    """The raw cells of an imported order; None for orders that came another way."""
    t = columns(tables.OrderSource)
    row = await tx.one_or_none(select(sql(tables.OrderSource)).where(t.maker_id == tx.maker_id, t.order_id == order_id))
    if row is None:
        return None
    rows = zip(row.row_numbers, row.cells, strict=True)
    return SourceView(
        file_id=row.file_id,
        layout=row.layout,
        rows=tuple(
            SourceRowView(row=number, cells=dict(zip(row.headers, cells, strict=False))) for number, cells in rows
        ),
    )


def order_view(order: Order, told: Told) -> OrderView:
    """One order with everything about it."""
    heading = order.heading
    return OrderView(
        **_facts(order),
        allowed=tuple(deed.value for deed in allowed(order.state)),
        master_fields=MasterFieldsView(**asdict(order.buyer.fields)) if order.buyer else None,
        time_slot=heading.time_slot,
        remark=heading.remark,
        worker_memo=heading.worker_memo,
        medium=heading.medium,
        customer_class=heading.customer_class,
        gift=heading.gift,
        price_is_net=heading.price_is_net,
        content=content_view(order, order.content),
        placed_content=content_view(order, order.contents[0]) if order.content.version else None,
        entries=tuple(_entry_view(entry) for entry in order.entries),
        order_confirmations=tuple(_confirmation_view(confirmation) for confirmation in order.confirmations),
        billed_amount=order.standing.billed.amount,
        warnings=warning_views(order.warnings, told),
        placed=_signature_view(order.placed),
    )


def summary(order: Order) -> OrderSummary:
    """An order as the list shows it."""
    return OrderSummary(**_facts(order), warnings=tuple(warning.code for warning in order.warnings))


def _facts(order: Order) -> dict[str, Any]:
    """What the list and the single view both show."""
    totals, oc = order.content.totals, order.oc
    return {
        "order_id": order.order_id,
        "number": order.number,
        "state": order.state.value,
        "channel": order.channel.value,
        "customer_id": order.customer_id,
        "customer_code": order.customer_code,
        "customer_name": order.buyer.fields.purchaser_name if order.buyer else "",
        "purchase_order_number": order.heading.purchase_order_number,
        "ordered_at": order.ordered_at,
        "ordered_on": order.ordered_on,
        "wished_on": order.heading.wished_on,
        "currency": order.currency.code,
        "net": totals.breakdown.net.amount,
        "tax": totals.breakdown.tax.amount,
        "grand_total": totals.grand_total.amount,
        "on_hold": order.on_hold,
        "over_limit": order.over_limit,
        "invoiced": order.standing.invoiced.value,
        "oc_version": len(order.confirmations),
        "confirmed_on": oc.confirmed_on if oc else None,
        "stocked_at": order.stocked_at,
        "version": order.version,
    }


def confirmation_documents(order: Order) -> list[ConfirmationDocument]:
    """All versions of the order's confirmation, oldest first, each with what it shows (ORD-073, ORD-078)."""
    return [
        ConfirmationDocument(
            **_confirmation_view(confirmation).model_dump(),
            content=content_view(order, order.content_at(confirmation.content_version)),
        )
        for confirmation in order.confirmations
    ]


def content_view(order: Order, content: Content) -> ContentView:
    """Lines, charges and totals of one version."""
    totals = content.totals
    return ContentView(
        content_version=content.version,
        lines=tuple(_line_view(order, line) for line in content.lines),
        charges=tuple(_charge_view(charge) for charge in content.charges),
        per_rate=tuple(
            RateView(
                tax_rate=_percent(taxed.rate),
                reduced=taxed.reduced,
                exclusive_sum=taxed.exclusive.amount,
                inclusive_sum=taxed.inclusive.amount,
                net=taxed.net.amount,
                tax=taxed.tax.amount,
                gross=taxed.gross.amount,
            )
            for taxed in totals.breakdown.per_rate
        ),
        items=totals.items.amount,
        net=totals.breakdown.net.amount,
        tax=totals.breakdown.tax.amount,
        payment_points=totals.payment_points.amount,
        grand_total=totals.grand_total.amount,
    )


def warning_views(warnings: Sequence[OrderWarning], told: Told) -> tuple[WarningView, ...]:
    """Warnings with their sentences."""
    sentences = told([Refusal(warning.code, warning.facts) for warning in warnings])
    return tuple(
        WarningView(code=warning.code, facts=dict(warning.facts), message=sentence.message)
        for warning, sentence in zip(warnings, sentences, strict=True)
    )


def _line_view(order: Order, line: Line) -> LineView:
    progress = order.progress_of(line.line_id)
    still = line.quantity - progress.shipped - progress.closed if order.state in CONVERTED else 0
    return LineView(
        line_id=line.line_id,
        line_no=line.line_no,
        sku_id=line.sku_id,
        sku_code=line.sku_code,
        product_name=line.product_name,
        option=line.option,
        quantity=line.quantity,
        original_price=line.original_price.amount,
        wholesale_rate=_percent(line.rate),
        rate_source=line.rate_source.value,
        unit_price=line.unit_price.amount,
        amount=line.amount.amount,
        tax_rate=_percent(line.tax_rate),
        tax_included=line.tax_included,
        reduced=line.reduced,
        planned_from=line.planned_from,
        planned_to=line.planned_to,
        ship_to_number=line.ship_to_number,
        shipped=progress.shipped,
        closed=progress.closed,
        open=still,
    )


def _charge_view(charge: Charge) -> ChargeView:
    return ChargeView(
        charge_id=charge.charge_id,
        kind=charge.kind.value,
        name=charge.name,
        tax_rate=None if charge.tax_rate is None else _percent(charge.tax_rate),
        amount=charge.amount.amount,
        tax_included=charge.tax_included,
    )


def _entry_view(entry: ChargeEntry) -> EntryView:
    return EntryView(
        kind=entry.kind.value,
        tax_rate=None if entry.rate is None else _percent(entry.rate),
        prorated=entry.prorated,
        amount=entry.amount.amount,
    )


def _confirmation_view(confirmation: Confirmation) -> ConfirmationView:
    return ConfirmationView(
        version=confirmation.version,
        content_version=confirmation.content_version,
        approval_required=confirmation.approval_required,
        created=_signature_view(confirmation.created),
        approved=_signature_view(confirmation.approved) if confirmation.approved else None,
        rejected=_signature_view(confirmation.rejected) if confirmation.rejected else None,
        confirmed=_signature_view(confirmation.confirmed) if confirmation.confirmed else None,
        confirmed_on=confirmation.confirmed_on,
    )


def _signature_view(signature: Signature) -> SignatureView:
    return SignatureView(by=signature.by, at=signature.at, note=signature.note)


def _percent(rate: Rate) -> Decimal:
    return Decimal(str(rate))


# -- lists ------------------------------------------------------------------------------------------------------------


def _filtered(tx: Tx, search: OrderSearch) -> Select[Any]:
    t = columns(tables.Order)
    exact = {
        t.state: search.state.value if search.state else None,
        t.customer_id: search.customer_id,
        t.customer_code: search.customer_code,
        t.number: search.number,
        t.purchase_order_number: search.purchase_order_number,
        t.channel: search.channel.value if search.channel else None,
        t.on_hold: search.on_hold,
        t.over_limit: search.over_limit,
        t.invoiced: search.invoiced.value if search.invoiced else None,
    }
    wanted = select(*(t[name] for name in _LISTED)).where(
        t.maker_id == tx.maker_id, *(column == value for column, value in exact.items() if value is not None)
    )
    if search.ordered_from is not None:
        wanted = wanted.where(t.ordered_on >= search.ordered_from)
    if search.ordered_to is not None:
        wanted = wanted.where(t.ordered_on <= search.ordered_to)
    if search.warned is not None:
        wanted = wanted.where((t.warning_codes != []) if search.warned else (t.warning_codes == []))
    if search.warning is not None:
        wanted = wanted.where(t.warning_codes != [], t.warning_codes.contains([search.warning]))
    return wanted


def page_of_orders(tx: Tx, search: OrderSearch) -> Select[Any]:
    """The rows of one page in the order asked for, and one more."""
    return _sorted(_filtered(tx, search), tx, search).limit(search.limit + 1)


def _sorted(wanted: Select[Any], tx: Tx, search: OrderSearch) -> Select[Any]:
    t = columns(tables.Order)
    if search.sort is Sort.NUMBER:
        after = search.after(tx.maker_id, str)
        return (wanted.where(t.number > after[0]) if after else wanted).order_by(t.number)
    after = search.after(tx.maker_id, datetime, UUID)
    place = tuple_(t.ordered_at, t.order_id)
    if search.sort is Sort.OLDEST:
        return (wanted.where(place > tuple_(*after)) if after else wanted).order_by(t.ordered_at, t.order_id)
    newest_first = (t.ordered_at.desc(), t.order_id.desc())
    return (wanted.where(place < tuple_(*after)) if after else wanted).order_by(*newest_first)


def sort_key(sort: Sort) -> Callable[[Row], tuple[Any, ...]]:
    """What a cursor of that sort remembers of a row."""

    def by_time(row: Row) -> tuple[Any, ...]:
        return row.ordered_at, row.order_id

    def by_number(row: Row) -> tuple[Any, ...]:
        return (row.number,)

    return by_number if sort is Sort.NUMBER else by_time


_LISTED = (
    "order_id",
    "number",
    "state",
    "channel",
    "customer_id",
    "customer_code",
    "customer_name",
    "purchase_order_number",
    "ordered_at",
    "ordered_on",
    "wished_on",
    "currency",
    "net_amount",
    "tax_amount",
    "grand_total",
    "on_hold",
    "over_limit",
    "invoiced",
    "warning_codes",
    "oc_version",
    "confirmed_on",
    "stocked_at",
    "version",
)


def _summary_of(row: Row) -> OrderSummary:
    fields = {name: row._mapping[name] for name in _LISTED}
    fields["net"], fields["tax"] = fields.pop("net_amount"), fields.pop("tax_amount")
    fields["warnings"] = tuple(fields.pop("warning_codes"))
    return OrderSummary(**fields)


async def _exists(tx: Tx, order_id: UUID) -> bool:
    t = columns(tables.Order)
    found = select(t.order_id).where(t.maker_id == tx.maker_id, t.order_id == order_id)
    return await tx.one_or_none(found) is not None
