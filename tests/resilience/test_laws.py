"""Every law is silent on sound evidence and names the damage that its bug would leave."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from types import ModuleType
from uuid import uuid4

import pytest

from suite.chaos import rows
from suite.chaos.journal import Deed
from suite.chaos.laws import LAWS, Evidence, violations
from suite.chaos.topics import POISON_HEADER


def broken_promises(evidence: Evidence) -> set[str]:
    return {violation.promise for violation in violations(evidence)}


def test_sound_evidence_breaks_no_promise(sound: Evidence) -> None:
    assert violations(sound) == []


def test_no_evidence_at_all_breaks_no_promise(sound: Evidence) -> None:
    sound.world = rows.World(runtimes={name: rows.Runtime() for name in sound.world.runtimes})
    sound.log.deeds.clear()
    sound.parked_before = ()

    assert violations(sound) == []


def _stock_twice(evidence: Evidence) -> None:
    evidence.world.unshipped.append(replace(evidence.world.unshipped[0], line_id=uuid4()))


def _lose_the_unshipped(evidence: Evidence) -> None:
    evidence.world.stocked.pop()


def _stock_another_quantity(evidence: Evidence) -> None:
    first = evidence.world.unshipped[0]
    evidence.world.unshipped[0] = replace(first, ordered=first.ordered + 1)


def _stock_unconfirmed(evidence: Evidence) -> None:
    evidence.world.orders[0] = replace(evidence.world.orders[0], confirmed_on=None)


def _bill_twice(evidence: Evidence) -> None:
    evidence.world.sources.append(replace(evidence.world.sources[0], invoice_id=evidence.world.invoices[1].invoice_id))


def _leave_unbilled(evidence: Evidence) -> None:
    evidence.world.sources.pop()


def _charge_a_yen_more(evidence: Evidence) -> None:
    first = evidence.world.invoices[0]
    evidence.world.invoices[0] = replace(first, total=first.total + 1)


def _close_twice(evidence: Evidence) -> None:
    told = evidence.log.answered("closing")["0-0"]
    evidence.log.deeds.append(Deed("closing", "0-2", "k2", {}, told))


def _skip_a_number(evidence: Evidence) -> None:
    evidence.world.invoices[-1] = replace(evidence.world.invoices[-1], number="INV-0099")


def _alter_an_entry(evidence: Evidence) -> None:
    first, *others = evidence.world.books.entries
    evidence.world.books = replace(evidence.world.books, entries=(replace(first, amount=first.amount + 1), *others))


def _forget_the_balance(evidence: Evidence) -> None:
    evidence.world.books = replace(evidence.world.books, balances=evidence.world.books.balances[1:])


def _open_too_much(evidence: Evidence) -> None:
    first, *others = evidence.world.books.receivables
    items = (replace(first, open_amount=first.open_amount - 1), *others)
    evidence.world.books = replace(evidence.world.books, receivables=items)


def _import_again(evidence: Evidence) -> None:
    _answer_the_file(evidence)
    lines = evidence.world.books.bank_lines
    evidence.world.books = replace(evidence.world.books, bank_lines=(*lines, replace(lines[0], line_id=uuid4())))


def _take_twins_for_one(evidence: Evidence) -> None:
    _answer_the_file(evidence)
    evidence.world.books = replace(evidence.world.books, bank_lines=evidence.world.books.bank_lines[1:])


def _import_half_a_file(evidence: Evidence) -> None:
    evidence.world.books = replace(evidence.world.books, bank_lines=evidence.world.books.bank_lines[1:])


def _answer_the_file(evidence: Evidence) -> None:
    file_id = uuid4()
    evidence.world.bank_files.add(file_id)
    last = evidence.log.deeds.pop()
    evidence.log.deeds.append(replace(last, answer={"bank_file_id": str(file_id)}))


def _place_twice(evidence: Evidence) -> None:
    evidence.world.orders.append(replace(evidence.world.orders[0], order_id=uuid4(), confirmed_on=None, shipped=0))


def _lose_an_order(evidence: Evidence) -> None:
    evidence.world.orders.pop()


def _lose_a_note(evidence: Evidence) -> None:
    evidence.world.notes.pop()


def _lose_a_file(evidence: Evidence) -> None:
    _answer_the_file(evidence)
    evidence.world.bank_files.clear()


def _unconfirm(evidence: Evidence) -> None:
    _stock_unconfirmed(evidence)


def _lose_a_message(evidence: Evidence) -> None:
    evidence.world.records.pop(0)


def _publish_out_of_order(evidence: Evidence) -> None:
    """Issued and shipped of one note change places."""
    records = evidence.world.records
    issued, shipped = (at for at, one in enumerate(records) if one.topic == "fulfillment.events" and at in (2, 3))
    first, second = records[issued], records[shipped]
    records[issued] = replace(second, offset=first.offset)
    records[shipped] = replace(first, offset=second.offset)


def _publish_what_was_rolled_back(evidence: Evidence) -> None:
    ordering = evidence.world.runtimes["ordering"]
    evidence.world.runtimes["ordering"] = replace(ordering, copies=ordering.copies[1:])


def _never_apply(evidence: Evidence) -> None:
    fulfillment = evidence.world.runtimes["fulfillment"]
    evidence.world.runtimes["fulfillment"] = replace(fulfillment, inbox=frozenset())


def _stay_behind(evidence: Evidence) -> None:
    invoicing = evidence.world.runtimes["invoicing"]
    positions = {subject: last - 1 for subject, last in invoicing.positions.items()}
    evidence.world.runtimes["invoicing"] = replace(invoicing, positions=positions)


def _count_twice(evidence: Evidence) -> None:
    first = evidence.world.orders[0]
    evidence.world.orders[0] = replace(first, shipped=first.shipped * 2)


def _take_an_older_balance(evidence: Evidence) -> None:
    customer = uuid4()
    evidence.world.exposures.append(rows.ExposureRow(customer, Decimal(900), 1))
    headers = {"ce_id": str(uuid4()), "ce_type": "payments.balance-changed.v1", "ce_subject": "b", "ce_sequence": "2"}
    body = f'{{"bill_to_id": "{customer}", "sequence": 2, "balance": "100"}}'.encode()
    evidence.world.records.append(rows.Record("payments.events", 0, 9, "key", body, headers))


def _forget_poison(evidence: Evidence) -> None:
    fulfillment = evidence.world.runtimes["fulfillment"]
    evidence.world.runtimes["fulfillment"] = replace(fulfillment, parked=())


def _park_nothing(evidence: Evidence) -> None:
    evidence.parked_before = ()


def _park_a_good_one(evidence: Evidence) -> None:
    evidence.parked_before = [*evidence.parked_before, replace(evidence.parked_before[0], offset=3)]


def _park_without_reason(evidence: Evidence) -> None:
    evidence.parked_before = [replace(evidence.parked_before[0], error=None)]


def _park_another_body(evidence: Evidence) -> None:
    fulfillment = evidence.world.runtimes["fulfillment"]
    parked = tuple(replace(row, body=b"other") for row in fulfillment.parked)
    evidence.world.runtimes["fulfillment"] = replace(fulfillment, parked=parked)


def _answer_500(evidence: Evidence) -> None:
    evidence.log.errors.append("order-R00000-1")


def _leave_the_outbox_full(evidence: Evidence) -> None:
    evidence.world.runtimes["payments"] = replace(evidence.world.runtimes["payments"], outbox=1)


def _leave_lag(evidence: Evidence) -> None:
    evidence.world.lag["ordering payments.events"] = 3


DAMAGES: list[tuple[str, Callable[[Evidence], None]]] = [
    ("P1", _stock_twice),
    ("P1", _lose_the_unshipped),
    ("P1", _stock_another_quantity),
    ("P1", _stock_unconfirmed),
    ("P2", _bill_twice),
    ("P2", _leave_unbilled),
    ("P2", _charge_a_yen_more),
    ("P2", _close_twice),
    ("P3", _skip_a_number),
    ("P4", _alter_an_entry),
    ("P4", _forget_the_balance),
    ("P4", _open_too_much),
    ("P5", _import_again),
    ("P5", _take_twins_for_one),
    ("P5", _import_half_a_file),
    ("P6", _place_twice),
    ("P7", _lose_an_order),
    ("P7", _lose_a_note),
    ("P7", _lose_a_file),
    ("P7", _unconfirm),
    ("P8", _lose_a_message),
    ("P8", _publish_out_of_order),
    ("P8", _publish_what_was_rolled_back),
    ("P9", _never_apply),
    ("P9", _stay_behind),
    ("P9", _count_twice),
    ("P9", _take_an_older_balance),
    ("P10", _forget_poison),
    ("P10", _park_nothing),
    ("P10", _park_a_good_one),
    ("P10", _park_without_reason),
    ("P10", _park_another_body),
    ("P13", _answer_500),
    ("DRAIN", _leave_the_outbox_full),
    ("DRAIN", _leave_lag),
]


@pytest.mark.parametrize(("promise", "damage"), DAMAGES, ids=[damage.__name__.strip("_") for _, damage in DAMAGES])
def test_every_planted_damage_breaks_its_promise(
    sound: Evidence, promise: str, damage: Callable[[Evidence], None]
) -> None:
    damage(sound)

    assert promise in broken_promises(sound)


def test_every_promise_has_a_damage_that_breaks_it() -> None:
    assert {promise for promise, _ in DAMAGES} == LAWS.keys()


def test_a_file_whose_answer_is_unknown_may_be_there_whole_or_not_at_all(sound: Evidence) -> None:
    assert "P5" not in broken_promises(sound)

    sound.world.books = replace(
        sound.world.books,
        bank_lines=(),
        entries=tuple(entry for entry in sound.world.books.entries if entry.kind != "bank_line"),
    )

    assert broken_promises(sound) == set()


def test_a_record_sent_twice_is_no_violation_where_its_first_occurrence_stands_right(sound: Evidence) -> None:
    records = sound.world.records
    records.append(replace(records[0], offset=500))

    assert violations(sound) == []


def test_poison_sent_twice_is_parked_once(sound: Evidence) -> None:
    poison = next(record for record in sound.world.records if POISON_HEADER in record.headers)
    sound.world.records.append(replace(poison, offset=poison.offset + 1))

    assert violations(sound) == []


def test_poison_without_an_id_is_parked_each_time_it_comes(sound: Evidence) -> None:
    poison = next(record for record in sound.world.records if POISON_HEADER in record.headers)
    headers = {name: value for name, value in poison.headers.items() if name != "ce_id"}
    sound.world.records.append(replace(poison, offset=poison.offset + 1, headers=headers))

    assert broken_promises(sound) == {"P10"}


def test_transactions_that_ran_side_by_side_may_be_published_either_way(sound: Evidence) -> None:
    """Neither saw the other: no order was promised, the subjects differ."""
    ordering = sound.world.runtimes["ordering"]
    first, second, *others = ordering.copies
    xid = int(first.xid)
    blind = [replace(one, snapshot=f"{xid}:{xid + 2}:{first.xid},{second.xid}") for one in (first, second)]
    sound.world.runtimes["ordering"] = replace(ordering, copies=(*blind, *others))
    at = [
        n
        for n, one in enumerate(sound.world.records)
        if one.topic == "ordering.events" and POISON_HEADER not in one.headers
    ]
    one, other = sound.world.records[at[0]], sound.world.records[at[1]]
    sound.world.records[at[0]], sound.world.records[at[1]] = (
        replace(other, offset=one.offset),
        replace(one, offset=other.offset),
    )

    assert "P8" not in broken_promises(sound)


def test_a_held_order_that_is_not_repaired_yet_needs_no_unshipped_skus(builders: ModuleType) -> None:
    evidence: Evidence = builders.sound_evidence(12)
    held = next(order for order in evidence.trade.orders if order.held)
    order_id = builders.id_of("order", held.ref)
    evidence.world.stocked = [row for row in evidence.world.stocked if row.order_id != order_id]
    evidence.world.unshipped = [row for row in evidence.world.unshipped if row.order_id != order_id]

    assert "P1" in broken_promises(evidence)
    evidence.repaired = False
    assert "P1" not in broken_promises(evidence)


def test_rounds_are_months_that_follow_each_other() -> None:
    from suite.chaos.trade import days_of

    assert [days_of(at).closed for at in (0, 6, 7)] == [date(2024, 6, 30), date(2024, 12, 31), date(2025, 1, 31)]
