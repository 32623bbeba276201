"""P1 every confirmed order has one set of unshipped SKUs; P6 no command two effects; P7 every 2xx lasts; P13 no 500."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from suite.chaos.laws.evidence import Evidence, Violation, broken
from suite.chaos.rows import World


def stocked_once(evidence: Evidence) -> Iterator[Violation]:
    """P1, also for orders whose confirmation nobody knows: the order's own row says whether it is confirmed."""
    world, wanted = evidence.world, evidence.trade.by_ref()
    waiting = {order.ref for order in wanted.values() if order.held and not evidence.repaired}
    confirmed = {row.order_id: row for row in world.orders if row.confirmed_on and row.ref not in waiting}
    stocked = Counter(row.order_id for row in world.stocked)
    yield from broken("P1", "confirmed orders without unshipped SKUs", confirmed.keys() - stocked.keys())
    yield from broken("P1", "orders stocked twice", (one for one, times in stocked.items() if times > 1))
    yield from broken("P1", "orders stocked and not confirmed", stocked.keys() - confirmed.keys())
    lines = _pieces((row.order_id, row.sku_code, row.quantity) for row in world.order_lines)
    unshipped = _pieces((row.order_id, row.sku_code, row.ordered) for row in world.unshipped)
    both = confirmed.keys() & stocked.keys()
    yield from broken("P1", "unshipped SKUs unlike the order's lines", (o for o in both if lines[o] != unshipped[o]))
    for order_id in both:
        order = wanted.get(confirmed[order_id].ref)
        if order is not None and unshipped[order_id] != sorted(order.pieces().items()):
            yield Violation("P1", f"unshipped SKUs of {order.ref} are not what was ordered", (str(order_id),))
    yield from broken("P1", "unshipped SKUs without an order", unshipped.keys() - stocked.keys())


def _pieces(lines: Iterable[tuple[UUID, str, int]]) -> defaultdict[UUID, list[tuple[str, int]]]:
    found: defaultdict[UUID, list[tuple[str, int]]] = defaultdict(list)
    for order_id, sku, quantity in lines:
        found[order_id].append((sku, quantity))
    for pieces in found.values():
        pieces.sort()
    return found


def never_twice(evidence: Evidence) -> Iterator[Violation]:
    """P6: a command repeated with its key, answered or not, has one effect at most."""
    world = evidence.world
    orders = Counter(row.ref for row in world.orders)
    notes = Counter(row.ref for row in world.notes)
    yield from broken("P6", "orders placed twice", (ref for ref, times in orders.items() if times > 1))
    yield from broken("P6", "delivery notes made twice", (ref for ref, times in notes.items() if times > 1))
    yield from broken("P6", "orders nobody asked for", orders.keys() - evidence.trade.by_ref().keys())


def never_500(evidence: Evidence) -> Iterator[Violation]:
    """P13: whoever is away is said to be away (503), and nobody's bug shows under faults."""
    yield from broken("P13", "commands answered 500", evidence.log.errors)


def answered_lasts(evidence: Evidence) -> Iterator[Violation]:
    """P7: what was answered with 2xx is there, with what the answer said."""
    world, log = evidence.world, evidence.log
    orders = {str(row.order_id): row for row in world.orders}
    notes = {str(row.note_id): row for row in world.notes}
    placed, confirmed = log.answered("order"), log.answered("confirmation")
    yield from broken("P7", "answered orders lost", _absent(placed, "order_id", orders))
    lost = (ref for ref, told in confirmed.items() if not _confirmed(orders.get(told["order_id"])))
    yield from broken("P7", "answered confirmations lost", lost)
    delivered = log.answered("note")
    yield from broken("P7", "answered delivery notes lost", _absent(delivered, "note_id", notes))
    unlike = (ref for ref, told in delivered.items() if _differs(told, notes.get(told["note_id"])))
    yield from broken("P7", "delivery notes unlike their answer", unlike)
    files = {str(one) for one in world.bank_files}
    yield from broken("P7", "answered bank files lost", _absent(log.answered("bank-file"), "bank_file_id", files))
    yield from _invoices_last(world, log.answered("closing"))


def _confirmed(row: Any) -> bool:
    return row is not None and row.confirmed_on is not None


def _differs(told: Mapping[str, Any], row: Any) -> bool:
    return row is not None and (row.number != told["number"] or row.shipped_on is None)


def _absent(answers: Mapping[str, Mapping[str, Any]], name: str, found: Any) -> Iterator[str]:
    return (ref for ref, told in answers.items() if told[name] not in found)


def _invoices_last(world: World, closings: Mapping[str, Mapping[str, Any]]) -> Iterator[Violation]:
    invoices = {str(row.invoice_id): row for row in world.invoices}
    runs = {str(one) for one in world.runtimes["invoicing"].closing_runs}
    made = {ref: told for ref, told in closings.items() if told["run_id"] is not None}  # a rerun that found nothing
    yield from broken("P7", "answered closing runs lost", _absent(made, "run_id", runs))
    told = [invoice for run in closings.values() for invoice in run["invoices"]]
    yield from broken("P7", "answered invoices lost", (i["number"] for i in told if i["invoice_id"] not in invoices))
    unlike = (
        one["number"]
        for one in told
        if one["invoice_id"] in invoices
        and (invoices[one["invoice_id"]].number, invoices[one["invoice_id"]].total)
        != (one["number"], Decimal(one["total"]))
    )
    yield from broken("P7", "invoices unlike their answer", unlike)
