"""Files that nobody should send: one maker of bytes per kind of damage, from a header and a row that are right."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from xml.sax.saxutils import escape

from suite.places import ROOT

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_DEMO = ROOT / "demo" / "wholesaler"
MOST_ROWS = 50_000

Row = Sequence[str]
Damage = Callable[[Row, Row], bytes]

GOOD: Mapping[str, str] = {
    "/v1/customer-imports": "customers.csv",
    "/v1/product-imports": "products.csv",
    "/v1/customer-rate-imports": "product_customer_rates.csv",
    "/v1/delegation-imports": "delegations.csv",
    "/v1/order-imports": "nextengine_ordinary.csv",
}
"""Upload of tables → the demo's file for it."""


def good(path: str) -> tuple[Row, Row]:
    """The header and the first row of the demo's file for an upload."""
    raw = (_DEMO / GOOD[path]).read_bytes()
    text = raw.decode("cp932" if path == "/v1/order-imports" else "utf-8-sig")
    header, row, *_ = text.splitlines()
    return header.split(","), row.split(",")


def csv(*rows: Row) -> bytes:
    return "\r\n".join(",".join(row) for row in rows).encode() + b"\r\n"


def xlsx(*rows: Row, first_cell: str | None = None) -> bytes:
    """A workbook of text cells; `first_cell` is the XML of the second row's first cell instead."""
    lines = [[f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' for cell in row] for row in rows]
    if first_cell is not None:
        lines[1][0] = first_cell
    sheet = "".join(f"<row>{''.join(line)}</row>" for line in lines)
    target = f'Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"'
    parts = {
        "[Content_Types].xml": "<Types/>",
        "xl/_rels/workbook.xml.rels": f"<Relationships><Relationship {target}/></Relationships>",
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_REL}"><sheets>'
        '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/worksheets/sheet1.xml": f"<worksheet {_MAIN}><sheetData>{sheet}</sheetData></worksheet>",
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def _with_first(row: Row, cell: str) -> Row:
    return [cell, *row[1:]]


def _half(content: bytes) -> bytes:
    return content[: len(content) // 2]


DAMAGES: Mapping[str, Damage] = {
    "no bytes": lambda header, row: b"",
    "header only": lambda header, row: csv(header),
    "two encodings": lambda header, row: (
        csv(header, row) + "日本語".encode() + "日本語テキスト".encode("euc_jp") + b"\xff"
    ),
    "half a zip": lambda header, row: _half(xlsx(header, row)),
    "a PDF": lambda header, row: b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n",
    "a page": lambda header, row: b"<!doctype html><html><table><tr><td>1</td></tr></table></html>",
    "an old workbook": lambda header, row: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096),
    "a formula without value": lambda header, row: xlsx(header, row, first_cell="<c><f>1+1</f></c>"),
    "an error value": lambda header, row: xlsx(header, row, first_cell='<c t="e"><v>#REF!</v></c>'),
    "a control character": lambda header, row: csv(header, _with_first(row, "A\x07B")),
    "a NUL": lambda header, row: csv(header, _with_first(row, "A\x00B")),
    "a huge cell": lambda header, row: csv(header, _with_first(row, "A" * 200_000)),
    "an unclosed quote": lambda header, row: csv(header, _with_first(row, '"A')),
    "too many rows": lambda header, row: csv(header, *[row] * (MOST_ROWS + 1)),
    "unknown columns": lambda header, row: csv([f"no such {name}" for name in header], row),
    "a column twice": lambda header, row: csv([*header, header[0]], [*row, row[0]]),
    "a doctype": lambda header, row: _swapped(xlsx(header, row), "<!DOCTYPE x [<!ENTITY a 'b'>]>"),
}


def _swapped(workbook: bytes, before: str) -> bytes:
    """The same workbook with something before the root of its sheet."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, before.encode() + content if name.endswith("sheet1.xml") else content)
    return out.getvalue()
