"""The list of requirements, and the marks by which tests say what they prove."""

from __future__ import annotations

from pathlib import Path

import pytest

from suite import reqs

COUNTS = {"GEN": 20, "CAT": 61, "CUS": 84, "ORD": 54, "FUL": 42, "INV": 109, "PAY": 45, "INT": 48, "CON": 38}
"""How many requirements each area has."""

TEST = """
import pytest
pytestmark = pytest.mark.req("AAA-001")

class TestIt:
    @pytest.mark.req("AAA-002", "BBB-001")
    async def test_it(self): ...

@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.req("BBB-002"))])
def test_x(x): ...
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small repository with six requirements, one of them out of scope, and one test file."""
    (tmp_path / "docs").mkdir()
    lines = [
        "id,service,title,out_of_scope",
        *[f"{area}-00{n},x,Title,{''}" for area in ("AAA", "BBB") for n in (1, 2, 3)],
    ]
    lines[-1] = 'BBB-003,x,"Title, long",not ours'
    (tmp_path / "docs" / "requirements.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    _write(tmp_path, TEST)
    return tmp_path


def _write(repository: Path, text: str) -> None:
    file = repository / "services" / "x" / "tests" / "core" / "test_it.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_the_list_names_each_requirement_once_with_a_title() -> None:
    listed = reqs.requirements()

    ids = [requirement.id for requirement in listed]
    assert {area: sum(id_.startswith(area) for id_ in ids) for area in COUNTS} == COUNTS
    assert len(ids) == len(set(ids)) == 501
    assert all(requirement.title and requirement.service for requirement in listed)


def test_every_mark_of_the_workspace_names_a_requirement() -> None:
    report = reqs.report([])

    assert report["total"] == report["tested"] + len(report["missing"])
    assert report["tested"] > 0


def test_marks_on_modules_classes_functions_and_parameters_count(repository: Path) -> None:
    assert reqs.report([], repository) == {"total": 5, "tested": 4, "missing": ["AAA-003"]}


def test_prefixes_narrow_the_report_down(repository: Path) -> None:
    assert reqs.report(["BBB", "AAA-003"], repository) == {"total": 3, "tested": 2, "missing": ["AAA-003"]}


def test_a_mark_of_an_unknown_requirement_is_an_error_that_says_where(repository: Path) -> None:
    _write(repository, 'import pytest\n@pytest.mark.req("AAA-001",\n "AAA-999")\ndef test_x(): ...\n')

    with pytest.raises(reqs.BadMarks, match=r"services/x/tests/core/test_it\.py:3: AAA-999"):
        reqs.report(["BBB"], repository)


def test_a_mark_that_is_not_spelled_out_is_an_error(repository: Path) -> None:
    _write(repository, "import pytest\nIDS = ['AAA-001']\n@pytest.mark.req(*IDS)\ndef test_x(): ...\n")

    with pytest.raises(reqs.BadMarks, match="not a plain string"):
        reqs.report([], repository)


def test_the_table_shows_areas_and_the_missing_requirements_of_a_prefix(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reqs.print_table(["AAA"], repository)

    assert capsys.readouterr().out.splitlines() == [
        "area    total  tested  missing",
        "AAA         3       2        1",
        "all         3       2        1",
        "AAA-003  Title",
    ]
