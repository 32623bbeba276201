"""The ZIP around an .xlsx, opened by somebody who expects a bomb: sizes first, streams only, no DTD, UTF-8 only."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from chassis.tabular.sheet import Limits, Unreadable
from kernel.refusal import Refusal

_MAX_ENTRIES: Final = 2_000
_CHUNK: Final = 1 << 16
_SMALL: Final = 4 * 1024 * 1024
"""A package that unpacks to less is no bomb whatever its ratio: empty styled sheets pack well."""
_ENCODING: Final = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)[\"']")

Started = Callable[[str, dict[str, str]], None]
Ended = Callable[[str], None]


def damaged(reason: str) -> Unreadable:
    return Unreadable(Refusal("FILE_DAMAGED", {"reason": reason}))


def unsafe(reason: str) -> Unreadable:
    return Unreadable(Refusal("FILE_UNSAFE", {"reason": reason}))


@dataclass(slots=True)
class Package:
    """An open package; `budget` is how many unpacked bytes may still be read."""

    files: zipfile.ZipFile
    names: frozenset[str]
    expands: bool
    budget: int = field(default=0)

    @classmethod
    def opened(cls, content: bytes, limits: Limits) -> Package:
        """Raises Unreadable when it is no ZIP, is encrypted, or holds too many entries."""
        try:
            files = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, RecursionError) as error:
            raise damaged("not a ZIP") from error
        entries = files.infolist()
        if len(entries) > _MAX_ENTRIES or len({entry.filename for entry in entries}) != len(entries):
            raise unsafe("too many entries, or one name twice")
        if any(entry.flag_bits & 0x1 for entry in entries):
            raise Unreadable(Refusal("FILE_OLD_EXCEL"))
        unpacked = sum(entry.file_size for entry in entries)
        expands = unpacked > limits.unpacked or unpacked > max(_SMALL, len(content) * limits.ratio)
        return cls(files, frozenset(entry.filename for entry in entries), expands, limits.unpacked)

    def chunks(self, name: str) -> Iterator[bytes]:
        """The unpacked bytes of a part. Raises Unreadable past the budget, or when the part is damaged."""
        try:
            with self.files.open(name) as part:
                while chunk := part.read(_CHUNK):
                    self.budget -= len(chunk)
                    if self.budget < 0:
                        raise unsafe("it expands too much")
                    yield chunk
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            KeyError,
            NotImplementedError,
            RuntimeError,
        ) as error:
            raise damaged(f"part {name[:100]}") from error

    def parse(self, name: str, started: Started, ended: Ended, text: Callable[[str], None] | None = None) -> None:
        """Runs a part through expat; handlers get names as written, see `Names`. Raises Unreadable: DTD, broken XML.

        Nesting costs nothing but the bytes it is written in: expat keeps a list, and nothing here recurses.
        """
        parser = _parser(started, ended, text)
        first = True
        try:
            for chunk in self.chunks(name):
                if first:
                    _check_encoding(chunk)
                    first = False
                parser.Parse(chunk, False)
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise damaged(f"part {name[:100]}: {error}") from error


class Names(dict[str, str]):
    """`names["x:row"]` → `row`: element names without their prefix, each worked out once."""

    def __missing__(self, name: str) -> str:
        self[name] = name.rpartition(":")[2]
        return self[name]


def _parser(started: Started, ended: Ended, text: Callable[[str], None] | None) -> Any:
    def doctype(*_: object) -> None:
        raise unsafe("it contains a DTD")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    parser.StartDoctypeDeclHandler = doctype
    if text is not None:
        parser.CharacterDataHandler = text
    return parser


def _check_encoding(head: bytes) -> None:
    """Another encoding could hide a DTD from the check, or a text from the reader."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise unsafe("its XML is not UTF-8")
    declared = _ENCODING.match(head.removeprefix(b"\xef\xbb\xbf")[:200])
    if declared is not None and declared.group(1).lower() not in (b"utf-8", b"us-ascii", b"ascii"):
        raise unsafe("its XML is not UTF-8")
