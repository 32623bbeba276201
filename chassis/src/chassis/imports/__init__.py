"""Imports of master files: columns as data, every error at once, preview and apply by the same code. See HTTP.md."""

from chassis.imports.cells import CellReader, choice, code, day, decimal, percent, text, whole, yes_no
from chassis.imports.layout import CLEAR, Cleared, Column, Layout, Need, Row, Rows
from chassis.imports.run import CODES, Applied, Change, ImportReport, Judged, import_file, judge, read_table

__all__ = [
    "CLEAR",
    "CODES",
    "Applied",
    "CellReader",
    "Change",
    "Cleared",
    "Column",
    "ImportReport",
    "Judged",
    "Layout",
    "Need",
    "Row",
    "Rows",
    "choice",
    "code",
    "day",
    "decimal",
    "import_file",
    "judge",
    "percent",
    "read_table",
    "text",
    "whole",
    "yes_no",
]
