"""Real trials: a whole suite under faults, and every planted bug found by its law."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from suite.chaos.campaign import Asked, Trial, carry_out, fresh_suite, judge, plant
from suite.chaos.laws import Violation
from suite.chaos.plants import PLANTS

_SEED = 20_260
_CAMPAIGN = tuple(range(1, 31))


@pytest.fixture(scope="module")
def verdict() -> Iterator[tuple[Trial, list[Violation]]]:
    """One short trial, all in one process per service; the suite still runs while the tests look at it."""
    with fresh_suite(Asked(_SEED, orders=24, seconds=45.0, split=False), print) as trial:
        yield trial, carry_out(trial)


@pytest.mark.timeout(1_200)
def test_every_promise_holds_while_everything_is_killed_and_paused(verdict: tuple[Trial, list[Violation]]) -> None:
    trial, found = verdict

    assert found == []
    assert trial.evidence is not None
    assert trial.reads > 10
    assert len(trial.evidence.world.orders) == 24
    assert len(trial.evidence.world.invoices) > 0
    assert len(trial.evidence.parked_before) > 2


@pytest.mark.timeout(300)
@pytest.mark.parametrize("promise", PLANTS)
def test_a_planted_bug_turns_its_promise_red(verdict: tuple[Trial, list[Violation]], promise: str) -> None:
    """Bugs are planted one after the other into the same suite, so what counts is the violation that is new."""
    trial, _ = verdict
    before = judge(trial)

    plant(trial, promise)

    assert promise in {violation.promise for violation in judge(trial) if violation not in before}


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("seed", _CAMPAIGN)
def test_every_promise_holds_in_a_campaign_of_thirty_trials(seed: int) -> None:
    """Half of them with a process per role; 0 failures in 30 is under 10 % per trial at 95 % (rule of three)."""
    with fresh_suite(Asked(seed, orders=200, seconds=180.0, split=bool(seed % 2)), print) as trial:
        assert carry_out(trial) == []
