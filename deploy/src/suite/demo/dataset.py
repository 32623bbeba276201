"""A data set on disk: the files of a demo folder, read once, as rows of text."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

Row = dict[str, str]


class DataSetTrouble(Exception):
    """A data set that cannot be replayed; the text says which file and why."""


@dataclass(frozen=True)
class DataSet:
    """One folder in the shape of demo/wholesaler."""

    folder: Path

    def __post_init__(self) -> None:
        missing = [name for name in NEEDED if not (self.folder / name).is_file()]
        if missing:
            raise DataSetTrouble(f"{self.folder} lacks {', '.join(missing)}; the shape is described in its README.md")

    def rows(self, name: str) -> list[Row]:
        with (self.folder / name).open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def bytes(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

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
        """Rows of deliveries.csv by note key, in file order."""
        return grouped(self.rows("deliveries.csv"), "note_key")

    @cached_property
    def note_charges(self) -> dict[str, list[Row]]:
        return grouped(self.rows("note_charges.csv"), "note_key")

    @cached_property
    def returns(self) -> dict[str, list[Row]]:
        return grouped(self.rows("returns.csv"), "return_key")


def grouped(rows: list[Row], column: str) -> dict[str, list[Row]]:
    """Rows by the value of a column, groups in order of first appearance."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[column]].append(row)
    return dict(groups)


NEEDED = (
    "maker.json",
    "products.csv",
    "customers.csv",
    "delegations.csv",
    "product_customer_rates.csv",
    "nextengine_invoice.csv",
    "nextengine_ordinary.csv",
    "nextengine_errors.csv",
    "errors_expected.json",
    "ocs.csv",
    "deliveries.csv",
    "note_charges.csv",
    "short_closes.csv",
    "returns.csv",
    "zengin_transfers.txt",
    "zengin_transfers_2.txt",
    "expected.json",
    "bank_lines_expected.json",
)
