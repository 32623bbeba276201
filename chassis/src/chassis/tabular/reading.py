"""Reads an uploaded table, whatever it really is: by content, never by name."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from chassis.tabular.csv_text import read_csv
from chassis.tabular.sheet import Limits, Sheet, Unreadable
from chassis.tabular.xlsx import read_xlsx
from kernel.refusal import Refusal

DEFAULT_LIMITS: Final = Limits()
_READERS: Final = ThreadPoolExecutor(max_workers=2, thread_name_prefix="tabular")
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KINDS: Final = (
    (b"%PDF", "PDF"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"GIF8", "GIF"),
    (b"{\\rtf", "RTF"),
    (b"\x1f\x8b", "GZIP"),
    (b"7z\xbc\xaf", "7-Zip"),
    (b"Rar!", "RAR"),
)
_MARKUP: Final = re.compile(rb"\s*<(\?xml|!doctype|html|head|table|body)\b", re.IGNORECASE)


def read(
    content: bytes,
    filename: str | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    encoding: str | None = None,
    sheet_name: str | None = None,
) -> Sheet | list[Refusal]:
    """The table in the file, or why there is none. `encoding` is what the user chose where it could not be told.

    Takes as long as the file is large: from a route call `read_upload`, which leaves the event loop free.
    """
    try:
        return _read(content, limits, encoding, sheet_name)
    except Unreadable as unreadable:
        return unreadable.refusals


async def read_upload(
    content: bytes,
    filename: str | None = None,
    *,
    limits: Limits = DEFAULT_LIMITS,
    encoding: str | None = None,
    sheet_name: str | None = None,
) -> Sheet | list[Refusal]:
    """`read`, in a thread of its own kind: however many files arrive, two are in memory as tables at a time."""
    work = partial(read, content, filename, limits=limits, encoding=encoding, sheet_name=sheet_name)
    return await asyncio.get_running_loop().run_in_executor(_READERS, work)


def _read(content: bytes, limits: Limits, encoding: str | None, sheet_name: str | None) -> Sheet:
    if len(content) > limits.bytes:
        megabytes = limits.bytes // (1024 * 1024)
        raise Unreadable(Refusal("FILE_TOO_LARGE", {"limit": str(megabytes), "unit": "MB"}))
    if not content.strip():
        raise Unreadable(Refusal("FILE_EMPTY"))
    if content.startswith(_ZIP):
        return read_xlsx(content, limits, sheet_name)
    if content.startswith(_OLE):
        raise Unreadable(Refusal("FILE_OLD_EXCEL"))
    kind = next((kind for magic, kind in _KINDS if content.startswith(magic)), None)
    if kind is None and _MARKUP.match(content.removeprefix(b"\xef\xbb\xbf")[:200]):
        kind = "HTML / XML"
    if kind is not None:
        raise Unreadable(Refusal("FILE_NOT_A_TABLE", {"kind": kind}))
    return read_csv(content, limits, encoding)
