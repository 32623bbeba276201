"""Hostile and ordinary files, made here: raw .xlsx parts, and workbooks as openpyxl writes them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import openpyxl
import pytest

_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

Parts = Mapping[str, bytes | str]


def _base(sheet: str, shared: str) -> dict[str, bytes | str]:
    target = f'Id="rId1" Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"'
    sheets = '<sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets>'
    return {
        "[Content_Types].xml": "<Types/>",
        "xl/_rels/workbook.xml.rels": f"<Relationships><Relationship {target}/></Relationships>",
        "xl/workbook.xml": f'<workbook {_MAIN} xmlns:r="{_REL}">{sheets}</workbook>',
        "xl/worksheets/sheet1.xml": f"<worksheet {_MAIN}><sheetData>{sheet}</sheetData></worksheet>",
        "xl/sharedStrings.xml": f"<sst {_MAIN}>{shared}</sst>",
    }


@pytest.fixture
def raw_xlsx() -> Callable[..., bytes]:
    """`raw_xlsx('<row>…</row>', shared='<si>…', **other parts)` → the file; any part may be overridden."""

    def make(sheet: str = "", *, shared: str = "", parts: Parts | None = None) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in {**_base(sheet, shared), **(parts or {})}.items():
                archive.writestr(name, content)
        return out.getvalue()

    return make


@pytest.fixture
def workbook() -> Callable[[Callable[[Any], object]], bytes]:
    """`workbook(lambda sheet: sheet.append([…]))` → the file openpyxl writes."""

    def make(fill: Callable[[Any], object]) -> bytes:
        book = openpyxl.Workbook()
        fill(book.active)
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    return make
