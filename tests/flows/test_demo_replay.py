"""Data sets through the proxy: every figure of every step equals the oracle's, and one that does not is told."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from suite.demo.client import Api
from suite.demo.dataset import DataSet
from suite.demo.replay import exit_code, replay
from suite.demo.story import Story
from suite.places import ROOT
from tests.flows.small_set import write_small_set


@pytest.mark.timeout(900)
@pytest.mark.req(
    "CAT-051", "CAT-052", "ORD-060", "ORD-061", "ORD-063", "ORD-064", "ORD-065", "ORD-067", "ORD-077", "ORD-080"
)
@pytest.mark.req("INT-038", "INT-039", "INT-041", "INT-043", "INT-044", "INT-046", "INT-048", "INT-051", "INT-052")
@pytest.mark.req("INT-053", "INT-054", "INT-055", "INT-057", "FUL-061", "INV-060", "INV-061", "INV-062", "GEN-003")
@pytest.mark.req("PAY-012", "PAY-016", "PAY-031", "PAY-032", "PAY-039", "PAY-051", "PAY-053", "PAY-060")
def test_the_demo_data_set_replays_and_equals_the_oracle(operator: Api) -> None:
    story = _replayed(ROOT / "demo" / "wholesaler", operator)

    assert _differences(story) == []
    assert exit_code(story.steps) == 0


def test_another_data_set_of_the_same_shape_replays_and_equals_its_own_figures(operator: Api, small_set: Path) -> None:
    story = _replayed(small_set, operator)

    assert _differences(story) == []
    assert exit_code(story.steps) == 0


def test_one_wrong_expectation_is_told_as_exactly_that_difference(operator: Api, small_set: Path) -> None:
    told = {
        "expected.json": {
            '"customers": 2': '"customers": 3',
            '"fee": {"0": 0, "8": 0, "10": 0}': '"fee": {"0": 0, "8": 0, "10": 440}',
            '"late_notes": [], "shipped_quantity": 7': '"late_notes": ["N1"], "shipped_quantity": 7',
            '"due_date": "2027-03-10"': '"due_date": "2027-03-11"',
            '"billing_balance_after": 4389': '"billing_balance_after": 4388',
            '"overdue_at_2027_03_10": []': '"overdue_at_2027_03_10": ["2027-02-20/B2"]',
        },
        "bank_lines_expected.json": {'"decision": "auto"': '"decision": "suggest"'},
    }
    for name, changes in told.items():
        text = (small_set / name).read_text(encoding="utf-8")
        for right, wrong in changes.items():
            assert right in text
            text = text.replace(right, wrong, 1)
        (small_set / name).write_text(text, encoding="utf-8")

    story = _replayed(small_set, operator)

    assert _differences(story) == [
        "1_masters masters.customers: expected 3, got 2",
        "2_import orders.S1.fee.10: expected 440, got 0",
        "4_deliveries deliveries.late_notes: expected ['N1'], got []",
        "5_closing_runs invoices.2027-02-20/B2.due_date: expected '2027-03-11', got '2027-03-10'",
        "5_closing_runs invoices.2027-02-28/A1.billing_balance_after: expected 4388, got '4389'",
        "6_bank lines.L1.decision: expected 'suggest', got \"auto ['PAYER_KNOWN', 'ONE_INVOICE_OF_THAT_AMOUNT']\"",
        "6_bank overdue_at_2027_03_10: expected ['2027-02-20/B2'], got []",
    ]
    assert exit_code(story.steps) == 1


@pytest.fixture
def small_set(tmp_path: Path) -> Path:
    return write_small_set(tmp_path / "small")


def _replayed(folder: Path, operator: Api) -> Story:
    story = Story(DataSet(folder), operator, tell=lambda _: None)
    replay(story, Console(file=io.StringIO()))
    story.maker.close()
    return story


def _differences(story: Story) -> list[str]:
    return [
        f"{step.name} {one.where}: expected {one.expected!r}, got {one.actual!r}"
        for step in story.steps
        for one in step.differences
    ]
