"""Damaged, wrong and malicious files at every upload: a problem that says where and why, and nothing half-written."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from suite.demo.client import Json
from tests.flows import hostile
from tests.flows.problems import codes, problem
from tests.flows.wholesaler import Wholesaler
from tests.flows.zengin import Transfer, notice

Place = tuple[int | None, int | None]
_WHOLE: Place = (None, None)

_TOLD: dict[str, tuple[str, Place]] = {
    "no bytes": ("FILE_EMPTY", _WHOLE),
    "header only": ("FILE_EMPTY", _WHOLE),
    "two encodings": ("ENCODING", _WHOLE),
    "half a zip": ("FILE_DAMAGED", _WHOLE),
    "a PDF": ("FILE_NOT_A_TABLE", _WHOLE),
    "a page": ("FILE_NOT_A_TABLE", _WHOLE),
    "an old workbook": ("FILE_OLD_EXCEL", _WHOLE),
    "a formula without value": ("FORMULA_WITHOUT_VALUE", (2, 1)),
    "an error value": ("EXCEL_ERROR_VALUE", (2, 1)),
    "a control character": ("BAD_CHARS", (2, 1)),
    "a NUL": ("NUL_CHARACTER", (2, None)),
    "a huge cell": ("TOO_LONG", (2, None)),
    "an unclosed quote": ("UNCLOSED_QUOTE", (2, None)),
    "too many rows": ("FILE_TOO_LARGE", _WHOLE),
    "unknown columns": ("UNKNOWN_COLUMN", (1, 1)),
    "a column twice": ("DUPLICATE_COLUMN", (1, -1)),
    "a doctype": ("FILE_UNSAFE", _WHOLE),
}
"""Damage → code, row and column of the first error; −1 is the last column."""
_OWN_WORDS = {("/v1/order-imports", "UNKNOWN_COLUMN"): "UNKNOWN_HEADER"}
_OWN_WORDS |= {("/v1/order-imports", "DUPLICATE_COLUMN"): "DUPLICATE_HEADER"}
_PROFILE = {"name": "csv", "value_date": "日付", "amount": "金額", "payer": "依頼人"}


@pytest.fixture(scope="module")
def victim(shared_maker: Wholesaler) -> Wholesaler:
    """A maker with a CSV profile, so that a bank file is read to its end."""
    shared_maker.api.post("/v1/statement-profiles", _PROFILE)
    return shared_maker


def send(maker: Wholesaler, path: str, content: bytes, name: str = "file.csv", **fields: str) -> httpx.Response:
    return maker.http.post(path, files={"file": (name, content)}, data=fields)


def stock(maker: Wholesaler, path: str) -> Json:
    """All that an upload could have left behind, by number."""
    return {name: len(list(maker.api.all(name))) for name in _FILLS[path]}


_FILLS = {
    "/v1/customer-imports": ("/v1/customers",),
    "/v1/product-imports": ("/v1/products", "/v1/skus", "/v1/brands"),
    "/v1/customer-rate-imports": ("/v1/customer-rates",),
    "/v1/delegation-imports": ("/v1/billing-delegations",),
    "/v1/order-imports": ("/v1/orders",),
    "/v1/bank-files": ("/v1/bank-files", "/v1/bank-lines"),
}


@pytest.mark.req("INT-011", "INT-012", "INT-013", "INT-014", "INT-015", "GEN-010")
@pytest.mark.parametrize("damage", hostile.DAMAGES)
@pytest.mark.parametrize("path", hostile.GOOD)
def test_a_damaged_table_is_refused_with_place_and_rule_and_leaves_nothing(
    victim: Wholesaler, path: str, damage: str
) -> None:
    before = stock(victim, path)
    header, row = hostile.good(path)

    answer = send(victim, path, hostile.DAMAGES[damage](header, row))

    code, place = _TOLD[damage]
    wanted = _OWN_WORDS.get((path, code), code)
    width = len(header) + 1 if damage == "a column twice" else place[1]
    found = [(error["row"], error["column"]) for error in _errors(answer) if error["code"] == wanted]
    assert found[:1] == [(place[0], width)], answer.text[:500]
    assert stock(victim, path) == before


def _errors(answer: httpx.Response) -> list[dict[str, Any]]:
    """Of a refusal; an order file is carried out order by order, so its one wrong order is told in a report."""
    if answer.status_code == 200:
        report = answer.json()
        assert (report["applied"], report["counts"]["imported"], report["counts"]["held"]) == (False, 0, 0)
        return list(report["errors"])
    assert answer.status_code in (413, 422)
    return [{"row": None, "column": None, **error} for error in problem(answer)["errors"]]


@pytest.mark.req("PAY-011", "PAY-012", "PAY-017", "INT-014")
@pytest.mark.parametrize("damage", hostile.DAMAGES)
def test_a_damaged_statement_is_refused_and_leaves_nothing(victim: Wholesaler, damage: str) -> None:
    before = stock(victim, "/v1/bank-files")
    content = hostile.DAMAGES[damage](["日付", "金額", "依頼人"], ["2026-10-05", "100", "ｱ"])

    for fields in ({}, {"profile": "csv", "format": "csv"}, {"format": "zengin"}):
        answer = send(victim, "/v1/bank-files", content, **victim.account(**fields))
        assert answer.status_code in (413, 422), answer.text[:500]
        assert codes(answer)

    assert stock(victim, "/v1/bank-files") == before


@pytest.mark.req("PAY-012", "PAY-017", "PAY-018")
@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (lambda good: good[:-1], None),  # only the last line break is missing
        (lambda good: good[:300], "TRUNCATED_RECORD"),
        (lambda good: good.replace(b"\r\n", b"\n")[:-150], "TRUNCATED_RECORD"),
        (lambda good: good[:202] + good, "BAD_RECORD"),
        (lambda good: good.replace(b"1010", b"1030", 1), "UNSUPPORTED_FORMAT"),
        (lambda good: good.replace(b"0810059999", b"0810058888"), "ACCOUNT_MISMATCH"),
        (lambda good: good.replace(b"0000002200", b"00000022x0", 1), "BAD_AMOUNT"),
        (lambda good: good.replace(b"081005", b"081305"), "BAD_DATE"),
        (lambda good: good.replace(b"8000001", b"8000002", 1), "ZENGIN_TOTAL_MISMATCH"),
        (lambda good: good.replace("ﾐﾎﾝﾔ".encode("cp932"), b"\xff\xfe\xfd\xfc"), "ENCODING"),
    ],
)
def test_a_damaged_transfer_notice_names_its_record(victim: Wholesaler, damage: Any, code: str | None) -> None:
    before = stock(victim, "/v1/bank-files")
    good = notice("2026-10-05", [Transfer("ﾐﾎﾝﾔ", 2200)])

    answer = victim.http.post(
        "/v1/bank-files", params={"dry_run": True}, files={"file": ("f.txt", damage(good))}, data=victim.account()
    )

    assert code in codes(answer) if code else answer.status_code == 201, answer.text[:500]
    assert stock(victim, "/v1/bank-files") == before


@pytest.mark.req("INT-013", "CON-070")
def test_every_upload_of_the_document_is_tried_here(document: Json) -> None:
    uploads = {
        path
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if "multipart/form-data" in operation.get("requestBody", {}).get("content", {})
    }

    assert uploads == {*hostile.GOOD, "/v1/bank-files"}


@pytest.mark.req("INT-013", "GEN-010")
@pytest.mark.parametrize("path", [*hostile.GOOD, "/v1/bank-files"])
def test_a_form_without_a_file_or_with_something_else_is_a_problem(victim: Wholesaler, path: str) -> None:
    header = {"Content-Type": "multipart/form-data; boundary=x"}
    bodies = (b"", b"--x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--x--\r\n', b"\x00" * 99)
    answers = [victim.http.post(path, content=body, headers=header) for body in bodies]
    answers.append(victim.http.post(path, json={"file": "text"}))
    answers.append(victim.http.post(path, data={"no such field": "1"}, files={"fil": ("f", b"1")}))

    assert all(codes(answer) for answer in answers)


@pytest.mark.req("INT-013")
def test_a_file_over_25_megabytes_is_too_large(victim: Wholesaler) -> None:
    answer = send(victim, "/v1/order-imports", b"x" * (26 * 1024**2))

    assert (answer.status_code, problem(answer)["code"]) == (413, "TOO_LARGE")
