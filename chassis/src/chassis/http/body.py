"""The body of a request, read by somebody who trusts nothing: size, encoding, depth, duplicate keys, odd numbers.

Two passes over the bytes, because no single parser refuses all of it: the standard library's C scanner with hooks
(duplicate keys, NaN, numbers out of range), then pydantic's parser straight from the bytes into the model, strict.
Both together take 25 ms for 1,000 orders of five lines (docs/adr/0022-json-bodies.md).
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NoReturn

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from starlette.types import Receive, Scope

from chassis.http.refused import Refused
from kernel.refusal import Refusal

MAX_DEPTH: Final = 64
MAX_INTEGER_DIGITS: Final = 19
BODY_ERRORS: Final = "chassis.body_errors"

_NOT_BRACKETS_OR_QUOTES: Final = bytes(sorted(set(range(256)) - set(b'[]{}"')))
_NOT_BRACKETS: Final = bytes(sorted(set(range(256)) - set(b"[]{}")))
_ONE_KIND: Final = bytes.maketrans(b"{}", b"[]")


class BadJson(ValueError):
    """JSON that is not taken; the message is the reason a caller may read."""


def check_json(body: bytes) -> None:
    """Raises BadJson unless the bytes are JSON that means the same to every parser."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadJson(f"it is not UTF-8 at byte {error.start}") from error
    if depth(body) > MAX_DEPTH:
        raise BadJson(f"it is nested deeper than {MAX_DEPTH} levels")
    try:
        _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise BadJson(f"{error.msg} at character {error.pos}") from error
    except RecursionError as error:
        raise BadJson("it is nested too deeply") from error


def depth(body: bytes) -> int:
    """How deep arrays and objects nest, brackets inside strings left out; counts no further than the limit + 1.

    Done with whole-buffer operations of bytes, a few milliseconds per megabyte: keep the brackets, then strip
    matching pairs level by level.
    """
    plain = body.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in body else body
    brackets = plain.translate(None, delete=_NOT_BRACKETS_OR_QUOTES).replace(b'""', b"")
    if b'"' in brackets:
        brackets = b"".join(plain.split(b'"')[::2]).translate(None, delete=_NOT_BRACKETS)
    brackets, level = brackets.translate(_ONE_KIND), 0
    while brackets and level <= MAX_DEPTH:
        stripped = brackets.replace(b"[]", b"")
        if stripped == brackets:  # they do not match: the parser will say where
            return level + brackets.count(b"[")
        brackets, level = stripped, level + 1
    return level


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        counted = Counter(name for name, _ in pairs)
        twice = counted.most_common(1)[0][0]
        raise BadJson(f"the key “{_printable(twice)}” occurs twice in one object")
    return fields


def _printable(name: str) -> str:
    """A key as an error may show it; a lone surrogate could not be encoded into the answer."""
    return name[:50].encode("utf-8", "replace").decode()


def _integer(digits: str) -> int:
    if len(digits.removeprefix("-")) > MAX_INTEGER_DIGITS:
        raise BadJson(f"a number has more than {MAX_INTEGER_DIGITS} digits")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits) if len(digits) <= 40 else math.inf
    if not math.isfinite(number):
        raise BadJson("a number is too large or too long")
    return number


def _constant(name: str) -> NoReturn:
    raise BadJson(f"{name} is not a JSON value")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_fraction, parse_constant=_constant
)


class GuardedRequest(Request):
    """A request whose JSON body becomes the route's model directly, so that FastAPI has nothing left to parse.

    Problems of single fields are left in the scope for the answer, where those of parameters join them: the caller
    gets all at once.
    """

    def __init__(self, scope: Scope, receive: Receive, body_type: TypeAdapter[Any]) -> None:
        super().__init__(scope, receive)
        self._body_type = body_type

    async def json(self) -> Any:
        body = await self.body()
        try:
            check_json(body)
            return self._body_type.validate_json(body)
        except BadJson as error:
            raise Refused(Refusal("MALFORMED_JSON", {"reason": str(error)})) from error
        except ValidationError as error:
            return self._left_for_the_answer(error.errors(include_url=False))

    def _left_for_the_answer(self, errors: Sequence[ErrorDetails]) -> bytes:
        """Bytes are no model, so FastAPI refuses them too, after it has judged path and query."""
        broken = next((error for error in errors if error["type"] == "json_invalid"), None)
        if broken is not None:
            raise Refused(Refusal("MALFORMED_JSON", {"reason": str(broken["ctx"]["error"])}))
        self.scope[BODY_ERRORS] = errors
        return b""
