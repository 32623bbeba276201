"""P8 every committed outbox row reaches its topic in order; P9 effects in order, once; P10 poison parked, no more."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from suite.chaos.laws.evidence import Evidence, Violation, broken
from suite.chaos.rows import CopyRow, Record, World
from suite.chaos.topics import EVENTS, POISON_HEADER, TYPES, owner_of
from suite.chaos.trade import HELD_PREFIX

_CONFIRMED = "ordering.order-confirmed.v1"
_SHIPPED = "fulfillment.delivery-note-shipped.v1"
_INVOICED = "invoicing.invoice-issued.v1"
_ALLOCATED = "payments.payment-allocated.v1"
_BALANCE = "payments.balance-changed.v1"


def all_through(evidence: Evidence) -> Iterator[Violation]:
    """Outboxes are empty, lag is 0 and every process is back."""
    world = evidence.world
    left = (f"{service}: {one.outbox}" for service, one in world.runtimes.items() if one.outbox)
    yield from broken("DRAIN", "outboxes not empty", left)
    yield from broken("DRAIN", "messages not dealt with", (f"{place}: {n}" for place, n in world.lag.items()))
    yield from broken("DRAIN", "processes that did not come back", evidence.left_behind)


def published_in_order(evidence: Evidence) -> Iterator[Violation]:
    """P8, against the copies that a trigger made in the announcing transactions."""
    first = _first_occurrences(evidence.world.records)
    copied: set[UUID] = set()
    for service, runtime in evidence.world.runtimes.items():
        copied |= {copy.event_id for copy in runtime.copies}
        missing = (f"{c.topic} {c.event_id}" for c in runtime.copies if c.event_id not in first)
        yield from broken("P8", f"committed messages of {service} that are in no topic", missing)
        yield from broken(
            "P8", f"messages of {service} before one committed earlier", _inversions(runtime.copies, first)
        )
    phantoms = (f"{record.topic} {event_id}" for event_id, record in first.items() if event_id not in copied)
    yield from broken("P8", "messages in a topic that nobody committed", phantoms)
    yield from broken("P8", "subjects with a gap or inversion in their topic", _gaps(first.values()))
    yield from broken(
        "P8", "subjects shorter in their topic than at their owner", _short(evidence.world, first.values())
    )


def _first_occurrences(records: Iterable[Record]) -> dict[UUID, Record]:
    """By event id; poison of the harness is left out. Records come by offset."""
    first: dict[UUID, Record] = {}
    for record in records:
        if record.event_id is not None and POISON_HEADER not in record.headers:
            first.setdefault(record.event_id, record)
    return first


def _inversions(copies: Iterable[CopyRow], first: Mapping[UUID, Record]) -> Iterator[str]:
    """Pairs of one key where the later record was surely committed first: the earlier one's snapshot saw it."""
    by_key: dict[tuple[str, str], list[CopyRow]] = defaultdict(list)
    for copy in copies:
        if copy.event_id in first:
            by_key[copy.topic, copy.key].append(copy)
    for (topic, key), theirs in by_key.items():
        theirs.sort(key=lambda copy: first[copy.event_id].offset)
        for at, earlier in enumerate(theirs):
            if any(_committed_before(later, earlier) for later in theirs[at + 1 :]):
                yield f"{topic} {key} {earlier.event_id}"


def _committed_before(one: CopyRow, other: CopyRow) -> bool:
    """Whether `one` was committed when `other` was written, or stands before it in the same transaction."""
    if one.xid == other.xid:
        return one.seq < other.seq
    least, most, running = other.snapshot.split(":")
    xid = int(one.xid)
    return xid < int(least) or (xid < int(most) and one.xid not in running.split(","))


def _gaps(first: Iterable[Record]) -> Iterator[str]:
    reached: dict[tuple[str, str], int] = defaultdict(int)
    for record in first:
        if record.topic in EVENTS:
            subject = (record.topic, record.subject)
            if record.sequence != reached[subject] + 1:
                yield f"{record.topic} {record.subject} #{record.sequence} after #{reached[subject]}"
            reached[subject] = record.sequence


def _longest(records: Iterable[Record]) -> dict[tuple[str, str], int]:
    longest: dict[tuple[str, str], int] = {}
    for record in records:
        if record.topic in EVENTS:
            subject = (record.topic, record.subject)
            longest[subject] = max(record.sequence, longest.get(subject, 0))
    return longest


def _short(world: World, first: Iterable[Record]) -> Iterator[str]:
    longest = _longest(first)
    for topic in EVENTS:
        for (where, subject), last in world.runtimes[owner_of(topic)].sequences.items():
            if where == topic and longest.get((topic, subject), 0) != last:
                yield f"{topic} {subject}"


def applied_once(evidence: Evidence) -> Iterator[Violation]:
    """P9: what each service holds is what its events say, folded in order, each once."""
    world = evidence.world
    events = [record for record in _first_occurrences(world.records).values() if record.topic in EVENTS]
    held = {row.place for row in _parked(world)}
    yield from _recorded(world, events, held)
    told = [(record, _body(record)) for record in events]
    yield from _shipped(world, told)
    yield from _invoiced(world, told)
    yield from _paid(world, told)


def _recorded(world: World, events: list[Record], held: set[tuple[str, str, int, int]]) -> Iterator[Violation]:
    longest = _longest(events)
    for service, runtime in world.runtimes.items():
        mine = [one for one in events if service in TYPES.get(one.type, ())]
        missing = (f"{one.type} {one.event_id}" for one in mine if one.event_id not in runtime.inbox)
        yield from broken("P9", f"messages that {service} never dealt with", missing)
        blocked = {(topic, one.subject) for one in events for topic in [one.topic] if (service, *_at(one)) in held}
        short = (
            f"{topic} {subject}"
            for (topic, subject), last in longest.items()
            if service in EVENTS[topic]
            and (topic, subject) not in blocked
            and runtime.positions.get((topic, subject), 0) != last
        )
        yield from broken("P9", f"subjects whose last message {service} has not reached", short)


def _at(record: Record) -> tuple[str, int, int]:
    return (record.topic, record.partition, record.offset)


_Told = list[tuple[Record, dict[str, Any]]]


def _of(told: _Told, type_: str) -> Iterator[tuple[Record, dict[str, Any]]]:
    return ((record, body) for record, body in told if record.type == type_)


def _body(record: Record) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(record.value or b"{}")
    return body


def _shipped(world: World, told: _Told) -> Iterator[Violation]:
    pieces: dict[str, int] = defaultdict(int)
    for _, body in _of(told, _SHIPPED):
        for line in body["lines"]:
            pieces[line["order_id"]] += line["quantity"]
    wrong = (row.number for row in world.orders if row.shipped != pieces[str(row.order_id)])
    yield from broken("P9", "orders whose shipped pieces are not what the notes shipped", wrong)


def _invoiced(world: World, told: _Told) -> Iterator[Violation]:
    totals = {body["invoice_id"]: Decimal(body["total"]) for _, body in _of(told, _INVOICED)}
    items = {str(row.invoice_id): row.total for row in world.books.receivables}
    yield from broken("P9", "invoices that payments does not hold as issued", _unlike(totals, items))
    holder = {s["source_id"]: b["invoice_id"] for _, b in _of(told, _INVOICED) for s in b["sources"]}
    notes = {str(row.note_id): str(row.invoice_id) for row in world.notes if row.invoice_id}
    yield from broken("P9", "notes that fulfillment does not hold as invoiced", _unlike(holder, notes))


def _paid(world: World, told: _Told) -> Iterator[Violation]:
    still_open: dict[str, Decimal] = {str(row.invoice_id): row.total for row in world.invoices}
    balances: dict[str, tuple[int, Decimal]] = {}
    for record, body in sorted(told, key=lambda one: one[0].sequence):
        if record.type == _ALLOCATED:
            still_open[body["invoice_id"]] = Decimal(body["open_amount"])
        if record.type == _BALANCE:
            newest = max(balances.get(body["bill_to_id"], (0, Decimal())), _balance(body))
            balances[body["bill_to_id"]] = newest
    invoices = {str(row.invoice_id): row.open_amount for row in world.invoices}
    yield from broken("P9", "invoices not as open as payments told last", _unlike(still_open, invoices))
    posted = {str(row.customer_id): (row.posted_sequence, row.posted_amount) for row in world.exposures}
    known = {customer: newest for customer, newest in balances.items() if customer in posted}
    wrong = (customer for customer, newest in known.items() if posted[customer] != newest)
    yield from broken("P9", "customers whose exposure is not the balance told last", wrong)


def _balance(body: Mapping[str, Any]) -> tuple[int, Decimal]:
    return (int(body["sequence"]), Decimal(body["balance"]))


def _unlike(wanted: Mapping[str, object], found: Mapping[str, object]) -> Iterator[str]:
    return (key for key in wanted.keys() | found.keys() if wanted.get(key) != found.get(key))


def poison_parked(evidence: Evidence) -> Iterator[Violation]:
    """P10: before the repair exactly the poison and the held orders are parked; after it the poison alone."""
    poison, held = _poison(evidence.world), _held(evidence.world)
    before = {row.place: row for row in evidence.parked_before}
    after = {row.place: row for row in _parked(evidence.world)}
    yield from broken("P10", "poison or held messages not parked", (poison | held) - before.keys())
    yield from broken(
        "P10", "messages parked that were good", (_why(before[one]) for one in before.keys() - poison - held)
    )
    silent = (row.place for row in before.values() if not row.error or (row.reason == "failed" and not row.stack))
    yield from broken("P10", "parked without reason or stack", silent)
    altered = (one for one in poison & after.keys() if not _kept_whole(evidence.world, one, after[one].body))
    yield from broken("P10", "parked with another body than was sent", altered)
    if evidence.repaired:
        yield from broken("P10", "poison no longer parked", poison - after.keys())
        yield from broken("P10", "messages parked after the replay", (_why(after[o]) for o in after.keys() - poison))


def _why(row: Any) -> str:
    return f"{row.service} {row.reason} {row.type} {row.topic}[{row.partition}]@{row.offset} {(row.error or '')[:200]}"


def _parked(world: World) -> list[Any]:
    return [row for runtime in world.runtimes.values() for row in runtime.parked]


def _poison(world: World) -> set[tuple[str, str, int, int]]:
    """Where poison must be parked: with those who listen to the type, and without an id with all who read the topic.

    Poison that a duplicate repeats is known by its id and parked once; without one it is parked each time.
    """
    places: dict[object, set[tuple[str, str, int, int]]] = {}
    for record in world.records:
        if POISON_HEADER in record.headers:
            services = _concerned(record) if record.event_id else EVENTS[record.topic]
            places.setdefault(record.event_id or _at(record), {(service, *_at(record)) for service in services})
    return {place for found in places.values() for place in found}


def _concerned(record: Record) -> tuple[str, ...]:
    return TYPES[record.type.rpartition(".")[0] + ".v1"]


def _held(world: World) -> set[tuple[str, str, int, int]]:
    """Confirmations that meet the planted defect."""
    return {
        ("fulfillment", record.topic, record.partition, record.offset)
        for record in _first_occurrences(world.records).values()
        if record.type == _CONFIRMED and _body(record)["number"].startswith(HELD_PREFIX)
    }


def _kept_whole(world: World, place: tuple[str, str, int, int], body: bytes | None) -> bool:
    return any(one.value == body for one in world.records if _at(one) == place[1:])
