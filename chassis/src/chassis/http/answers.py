"""Problem answers: refusals and failures as RFC 9457 problem+json in the caller's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Scope

from chassis.http.models import RowProblem
from chassis.problems import Language, ProblemTexts, language_of, title, type_uri
from kernel.refusal import Refusal

PROBLEM_JSON: Final = "application/problem+json"
MAX_ERRORS: Final = 1_000
REQUEST_ID: Final = "chassis.request_id"
_RESERVED: Final = frozenset(
    {"type", "title", "status", "code", "detail", "request_id", "errors", "error_count", "instance"}
)


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells refusals to one caller: in the caller's language, with the id of the request."""

    texts: ProblemTexts
    language: Language
    request_id: str

    @classmethod
    def of(cls, scope: Scope, texts: ProblemTexts) -> Teller:
        """The teller of this request, language from Accept-Language."""
        language = language_of(HTTPConnection(scope).headers.get("accept-language"))
        return cls(texts, language, request_id_of(scope))

    def problem(
        self,
        refusals: Sequence[Refusal],
        facts: Mapping[str, object] | None = None,
        errors: Sequence[Refusal] | None = None,
    ) -> dict[str, object]:
        """The members of one problem. The first refusal gives status, code and text; `errors` tells all of them."""
        first = refusals[0]
        told = refusals if errors is None else errors
        extra = {**first.facts, **(facts or {})}
        members: dict[str, object] = {name: value for name, value in extra.items() if name not in _RESERVED}
        return {
            "type": type_uri(first.code),
            "title": title(first.code),
            "status": self.texts.status(first.code),
            "code": first.code,
            "detail": self.texts.text(first, self.language),
            "request_id": self.request_id,
            "errors": [self.item(refusal) for refusal in told[:MAX_ERRORS]],
            "error_count": len(told),
            **members,
        }

    def item(self, refusal: Refusal) -> dict[str, object]:
        """One of several problems: code, text, and where it is."""
        places: dict[str, object] = {
            "field": refusal.field,
            "row": refusal.row,
            "column": refusal.column,
            "header": _header(refusal),
            "value": refusal.value,
        }
        error = {"code": refusal.code, "detail": self.texts.text(refusal, self.language)}
        return error | {name: value for name, value in places.items() if value is not None}

    def row_problem(self, refusal: Refusal) -> RowProblem:
        """One problem of a file's row."""
        return RowProblem(
            row=refusal.row,
            column=refusal.column,
            header=_header(refusal),
            code=refusal.code,
            message=self.texts.text(refusal, self.language),
            value=refusal.value,
        )


def _header(refusal: Refusal) -> str | None:
    """The header over the cell: of a file's row, the field is the header."""
    return refusal.facts.get("header") or (refusal.field if refusal.row is not None else None)


def problem_response(document: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    """The document as an answer; the status is the document's own."""
    status = document["status"]
    assert isinstance(status, int)
    return Response(encoded(document), status_code=status, headers=dict(headers or {}), media_type=PROBLEM_JSON)


def encoded(document: Mapping[str, object]) -> bytes:
    """JSON bytes. A lone surrogate that slipped into an echoed value is replaced, never an error."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return orjson.dumps(_encodable(document))


def _encodable(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case Mapping():
            return {str(_encodable(name)): _encodable(part) for name, part in value.items()}
        case list() | tuple():
            return [_encodable(part) for part in value]
        case None | bool() | int() | float():
            return value
        case _:
            return str(value)


def request_id_of(scope: Scope) -> str:
    """The id this request carries through logs, messages and answers."""
    return str(scope.get(REQUEST_ID, ""))
