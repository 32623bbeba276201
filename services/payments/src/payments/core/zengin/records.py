"""Bytes into 200-byte records: line breaks CRLF, LF, CR or none, a byte order mark, an end-of-file mark 0x1A."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from kernel.refusal import Refusal
from payments.core.statement import decoded_cp932
from payments.core.zengin.layout import CODE_KIND, HEADER, RECORD_BYTES, TYPE_CODE, Field

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_LINE_BREAK: Final = re.compile(rb"\r\n|\r|\n")
_PRINTABLE: Final = re.compile(rb"[^\x00-\x1f\x7f]*")
_EBCDIC_HEADER: Final = b"\xf1"


@dataclass(frozen=True, slots=True)
class Record:
    """One record: its number and the byte of the file it begins at, both from 1."""

    number: int
    begins: int
    content: bytes

    @property
    def kind(self) -> str:
        return chr(self.content[0])

    def text(self, field: Field) -> str:
        """The field's characters without the blanks around them. Raises UnicodeDecodeError on half a character."""
        return decoded_cp932(field.of(self.content)).strip(" ")


def looks_like_zengin(content: bytes) -> bool:
    """The first bytes are a header record of some Zengin file, in JIS code."""
    head = content.removeprefix(_BYTE_ORDER_MARK)[:4]
    return len(head) == 4 and head.isdigit() and head[:1] == HEADER.encode() and CODE_KIND.of(head) in (b"0", b"1")


def type_code(content: bytes) -> str:
    """The type of the Zengin file (種別コード): 01 transfer notice, 03 statement, 21 transfers."""
    return TYPE_CODE.of(content.removeprefix(_BYTE_ORDER_MARK)[:4]).decode("ascii", "replace")


def plain_bytes(content: bytes) -> tuple[bytes, str]:
    """The file as the bank made it, and its encoding: text tools like to turn it into UTF-8 with three-byte kana."""
    if content.isascii():
        return content.removeprefix(_BYTE_ORDER_MARK), "cp932"
    try:
        return content.removeprefix(_BYTE_ORDER_MARK).decode("utf-8").encode("cp932"), "utf-8"
    except UnicodeError:
        return content.removeprefix(_BYTE_ORDER_MARK), "cp932"


def records(content: bytes) -> tuple[list[Record], list[Refusal]]:
    """All whole records and a refusal for each piece that is none (`TRUNCATED_RECORD`, `ENCODING`, `EMPTY_FILE`)."""
    body = content.rstrip(b"\x1a\r\n\x00")
    if not body.strip():
        return [], [Refusal("EMPTY_FILE")]
    if body[:1] == _EBCDIC_HEADER:
        return [], [Refusal("ENCODING", {"reason": "EBCDIC", "record": "1", "byte": "1"}, row=1, column=1)]
    whole: list[Record] = []
    problems: list[Refusal] = []
    for number, (begins, piece) in enumerate(_pieces(body), start=1):
        record = Record(number, begins, piece)
        problem = _problem(record)
        if problem is None:
            whole.append(record)
        else:
            problems.append(problem)
    return whole, problems


def _pieces(body: bytes) -> list[tuple[int, bytes]]:
    if _LINE_BREAK.search(body) is None:
        return [(at + 1, body[at : at + RECORD_BYTES]) for at in range(0, len(body), RECORD_BYTES)]
    pieces, at = [], 0
    for found in _LINE_BREAK.finditer(body):
        pieces.append((at + 1, body[at : found.start()]))
        at = found.end()
    pieces.append((at + 1, body[at:]))
    return [(begins, piece) for begins, piece in pieces if piece.strip(b"\x1a")]


def _problem(record: Record) -> Refusal | None:
    length = len(record.content)
    if length != RECORD_BYTES:
        last_byte = record.begins + min(length, RECORD_BYTES) - 1
        return refused(record, "TRUNCATED_RECORD", last_byte, length=str(length), expected=str(RECORD_BYTES))
    printable = _PRINTABLE.match(record.content)
    if printable is not None and printable.end() < length:
        return refused(record, "ENCODING", record.begins + printable.end(), reason="control character")
    return None


def refused(record: Record, code: str, byte: int, *, value: str | None = None, **facts: str) -> Refusal:
    """A problem of one record: its number as row, the byte within it as column, the byte of the file as a fact."""
    where = {"record": str(record.number), "byte": str(byte)}
    return Refusal(code, {**facts, **where}, row=record.number, column=byte - record.begins + 1, value=value)
