"""Which requirements have a test that proves them: `docs/requirements.csv` against the `req` marks of all tests.

Tests are read, never imported, so the answer needs neither a database nor a broker.
"""

from __future__ import annotations

import ast
import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

ROOT: Final = Path(__file__).resolve().parents[3]
"""The repository this package lies in."""

_TEST_FOLDERS: Final = ("kernel", "contracts", "chassis", "deploy", "services", "tests")


class BadMarks(ValueError):
    """Marks that name unknown requirements or are not spelled out; tells file, line and what is wrong, all at once."""


class Report(TypedDict):
    """How many requirements there are, how many a test names, and which none names."""

    total: int
    tested: int
    missing: list[str]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One line of the requirement list; `out_of_scope` says why nothing need prove it."""

    id: str
    service: str
    title: str
    out_of_scope: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A requirement id as a test names it; without id when the argument is not a plain string."""

    requirement: str | None
    file: Path
    line: int


def report(prefixes: list[str], root: Path = ROOT) -> Report:
    """Counts over the requirements whose id starts with one of the prefixes (none given: all) and are in scope.

    Raises BadMarks when any test anywhere names an unknown requirement.
    """
    wanted = _in_scope(requirements(root), prefixes)
    named = proven(root)
    missing = [requirement.id for requirement in wanted if requirement.id not in named]
    return Report(total=len(wanted), tested=len(wanted) - len(missing), missing=missing)


def print_table(prefixes: list[str], root: Path = ROOT) -> None:
    """The report on standard output: one line per area and, when prefixes narrow it down, each missing requirement."""
    wanted, named = _in_scope(requirements(root), prefixes), proven(root)
    print(f"{'area':<6}{'total':>7}{'tested':>8}{'missing':>9}")
    for area in dict.fromkeys(requirement.id[:3] for requirement in wanted):
        _print_line(area, [requirement for requirement in wanted if requirement.id.startswith(area)], named)
    _print_line("all", wanted, named)
    if prefixes:
        for requirement in wanted:
            if requirement.id not in named:
                print(f"{requirement.id}  {requirement.title}")


def requirements(root: Path = ROOT) -> list[Requirement]:
    """Every requirement, in the order of the list."""
    with (root / "docs" / "requirements.csv").open(encoding="utf-8", newline="") as lines:
        return [
            Requirement(row["id"], row["service"], row["title"], row["out_of_scope"]) for row in csv.DictReader(lines)
        ]


def proven(root: Path = ROOT) -> frozenset[str]:
    """The requirements named by at least one test. Raises BadMarks."""
    known = {requirement.id for requirement in requirements(root)}
    named = list(marks(files_with_tests(root)))
    bad = [mark for mark in named if mark.requirement not in known]
    if bad:
        raise BadMarks("; ".join(f"{_place(mark, root)}: {mark.requirement or 'not a plain string'}" for mark in bad))
    return frozenset(mark.requirement for mark in named if mark.requirement is not None)


def files_with_tests(root: Path = ROOT) -> Iterator[Path]:
    """All test modules of the workspace."""
    for folder in _TEST_FOLDERS:
        for file in sorted((root / folder).rglob("test_*.py")):
            if "tests" in file.relative_to(root).parts:
                yield file


def marks(files: Iterable[Path]) -> Iterator[Mark]:
    """Every requirement id given to `pytest.mark.req(...)`, on functions, classes, modules and parameters."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"), str(file))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.req":
                for argument in node.args:
                    plain = isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                    yield Mark(ast.literal_eval(argument) if plain else None, file, argument.lineno)


def _in_scope(every: Iterable[Requirement], prefixes: Sequence[str]) -> list[Requirement]:
    starts = tuple(prefixes) or ("",)
    return [one for one in every if one.id.startswith(starts) and not one.out_of_scope]


def _place(mark: Mark, root: Path) -> str:
    return f"{mark.file.relative_to(root)}:{mark.line}"


def _print_line(area: str, wanted: Sequence[Requirement], named: frozenset[str]) -> None:
    done = sum(requirement.id in named for requirement in wanted)
    print(f"{area:<6}{len(wanted):>7}{done:>8}{len(wanted) - done:>9}")
