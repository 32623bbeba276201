"""A data set on disk: the files of a demo folder, read once, as rows of text.

Everything that the replay will read is judged before anything is started, and all that is wrong is told at once: a
replay that stops after four minutes over a typing error in the last file helps nobody.

DataSetTrouble     a data set that cannot be replayed: which file, which row and column, why
"""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from suite.demo import shape

Row = dict[str, str]
_MOST_TOLD = 20
_NO_CONTENT = b" \r\n\t\x1a\xef\xbb\xbf"


class DataSetTrouble(Exception):
    """A data set that cannot be replayed; the text says which file and why."""


@dataclass(frozen=True)
class DataSet:
    """One folder in the shape of demo/wholesaler. Raises DataSetTrouble unless all of it can be read."""

    folder: Path

    def __post_init__(self) -> None:
        missing = [name for name in NEEDED if not (self.folder / name).is_file()]
        if missing:
            raise DataSetTrouble(f"{self.folder} lacks {', '.join(missing)}; the shape is described in its README.md")
        wrong = list(self._wrong())
        if wrong:
            more = [f"… and {len(wrong) - _MOST_TOLD} more"] if len(wrong) > _MOST_TOLD else []
            raise DataSetTrouble("\n".join([f"{self.folder} cannot be replayed:", *wrong[:_MOST_TOLD], *more]))

    def rows(self, name: str) -> list[Row]:
        """The rows of a CSV file; none when it is empty."""
        with (self.folder / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def bytes(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def has_rows(self, name: str) -> bool:
        """Whether there is anything below the header of a CSV file, in whatever encoding."""
        return len(self.bytes(name).strip(_NO_CONTENT).splitlines()) > 1

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8-sig"))

    @cached_property
    def maker(self) -> dict[str, Any]:
        return dict(self._json("maker.json"))

    @cached_property
    def expected(self) -> dict[str, Any]:
        return dict(self._json("expected.json"))

    @cached_property
    def expected_errors(self) -> dict[str, Any]:
        return dict(self._json("errors_expected.json"))

    @cached_property
    def expected_bank(self) -> dict[str, Any]:
        return dict(self._json("bank_lines_expected.json"))

    @property
    def closing_dates(self) -> list[str]:
        """The closing dates of the story, in order."""
        return [run["closing_date"] for run in self.expected["steps"]["5_closing_runs"]["runs"]]

    @cached_property
    def deliveries(self) -> dict[str, list[Row]]:
        """Rows of deliveries.csv by note key, in the order in which the notes are entered."""
        notes = grouped(self.rows("deliveries.csv"), "note_key")
        return dict(sorted(notes.items(), key=lambda note: note[1][0]["entered_on"]))

    @cached_property
    def note_charges(self) -> dict[str, list[Row]]:
        return grouped(self.rows("note_charges.csv"), "note_key")

    @cached_property
    def returns(self) -> dict[str, list[Row]]:
        return grouped(self.rows("returns.csv"), "return_key")

    def _wrong(self) -> Iterator[str]:
        for name, model in _MODELS.items():
            yield from _wrong_json(name, self.bytes(name), model)
        for name in shape.COLUMNS:
            yield from _wrong_csv(name, self.bytes(name))


def _wrong_json(name: str, content: bytes, model: type[BaseModel]) -> Iterator[str]:
    try:
        model.model_validate(json.loads(content.decode("utf-8-sig")))
    except UnicodeDecodeError as error:
        yield f"{name}: is not UTF-8 at byte {error.start}"
    except json.JSONDecodeError as error:
        yield f"{name}, line {error.lineno}, column {error.colno}: is not JSON: {error.msg}"
    except ValidationError as error:
        for one in error.errors(include_url=False):
            yield f"{name}, {'.'.join(map(str, one['loc'])) or 'all of it'}: {one['msg'].removeprefix('Value error, ')}"


def _wrong_csv(name: str, content: bytes) -> Iterator[str]:
    """Rows are counted as records, the header is row 1, as in the API's import reports."""
    try:
        table = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        yield f"{name}, row {row}: is not UTF-8 at byte {error.start}"
        return
    except csv.Error as error:
        yield f"{name}: is not CSV: {error}"
        return
    if not table:
        return
    header, *rows = table
    lacking = [column for column in shape.COLUMNS[name] if column not in header]
    if lacking:
        yield f"{name}, row 1: lacks the columns {', '.join(lacking)}"
        return
    for number, cells in enumerate(rows, start=2):
        yield from _wrong_row(f"{name}, row {number}", name, header, cells)


def _wrong_row(place: str, name: str, header: Sequence[str], cells: Sequence[str]) -> Iterator[str]:
    if not cells:  # a blank line is no row to csv.DictReader either
        return
    if len(cells) != len(header):
        yield f"{place}: has {len(cells)} columns, the header has {len(header)}"
        return
    row: Mapping[str, str] = dict(zip(header, cells, strict=True))
    for column, reason in shape.wrong_cells(name, row):
        yield f"{place}, column {column}: {reason}"


def grouped(rows: list[Row], column: str) -> dict[str, list[Row]]:
    """Rows by the value of a column, groups in order of first appearance."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return dict(groups)


_MODELS: Mapping[str, type[BaseModel]] = {
    "maker.json": shape.Maker,
    "expected.json": shape.Expected,
    "errors_expected.json": shape.ExpectedErrors,
    "bank_lines_expected.json": shape.ExpectedBank,
}

NEEDED = (
    *_MODELS,
    *shape.COLUMNS,
    "products.csv",
    "customers.csv",
    "delegations.csv",
    "product_customer_rates.csv",
    "nextengine_invoice.csv",
    "nextengine_ordinary.csv",
    "nextengine_errors.csv",
    "zengin_transfers.txt",
    "zengin_transfers_2.txt",
)
