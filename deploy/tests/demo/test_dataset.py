"""A data set that cannot be replayed says which file, which row and column, and why, before anything is started."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from suite.demo.dataset import NEEDED, DataSet, DataSetTrouble
from suite.places import ROOT

_SHIPPED = ROOT / "demo" / "wholesaler"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy to break."""
    return Path(shutil.copytree(_SHIPPED, tmp_path / "copy"))


def trouble(folder: Path) -> str:
    with pytest.raises(DataSetTrouble) as told:
        DataSet(folder)
    return str(told.value)


def edited(file: Path, change: Callable[[str], str]) -> None:
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")


def cell(file: Path, row: int, column: str, text: str) -> None:
    """Puts a text into a cell; row 1 is the header."""
    lines = file.read_text(encoding="utf-8").splitlines()
    cells = lines[row - 1].split(",")
    cells[lines[0].split(",").index(column)] = text
    lines[row - 1] = ",".join(cells)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def member(file: Path, change: Callable[[Any], object]) -> None:
    told = json.loads(file.read_text(encoding="utf-8"))
    change(told)
    file.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")


def test_the_shipped_data_set_can_be_read() -> None:
    data = DataSet(_SHIPPED)

    assert data.closing_dates[0] == "2026-06-10"
    assert len(data.deliveries) == len(data.expected["notes"])


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()

    assert f"lacks {name};" in trouble(folder)


def test_a_folder_that_does_not_exist_lacks_everything(tmp_path: Path) -> None:
    assert all(name in trouble(tmp_path / "nowhere") for name in NEEDED)


@pytest.mark.parametrize(
    ("file", "column", "text", "reason"),
    [
        ("deliveries.csv", "quantity", "6 pcs", "“6 pcs” is not a whole number"),
        ("deliveries.csv", "quantity", "", "“” is not a whole number"),
        ("deliveries.csv", "entered_on", "2026/06/03", "“2026/06/03” is not a day (YYYY-MM-DD)"),
        ("deliveries.csv", "delivery_date", "2026-02-30", "“2026-02-30” is not a day (YYYY-MM-DD)"),
        ("deliveries.csv", "note_key", " ", "is empty"),
        ("ocs.csv", "action", "change", "“change” is none of cancel, adjust"),
        ("ocs.csv", "new_quantity", "ten", "“ten” is not a whole number"),
        ("ocs.csv", "line_no", "", "is empty, and an adjustment is of one line"),
        ("returns.csv", "restock", "maybe", "“maybe” is none of yes, no"),
        ("short_closes.csv", "date", "", "“” is not a day (YYYY-MM-DD)"),
        ("note_charges.csv", "kind", "", "is empty"),
    ],
)
def test_a_wrong_cell_is_told_by_file_row_and_column(
    folder: Path, file: str, column: str, text: str, reason: str
) -> None:
    cell(folder / file, 2, column, text)

    assert trouble(folder).splitlines()[1:] == [f"{file}, row 2, column {column}: {reason}"]


def test_everything_wrong_is_told_at_once_and_counted_beyond_twenty(folder: Path) -> None:
    edited(folder / "deliveries.csv", lambda text: text.replace(",SHIPPED", ",SHIPPED,more"))
    cell(folder / "ocs.csv", 2, "action", "change")

    told = trouble(folder).splitlines()

    assert told[1] == "ocs.csv, row 2, column action: “change” is none of cancel, adjust"
    assert told[2] == "deliveries.csv, row 2: has 9 columns, the header has 8"
    assert len(told) == 22
    assert told[-1].startswith("… and ")


def test_a_missing_column_is_named(folder: Path) -> None:
    edited(folder / "returns.csv", lambda text: text.replace("restock", "back_to_stock"))

    assert trouble(folder).splitlines()[1:] == ["returns.csv, row 1: lacks the columns restock"]


def test_a_file_in_another_encoding_is_told_with_its_row(folder: Path) -> None:
    content = (folder / "ocs.csv").read_text(encoding="utf-8")
    (folder / "ocs.csv").write_bytes(content.encode("cp932"))

    assert trouble(folder).splitlines()[1].startswith("ocs.csv, row 2: is not UTF-8 at byte ")


def test_an_unclosed_quote_is_told(folder: Path) -> None:
    edited(folder / "ocs.csv", lambda text: text + 'W1,cancel,,,,,,,"never ends')

    assert trouble(folder).splitlines()[1].startswith("ocs.csv: is not CSV: ")


def test_broken_json_is_told_with_line_and_column(folder: Path) -> None:
    (folder / "maker.json").write_text('{\n "maker_name": "x",,\n}', encoding="utf-8")

    assert trouble(folder).splitlines()[1].startswith("maker.json, line 2, column 20: is not JSON: ")


@pytest.mark.parametrize(
    ("file", "change", "told"),
    [
        ("maker.json", lambda it: it.pop("maker_name"), "maker.json, maker_name: Field required"),
        ("maker.json", lambda it: it["bank_accounts"].clear(), "maker.json, bank_accounts: List should have at least"),
        ("expected.json", lambda it: it["steps"].pop("6_bank"), "expected.json, steps.6_bank: Field required"),
        (
            "expected.json",
            lambda it: it["orders"]["W260601-0001"].update(net="38,152"),
            "expected.json, orders.W260601-0001.net: is not a number",
        ),
        (
            "expected.json",
            lambda it: it["notes"]["DN0001"].pop("quantity"),
            "expected.json, notes.DN0001: lacks quantity",
        ),
        (
            "expected.json",
            lambda it: it["steps"]["5_closing_runs"]["runs"][0].update(closing_date="2026-06-31"),
            "expected.json, steps.5_closing_runs.runs.0.closing_date: “2026-06-31” is not a day",
        ),
        (
            "bank_lines_expected.json",
            lambda it: it["lines"][0].update(allocations=None),
            "bank_lines_expected.json, lines.0.allocations: Input should be a valid list",
        ),
        (
            "errors_expected.json",
            lambda it: it["errors"][0].pop("code"),
            "errors_expected.json, errors.0.code: Field required",
        ),
    ],
)
def test_a_wrong_member_is_told_by_file_and_place(
    folder: Path, file: str, change: Callable[[Any], object], told: str
) -> None:
    member(folder / file, change)

    assert trouble(folder).splitlines()[1].startswith(told)


def test_members_and_columns_beyond_the_shape_are_welcome(folder: Path) -> None:
    edited(folder / "returns.csv", lambda text: "\n".join(f"{line},more" for line in text.splitlines()))
    member(folder / "maker.json", lambda maker: maker.update(founded="1926"))
    member(folder / "expected.json", lambda expected: expected["orders"]["W260601-0001"].update(comment="first"))

    assert DataSet(folder).returns["RN01"][0]["more"] == "more"


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"return_key,note_key,date,order_no,sku_code,quantity,reason,restock\n"])
def test_a_file_may_have_no_rows_at_all(folder: Path, content: bytes) -> None:
    (folder / "returns.csv").write_bytes(content)

    data = DataSet(folder)

    assert (data.rows("returns.csv"), data.returns, data.has_rows("returns.csv")) == ([], {}, False)


def test_notes_are_entered_by_their_dates_whatever_the_order_of_the_rows(folder: Path) -> None:
    before = DataSet(_SHIPPED).deliveries
    header, *rows = (folder / "deliveries.csv").read_text(encoding="utf-8").splitlines()
    (folder / "deliveries.csv").write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8")

    after = DataSet(folder).deliveries

    days = [rows[0]["entered_on"] for rows in after.values()]
    assert days == sorted(days)
    assert after.keys() == before.keys()
