"""The demo data set through the proxy: every figure of every step equals the independent oracle's."""

from __future__ import annotations

import pytest

from suite.demo import steps
from suite.demo.client import Api
from suite.demo.compare import Step
from suite.demo.dataset import DataSet
from suite.demo.story import Story
from suite.places import ROOT
from tests.flows.running import Suite

_CHAPTERS = (steps.masters, steps.orders, steps.confirmations, steps.deliveries_and_closings, steps.bank)


@pytest.mark.timeout(900)
@pytest.mark.req(
    "CAT-051", "CAT-052", "ORD-060", "ORD-061", "ORD-063", "ORD-064", "ORD-065", "ORD-067", "ORD-077", "ORD-080"
)
@pytest.mark.req("INT-038", "INT-039", "INT-041", "INT-043", "INT-044", "INT-046", "INT-048", "INT-051", "INT-052")
@pytest.mark.req("INT-053", "INT-054", "INT-055", "INT-057", "FUL-061", "INV-060", "INV-061", "INV-062", "GEN-003")
@pytest.mark.req("PAY-012", "PAY-016", "PAY-031", "PAY-032", "PAY-039", "PAY-051", "PAY-053", "PAY-060")
def test_the_demo_data_set_replays_and_equals_the_oracle(suite: Suite, operator: Api) -> None:
    story = Story(DataSet(ROOT / "demo" / "wholesaler"), operator, tell=lambda _: None)

    done = [step for chapter in _CHAPTERS for step in chapter(story)]

    story.maker.close()
    assert _differences(done) == []
    assert len(done) == 6


def _differences(done: list[Step]) -> list[str]:
    return [
        f"{step.name} {one.where}: expected {one.expected!r}, got {one.actual!r}"
        for step in done
        for one in step.differences
    ]
