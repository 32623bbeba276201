"""Tables in and out: CSV and .xlsx from people and programs, read as hostile, written so that nothing executes."""

from chassis.tabular.csv_out import Written, write_csv
from chassis.tabular.csv_text import ENCODINGS
from chassis.tabular.escape import escape, unescaped
from chassis.tabular.reading import read, read_upload
from chassis.tabular.sheet import Limits, Sheet

__all__ = ["ENCODINGS", "Limits", "Sheet", "Written", "escape", "read", "read_upload", "unescaped", "write_csv"]
