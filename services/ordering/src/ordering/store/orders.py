"""Orders with their contents and confirmations, in bulk: a constant number of statements however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import or_, select

from chassis.tx import Tx
from kernel.money import Currency, Money, Rate
from ordering import tables
from ordering.core.content import Charge, ChargeKind, Content, Line, RateSource
from ordering.core.events import History
from ordering.core.order import Channel, Confirmation, Order, Progress, Signature
from ordering.core.states import OrderState
from ordering.store.parts import (
    buyer_json,
    buyer_of,
    entry_json,
    entry_of,
    heading_json,
    heading_of,
    rate_of,
    signature_json,
    signature_of,
    signed_of,
    standing_of,
    standing_row,
    totals_json,
    totals_of,
    warning_json,
    warning_of,
)
from ordering.tables import Json, Row, among, columns

OrderRef = UUID | str
"""An order by id or by number."""


async def load_orders(tx: Tx, refs: Collection[OrderRef], *, lock: bool) -> dict[UUID, Order]:
    """The orders that exist, in the order of their ids; locked until the transaction ends unless only read."""
    if not refs:
        return {}
    t = columns(tables.Order)
    ids, numbers = [ref for ref in refs if isinstance(ref, UUID)], [ref for ref in refs if isinstance(ref, str)]
    named = [among(t.order_id, ids)] * bool(ids) + [among(t.number, numbers)] * bool(numbers)
    wanted = select(tables.sql(tables.Order)).where(t.maker_id == tx.maker_id, or_(*named)).order_by(t.order_id)
    heads = await tx.rows(wanted.with_for_update() if lock else wanted)
    found = [head.order_id for head in heads]
    lines = await _of_orders(tx, tables.OrderLine, found, "line_no")
    charges = await _of_orders(tx, tables.OrderCharge, found, "position")
    later = [head.order_id for head in heads if head.oc_version]
    confirmations = await _of_orders(tx, tables.OrderConfirmation, later, "version")
    return {
        head.order_id: _order_of(
            head, lines.get(head.order_id, ()), charges.get(head.order_id, ()), confirmations.get(head.order_id, ())
        )
        for head in heads
    }


async def taken_numbers(tx: Tx, numbers: Collection[str]) -> frozenset[str]:
    """Those of the numbers that orders have already."""
    if not numbers:
        return frozenset()
    t = columns(tables.Order)
    rows = await tx.rows(select(t.number).where(t.maker_id == tx.maker_id, among(t.number, numbers)))
    return frozenset(row.number for row in rows)


async def insert_orders(tx: Tx, orders: Sequence[Order]) -> None:
    """Keep new orders. Sorted by number, so that two imports of one file wait for each other instead of deadlocking."""
    ordered = sorted(orders, key=_number)
    await tx.insert(tables.Order, [_order_row(tx, order) for order in ordered])
    await _insert_contents(tx, [(order.order_id, order.contents[0]) for order in ordered])


async def save_orders(tx: Tx, histories: Collection[History]) -> None:
    """Write what changed, one version higher. Raises chassis.tx.Stale when an order changed since it was read."""
    changed = [history for history in histories if history.steps and history.before is not None]
    rewritten = [history for history in changed if _is_rewritten(history)]
    moved = [history for history in changed if not _is_rewritten(history)]
    for group, row in ((moved, _moved_row), (rewritten, _rewritten_row)):
        rows = [row(tx, history.after) for history in group]
        await tx.update(tables.Order, rows, key=("maker_id", "order_id"), expect_version="version")
    await _replace_contents(tx, changed)
    await _insert_contents(tx, [(h.after.order_id, content) for h in changed for content in _new_contents(h)])
    await _save_confirmations(tx, changed)


async def mark_stocked(tx: Tx, order_ids: Collection[UUID]) -> None:
    """Remember when fulfillment said that it has these orders: read with them and shown, but no deed depends on it."""
    rows = [
        {"maker_id": tx.maker_id, "order_id": order_id, "stocked_at": tx.now} for order_id in sorted(set(order_ids))
    ]
    await tx.update(tables.Order, rows, key=("maker_id", "order_id"))


def saved(history: History) -> History:
    """The history as it stands after `save_orders`: the order one version on."""
    if history.before is None or not history.steps:
        return history
    return replace(history, after=replace(history.after, version=history.after.version + 1))


async def _of_orders(
    tx: Tx, model: type[tables.OrderLine | tables.OrderCharge | tables.OrderConfirmation], ids: list[UUID], by: str
) -> Mapping[UUID, list[Row]]:
    found: dict[UUID, list[Row]] = defaultdict(list)
    if ids:
        t = columns(model)
        mine = select(tables.sql(model)).where(t.maker_id == tx.maker_id, among(t.order_id, ids)).order_by(t[by])
        for row in await tx.rows(mine):
            found[row.order_id].append(row)
    return found


async def _insert_contents(tx: Tx, contents: Sequence[tuple[UUID, Content]]) -> None:
    lines = [_line_row(tx, order_id, content, line) for order_id, content in contents for line in content.lines]
    await tx.insert(tables.OrderLine, lines)
    charges = [
        _charge_row(tx, order_id, content, position, charge)
        for order_id, content in contents
        for position, charge in enumerate(content.charges)
    ]
    await tx.insert(tables.OrderCharge, charges)


async def _replace_contents(tx: Tx, histories: Iterable[History]) -> None:
    """Only assigning a customer changes a content that exists: the placed one, before anything else refers to it."""
    replaced = [
        (history.after.order_id, content)
        for history in histories
        for content in history.after.contents
        if history.before and any(was.version == content.version and was != content for was in history.before.contents)
    ]
    keys = [
        {"maker_id": tx.maker_id, "order_id": order_id, "content_version": content.version}
        for order_id, content in replaced
    ]
    await tx.delete(tables.OrderLine, keys)
    await tx.delete(tables.OrderCharge, keys)
    await _insert_contents(tx, replaced)


async def _save_confirmations(tx: Tx, histories: Iterable[History]) -> None:
    rows = [
        _confirmation_row(tx, history.after, confirmation)
        for history in histories
        for confirmation in history.after.confirmations
        if history.before is None or confirmation not in history.before.confirmations
    ]
    await tx.upsert(tables.OrderConfirmation, rows, key=("maker_id", "order_id", "version"))


def _is_rewritten(history: History) -> bool:
    """Whether more changed than where the order stands: its customer, or what is warned of."""
    before, after = history.before, history.after
    return before is None or before.buyer != after.buyer or before.warnings != after.warnings


def _new_contents(history: History) -> list[Content]:
    known = {content.version for content in history.before.contents} if history.before else set()
    return [content for content in history.after.contents if content.version not in known]


def _number(order: Order) -> str:
    return order.number


# -- core state → rows ------------------------------------------------------------------------------------------------


def _order_row(tx: Tx, order: Order) -> Json:
    return {
        **_rewritten_row(tx, order),
        "number": order.number,
        "channel": order.channel.value,
        "currency": order.currency.code,
        "ordered_at": order.ordered_at,
        "ordered_on": order.ordered_on,
        "purchase_order_number": order.heading.purchase_order_number,
        "wished_on": order.heading.wished_on,
        "heading": heading_json(order.heading),
        "entries": [entry_json(entry) for entry in order.entries],
        "placed_by": order.placed.by,
        "placed_at": order.placed.at,
        "placed_note": order.placed.note,
    }


def _rewritten_row(tx: Tx, order: Order) -> Json:
    """All that deeds may change."""
    buyer = order.buyer
    return {
        **_moved_row(tx, order),
        "customer_id": buyer.customer_id if buyer else None,
        "customer_code": order.customer_code,
        "customer_name": buyer.fields.purchaser_name if buyer else "",
        "buyer": buyer_json(buyer) if buyer else None,
        "warning_codes": [warning.code for warning in order.warnings],
        "warnings": [warning_json(warning) for warning in order.warnings],
        "placed_totals": totals_json(order.contents[0].totals),
    }


def _moved_row(tx: Tx, order: Order) -> Json:
    """What most deeds change: where the order stands. `version` is the one that was read, 1 for a new order."""
    content, oc = order.content, order.oc
    return {
        "maker_id": tx.maker_id,
        "order_id": order.order_id,
        "state": order.state.value,
        "on_hold": order.on_hold,
        "over_limit": order.over_limit,
        "net_amount": content.totals.breakdown.net.amount,
        "tax_amount": content.totals.breakdown.tax.amount,
        "grand_total": content.totals.grand_total.amount,
        "content_version": content.version,
        "oc_version": len(order.confirmations),
        "confirmed_on": oc.confirmed_on if oc else None,
        "changed_at": tx.now,
        "version": order.version,
        **standing_row(order.standing, order.exposed),
    }


def _line_row(tx: Tx, order_id: UUID, content: Content, line: Line) -> Json:
    return {
        "maker_id": tx.maker_id,
        "order_id": order_id,
        "content_version": content.version,
        "line_id": line.line_id,
        "line_no": line.line_no,
        "sku_id": line.sku_id,
        "product_id": line.product_id,
        "sku_code": line.sku_code,
        "product_name": line.product_name,
        "option": line.option,
        "quantity": line.quantity,
        "original_price": line.original_price.amount,
        "wholesale_rate": line.rate.percent,
        "rate_source": line.rate_source.value,
        "unit_price": line.unit_price.amount,
        "tax_rate": line.tax_rate.percent,
        "tax_included": line.tax_included,
        "reduced": line.reduced,
        "planned_from": line.planned_from,
        "planned_to": line.planned_to,
        "ship_to_number": line.ship_to_number,
        "shipped": 0,
        "closed": 0,
    }


def _charge_row(tx: Tx, order_id: UUID, content: Content, position: int, charge: Charge) -> Json:
    return {
        "maker_id": tx.maker_id,
        "order_id": order_id,
        "content_version": content.version,
        "charge_id": charge.charge_id,
        "position": position,
        "kind": charge.kind.value,
        "name": charge.name,
        "tax_rate": None if charge.tax_rate is None else charge.tax_rate.percent,
        "amount": charge.amount.amount,
        "tax_included": charge.tax_included,
    }


def _confirmation_row(tx: Tx, order: Order, confirmation: Confirmation) -> Json:
    own = confirmation.content_version == confirmation.version
    return {
        "maker_id": tx.maker_id,
        "order_id": order.order_id,
        "version": confirmation.version,
        "content_version": confirmation.content_version,
        "approval_required": confirmation.approval_required,
        "totals": totals_json(order.content_at(confirmation.version).totals) if own else None,
        "created": signature_json(confirmation.created),
        "approved": signature_json(confirmation.approved),
        "rejected": signature_json(confirmation.rejected),
        "confirmed": signature_json(confirmation.confirmed),
        "confirmed_on": confirmation.confirmed_on,
    }


# -- rows → core state ------------------------------------------------------------------------------------------------


def _order_of(head: Row, lines: Sequence[Row], charges: Sequence[Row], confirmations: Sequence[Row]) -> Order:
    currency = Currency.of(head.currency)
    return Order(
        order_id=head.order_id,
        number=head.number,
        channel=Channel(head.channel),
        currency=currency,
        ordered_at=head.ordered_at,
        ordered_on=head.ordered_on,
        customer_code=head.customer_code,
        buyer=buyer_of(head.buyer) if head.buyer is not None else None,
        state=OrderState(head.state),
        heading=heading_of(head.heading, purchase_order_number=head.purchase_order_number, wished_on=head.wished_on),
        entries=tuple(entry_of(stored, currency) for stored in head.entries),
        contents=_contents_of(head, lines, charges, confirmations, currency),
        confirmations=tuple(_confirmation_of(row) for row in confirmations),
        warnings=tuple(warning_of(stored) for stored in head.warnings),
        on_hold=head.on_hold,
        over_limit=head.over_limit,
        progress={row.line_id: Progress(row.shipped, row.closed) for row in lines if row.shipped or row.closed},
        standing=standing_of(head, currency),
        placed=Signature(head.placed_by, head.placed_at, head.placed_note),
        version=head.version,
        stocked_at=head.stocked_at,
    )


def _contents_of(
    head: Row, lines: Sequence[Row], charges: Sequence[Row], confirmations: Sequence[Row], currency: Currency
) -> tuple[Content, ...]:
    totals = {0: head.placed_totals}
    totals |= {row.version: row.totals for row in confirmations if row.totals is not None}
    return tuple(
        Content(
            version=version,
            lines=tuple(_line_of(row, currency) for row in lines if row.content_version == version),
            charges=tuple(_charge_of(row, currency) for row in charges if row.content_version == version),
            totals=totals_of(stored, currency),
        )
        for version, stored in totals.items()
    )


def _line_of(row: Row, currency: Currency) -> Line:
    return Line(
        line_id=row.line_id,
        line_no=row.line_no,
        sku_id=row.sku_id,
        product_id=row.product_id,
        sku_code=row.sku_code,
        product_name=row.product_name,
        option=row.option,
        quantity=row.quantity,
        original_price=Money(row.original_price, currency),
        rate=Rate.of(row.wholesale_rate),
        rate_source=RateSource(row.rate_source),
        unit_price=Money(row.unit_price, currency),
        tax_rate=Rate.of(row.tax_rate),
        tax_included=row.tax_included,
        reduced=row.reduced,
        planned_from=row.planned_from,
        planned_to=row.planned_to,
        ship_to_number=row.ship_to_number,
    )


def _charge_of(row: Row, currency: Currency) -> Charge:
    return Charge(
        charge_id=row.charge_id,
        kind=ChargeKind(row.kind),
        name=row.name,
        tax_rate=rate_of(row.tax_rate),
        amount=Money(row.amount, currency),
        tax_included=row.tax_included,
    )


def _confirmation_of(row: Row) -> Confirmation:
    return Confirmation(
        version=row.version,
        content_version=row.content_version,
        approval_required=row.approval_required,
        created=signed_of(row.created),
        approved=signature_of(row.approved),
        rejected=signature_of(row.rejected),
        confirmed=signature_of(row.confirmed),
        confirmed_on=row.confirmed_on,
    )
