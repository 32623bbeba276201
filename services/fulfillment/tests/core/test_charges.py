"""Order charges: stocked once, held by one note at a time."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fulfillment.core.charges import (
    ChargesReleased,
    ChargesTaken,
    OrderCharges,
    evolve,
    free_charges,
    release,
    take,
)
from fulfillment.core.parts import NoteId
from kernel.refusal import Refusal
from services.fulfillment.tests.builders import a_charge, an_id, an_order, the_charges

SHIPPING, FEE, POINTS = a_charge(11), a_charge(12, "fee", "220"), a_charge(13, "payment_points", "-300", None)
FIRST, SECOND = NoteId(an_id(501)), NoteId(an_id(502))


def stocked() -> OrderCharges:
    return the_charges(an_order(), SHIPPING, FEE, POINTS)


@pytest.mark.req("FUL-060", "FUL-063")
def test_the_first_note_takes_all_and_the_second_finds_none() -> None:
    charges = stocked()
    taken = take(charges, free_charges(charges), note_id=FIRST)
    assert taken == ChargesTaken(charges.order_id, FIRST, (SHIPPING.charge_id, FEE.charge_id, POINTS.charge_id))
    assert free_charges(evolve(charges, taken)) == ()


@pytest.mark.req("FUL-061")
def test_a_charge_on_one_note_cannot_go_on_another() -> None:
    charges = evolve(stocked(), ChargesTaken(an_order().order_id, FIRST, (FEE.charge_id,)))
    facts = {"order": "W-100", "charge": "fee", "rate": "10", "note_id": str(FIRST)}
    refused = take(charges, (SHIPPING.charge_id, FEE.charge_id), note_id=SECOND)
    assert refused == (Refusal("FEE_ALREADY_USED", facts, value=str(FEE.charge_id)),)


@pytest.mark.req("FUL-061")
def test_a_deleted_draft_gives_its_charges_back_and_no_others() -> None:
    charges = evolve(stocked(), ChargesTaken(an_order().order_id, FIRST, (FEE.charge_id,)))
    charges = evolve(charges, ChargesTaken(an_order().order_id, SECOND, (POINTS.charge_id,)))
    released = release(charges, FIRST)
    assert released == ChargesReleased(charges.order_id, (FEE.charge_id,))
    assert free_charges(evolve(charges, released)) == (SHIPPING.charge_id, FEE.charge_id)


class ThreeCharges(RuleBasedStateMachine):
    """Whatever notes take and give back, each charge has at most one holder, and always the one that took it."""

    def __init__(self) -> None:
        super().__init__()
        self.charges = stocked()
        self.holders: dict[object, NoteId] = {}

    @rule(note=st.sampled_from([FIRST, SECOND]), wanted=st.sets(st.sampled_from([SHIPPING, FEE, POINTS])))
    def take(self, note: NoteId, wanted: set[object]) -> None:
        ids = [charge.charge_id for charge in (SHIPPING, FEE, POINTS) if charge in wanted]
        outcome = take(self.charges, ids, note_id=note)
        assert isinstance(outcome, ChargesTaken) is not any(charge_id in self.holders for charge_id in ids)
        if isinstance(outcome, ChargesTaken):
            self.charges = evolve(self.charges, outcome)
            self.holders |= dict.fromkeys(ids, note)

    @rule(note=st.sampled_from([FIRST, SECOND]))
    def give_back(self, note: NoteId) -> None:
        self.charges = evolve(self.charges, release(self.charges, note))
        self.holders = {charge: holder for charge, holder in self.holders.items() if holder != note}

    @invariant()
    def each_has_its_one_holder(self) -> None:
        held = {c.charge_id: c.taken_by for c in self.charges.charges.values() if c.taken_by is not None}
        assert held == self.holders


TestThreeCharges = ThreeCharges.TestCase
