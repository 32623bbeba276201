"""An invoice's total split over its orders adds up to the unit (R24)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from invoicing.core.billable import Billable, OrderPoints, OrderSums
from invoicing.core.proposal import amounts_of
from invoicing.core.shares import share_over_orders, shares_of
from kernel.money import JPY, Money, total
from services.invoicing.tests.builders import TAXES, id_of, note, returned, yen


def test_one_order_owes_the_whole_invoice() -> None:
    shares = share_over_orders([note("DN1", order="A")], yen(1_099))

    assert [(share.order_id, share.amount) for share in shares] == [(id_of("A"), yen(1_099))]


def test_two_orders_owe_what_is_theirs_and_the_lost_yen_is_given_once() -> None:
    notes = [note("DN1", amounts={10: 105}, order="A"), note("DN2", amounts={10: 105}, order="B")]

    shares = share_over_orders(notes, yen(231))

    assert [share.amount for share in shares] == [yen(116), yen(115)]


def test_an_order_on_two_notes_has_one_share() -> None:
    notes = [note("DN1", amounts={10: 100}, order="A"), note("DN2", amounts={8: 100}, order="A")]

    assert [share.amount for share in share_over_orders(notes, yen(218))] == [yen(218)]


def test_payment_points_lower_the_share_of_their_order() -> None:
    notes = [note("DN1", amounts={10: 1_000}, points=300, order="A"), note("DN2", amounts={10: 1_000}, order="B")]

    assert [share.amount for share in share_over_orders(notes, yen(1_900))] == [yen(800), yen(1_100)]


def test_payment_points_of_a_note_over_two_orders_lower_the_share_of_the_one_they_name() -> None:
    first = note("DN1", amounts={10: 1_000}, points=300, order="A")
    both = replace(first, sums=(*first.sums, *of_order(first, "B")))
    named = replace(both, order_points=(OrderPoints(id_of("B"), yen(300)),))
    in_part = replace(both, order_points=(OrderPoints(id_of("B"), yen(100)),))

    def of_a_and_b(billable: Billable) -> list[Money]:
        return [share.amount for share in share_over_orders([billable], yen(1_900))]

    assert of_a_and_b(both) == [yen(950), yen(950)]
    assert of_a_and_b(named) == [yen(1_100), yen(800)]
    assert of_a_and_b(in_part) == [yen(1_000), yen(900)]


def test_a_return_alone_of_its_order_has_a_negative_share() -> None:
    notes = [note("DN1", amounts={10: 1_000}, order="A"), returned("RT1", amounts={10: 100})]

    assert [share.amount for share in share_over_orders(notes, yen(990))] == [yen(1_100), yen(-110)]


def test_what_came_back_is_told_apart_from_what_an_order_owes() -> None:
    notes = [note("DN1", amounts={10: 1_000}, order="A"), note("DN2", amounts={10: 500}, order="B")]
    back = [returned("RT1", amounts={10: 105}), returned("RT2", amounts={10: 200})]

    shares = share_over_orders([replace(back[0], sums=of_order(back[0], "A")), *notes, back[1]], yen(1_315))

    assert [(share.order_id, share.amount, share.returned) for share in shares] == [
        (id_of("A"), yen(985), yen(115)),
        (id_of("B"), yen(550), yen(0)),
        (id_of("order of RT2"), yen(-220), yen(220)),
    ]


def of_order(billable: Billable, order: str) -> tuple[OrderSums, ...]:
    return tuple(replace(one, order_id=id_of(order)) for one in billable.sums)


def test_fees_of_the_invoice_itself_are_spread_by_value() -> None:
    notes = [note("DN1", amounts={10: 1_000}, order="A"), note("DN2", amounts={10: 3_000}, order="B")]

    assert [share.amount for share in share_over_orders(notes, yen(4_840))] == [yen(1_210), yen(3_630)]


def test_without_an_order_there_are_no_shares() -> None:
    assert share_over_orders([], yen(1_000)) == ()


def test_a_note_alone_is_worth_what_its_orders_would_owe_of_it() -> None:
    assert [share.amount for share in shares_of(note("DN1", amounts={10: 105}, order="A"))] == [yen(115)]
    assert [share.amount for share in shares_of(returned("RT1", amounts={10: 100}))] == [yen(-110)]
    assert shares_of(note("DN1", amounts={})) == ()


amounts = st.dictionaries(st.sampled_from([0, 8, 10]), st.integers(0, 100_000), min_size=1)
notes = st.builds(
    lambda number, order, excluded, included, points, back: (
        returned(f"RT{number}", amounts=excluded)
        if back
        else note(f"DN{number}", amounts=excluded, inclusive=included, points=points, order=f"O{order}")
    ),
    st.integers(1, 10**6),
    st.integers(1, 5),
    amounts,
    amounts,
    st.integers(0, 500),
    st.booleans(),
)


@given(st.lists(notes, min_size=1, max_size=12), st.integers(-500, 500))
def test_shares_always_add_up_to_the_total(billables: list[Billable], fee: int) -> None:
    asked = amounts_of(billables, (), currency=JPY, rules=TAXES).total + yen(fee)

    shares = share_over_orders(billables, asked)

    assert total((share.amount for share in shares), JPY) == asked
    assert all(share.amount.is_whole for share in shares)


@given(st.lists(notes, min_size=1, max_size=8))
def test_without_fees_a_share_differs_from_its_own_gross_by_roundings_only(billables: list[Billable]) -> None:
    asked = amounts_of(billables, (), currency=JPY, rules=TAXES).total

    for share in share_over_orders(billables, asked):
        own = [one for one in billables if any(sums.order_id == share.order_id for sums in one.sums)]
        gross = amounts_of(own, (), currency=JPY, rules=TAXES).total
        assert abs((share.amount - gross).amount) <= 4
