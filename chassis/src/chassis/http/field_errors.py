"""Pydantic's findings about a request as refusals: our codes, our paths, the value as it was sent (GEN-010)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from kernel.refusal import Refusal

_MAX_VALUE: Final = 100
_MAX_PATH: Final = 200
_RANGES: Final = {
    "greater_than": ("gt", ">"),
    "greater_than_equal": ("ge", "≥"),
    "less_than": ("lt", "<"),
    "less_than_equal": ("le", "≤"),
}
_TYPES: Final = {
    "string_type": "NOT_TEXT",
    "int_type": "NOT_AN_INTEGER",
    "int_from_float": "NOT_AN_INTEGER",
    "int_parsing": "NOT_AN_INTEGER",
    "int_parsing_size": "NOT_AN_INTEGER",
    "bool_type": "NOT_A_BOOLEAN",
    "bool_parsing": "NOT_A_BOOLEAN",
    "list_type": "NOT_AN_ARRAY",
    "tuple_type": "NOT_AN_ARRAY",
    "set_type": "NOT_AN_ARRAY",
    "dict_type": "NOT_AN_OBJECT",
    "model_type": "NOT_AN_OBJECT",
    "model_attributes_type": "NOT_AN_OBJECT",
    "dataclass_type": "NOT_AN_OBJECT",
}
_LIMITS: Final = {
    "string_too_long": ("TOO_LONG", "max_length"),
    "too_long": ("TOO_LONG", "max_length"),
    "string_too_short": ("TOO_SHORT", "min_length"),
    "too_short": ("TOO_SHORT", "min_length"),
}


def refusal(error: Mapping[str, Any], *, place: str) -> Refusal:
    """One finding; `place` is `body` for a JSON pointer, or `path`, `query`, `header` for a parameter's name."""
    code, facts = _told(str(error["type"]), error.get("ctx") or {})
    return Refusal(code, facts, field=_path(error["loc"], place), value=_value(code, error.get("input")))


def _told(kind: str, context: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    if kind.isupper():  # raised by one of our own field types, facts and all
        return kind, {name: str(value) for name, value in context.items()}
    if kind in _RANGES:
        name, sign = _RANGES[kind]
        return "OUT_OF_RANGE", {"range": f"{sign} {context.get(name)}"}
    if kind in _LIMITS:
        code, name = _LIMITS[kind]
        return code, {"limit": str(context.get(name))}
    if kind in _TYPES:
        return _TYPES[kind], {}
    return _named(kind, context)


def _named(kind: str, context: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    match kind.split("_")[0]:
        case "missing":
            return "REQUIRED", {}
        case "extra":
            return "UNKNOWN_FIELD", {}
        case "uuid":
            return "BAD_FORMAT", {"expected": "UUID"}
        case "date":
            return "BAD_DATE", {}
        case "datetime" | "timezone":
            return "BAD_DATETIME", {}
        case "enum" | "literal" | "union":
            return "BAD_CHOICE", {"allowed": str(context.get("expected", context.get("expected_tags", "")))}
        case "decimal" | "float" | "finite" | "int":
            return "NOT_A_NUMBER", {}
        case "string":
            return "BAD_FORMAT", {"expected": str(context.get("pattern", ""))}
        case _:
            return "BAD_VALUE", {"reason": str(context.get("error", kind.replace("_", " ")))}


def _path(location: Sequence[str | int], place: str) -> str:
    if place != "body":
        return "/".join(str(part) for part in location)[:_MAX_PATH]
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in location)[:_MAX_PATH]


def _value(code: str, value: object) -> str | None:
    """What was sent, if it is short enough to be worth showing."""
    if code == "REQUIRED" or not isinstance(value, str | int | float):
        return None
    shown = (
        value if isinstance(value, str) else ("true" if value is True else "false" if value is False else str(value))
    )
    return shown if len(shown) <= _MAX_VALUE else shown[:_MAX_VALUE] + "…"
