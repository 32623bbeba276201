"""What the demo tells at its end, whatever became of its steps: one JSON line, an exit code, a message."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from suite.cli import main
from suite.demo.client import Api, ApiRefused
from suite.demo.compare import Step
from suite.demo.dataset import DataSet
from suite.demo.replay import Chapter, exit_code, replay, report
from suite.demo.story import Story
from suite.places import ROOT

_STEPS = ("1_masters", "2_import", "3_order_confirmations", "4_deliveries", "5_closing_runs", "6_bank")


@pytest.fixture
def story() -> Story:
    """A story whose chapters are the test's own: nothing is called."""
    return Story(DataSet(ROOT / "demo" / "wholesaler"), Api("http://127.0.0.1:9"), tell=lambda _: None)


def chapter(*names: str, deed: Callable[[list[Step]], object] = len) -> Chapter:
    """Begins these steps and does something to them."""

    def told(story: Story) -> object:
        return deed([story.begin(name) for name in names])

    return told


def replayed(story: Story, *chapters: Chapter) -> str:
    """What the screen says."""
    screen = io.StringIO()
    replay(story, Console(file=screen, width=300), chapters)
    return screen.getvalue()


def test_the_report_has_the_documented_shape(story: Story) -> None:
    replayed(story, *map(chapter, _STEPS))

    told = json.loads(json.dumps(report(story.steps, 1.5), ensure_ascii=False))

    assert told.keys() == {"ok", "steps", "seconds", "versions"}
    assert (told["ok"], told["seconds"]) == (True, 1.5)
    assert [step["name"] for step in told["steps"]] == list(_STEPS)
    for step in told["steps"]:
        assert step.keys() >= {"name", "ok", "expected", "actual", "differences"}
        assert step["ok"] is True
    assert told["steps"][2]["expected"]["confirmed"] == 453
    assert told["versions"].keys() >= {"oroshi", "python", "pydantic"}
    assert exit_code(story.steps) == 0


def test_one_figure_that_differs_is_told_and_fails_the_run(story: Story) -> None:
    def one_yen_less(steps: list[Step]) -> None:
        steps[0].check("closing_runs", steps[0].expected, {**steps[0].expected, "invoiced": 57_126_227})

    screen = replayed(story, *map(chapter, _STEPS[:4]), chapter(_STEPS[4], deed=one_yen_less), chapter(_STEPS[5]))

    [wrong] = [step for step in report(story.steps, 0.0)["steps"] if not step["ok"]]
    assert wrong["name"] == "5_closing_runs"
    assert wrong["differences"] == [
        {"where": "closing_runs.invoiced", "expected": 57_126_228, "actual": 57_126_227}
    ]
    assert report(story.steps, 0.0)["ok"] is False
    assert exit_code(story.steps) == 1
    assert "✗ 1 differences 5_closing_runs" in screen
    assert "closing_runs.invoiced: expected 57126228, got 57126227" in screen


@pytest.mark.parametrize(
    "error", [KeyError("INV-1"), ValueError("bad"), TypeError("none"), TimeoutError("not quiet"), ZeroDivisionError("0")]
)
def test_a_step_that_breaks_keeps_what_it_found_and_ends_the_story(story: Story, error: Exception) -> None:
    def breaks(steps: list[Step]) -> None:
        steps[0].check("masters.skus", 707, 706)
        raise error

    replayed(story, chapter(_STEPS[0], deed=breaks), chapter(_STEPS[1]))

    [told] = report(story.steps, 0.0)["steps"]
    assert [one["where"] for one in told["differences"]] == ["masters.skus", "told"]
    assert type(error).__name__ in told["differences"][1]["actual"]
    assert exit_code(story.steps) == 1


def test_a_suite_that_is_not_there_is_a_difference_too(story: Story) -> None:
    def call(_: list[Step]) -> None:
        story.operator.get("/v1/makers")

    replayed(story, chapter(_STEPS[0], deed=call))

    assert "ConnectError" in report(story.steps, 0.0)["steps"][0]["differences"][0]["actual"]


def test_steps_that_were_never_begun_fail_the_run(story: Story) -> None:
    replayed(story, *map(chapter, _STEPS[:5]))

    assert all(step.ok for step in story.steps)
    assert (exit_code(story.steps), report(story.steps, 0.0)["ok"]) == (1, False)


@pytest.mark.parametrize("name", ["maker.json", "returns.csv"])
def test_the_command_names_what_is_wrong_with_a_data_set_before_it_starts_anything(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    for file in (ROOT / "demo" / "wholesaler").iterdir():
        (tmp_path / file.name).write_bytes(b"{" if file.name == name else file.read_bytes())
    monkeypatch.setattr("sys.argv", ["oroshi", "demo", "--data", str(tmp_path), "--home", str(tmp_path / "home")])

    with pytest.raises(SystemExit) as end:
        main()

    assert end.value.code == 1
    assert name in capsys.readouterr().err
    assert not (tmp_path / "home").exists()
