"""What may change within a version: new optional fields and new values of open enumerations, nothing else.

Anything else breaks a consumer that was written against the older schema, or a stored message; it becomes a new type
`.v(n+1)` that is announced beside the old one (STYLE 2.8).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

Schema = Mapping[str, object]

_SAID = frozenset({"title", "description", "default", "examples", "$id", "$schema", "$defs", "x-kind"})
"""Keywords that forbid nothing, and those that are followed through references."""
_OPENED = frozenset({"properties", "required", "enum", "$ref"})
"""Keywords that are compared by a rule of their own."""


def breaks(old: Schema, new: Schema) -> list[str]:
    """Why a reader or a message of the old schema would not get on with the new one; empty when all is well."""
    return list(_differences("", old, new, (old, new)))


def _differences(path: str, old: Schema, new: Schema, roots: tuple[Schema, Schema]) -> Iterator[str]:
    old, new = _followed(old, roots[0]), _followed(new, roots[1])
    yield from _fields(path, old, new, roots)
    if isinstance(old.get("enum"), list):
        gone = [value for value in _list(old, "enum") if value not in _list(new, "enum")]
        if gone or "enum" not in new:
            yield f"{path or 'body'}: enumeration lost {gone or 'its values'}"
    elif "enum" in new:
        yield f"{path or 'body'}: became an enumeration"
    for keyword in sorted((old.keys() | new.keys()) - _SAID - _OPENED):
        yield from _keyword(path, keyword, old.get(keyword), new.get(keyword), roots)


def _fields(path: str, old: Schema, new: Schema, roots: tuple[Schema, Schema]) -> Iterator[str]:
    before, after = _mapping(old, "properties"), _mapping(new, "properties")
    for name in sorted(before.keys() - after.keys()):
        yield f"{path}.{name}: field is gone"
    needed_before, needed_after = set(map(str, _list(old, "required"))), set(map(str, _list(new, "required")))
    for name in sorted(needed_after - needed_before):
        yield f"{path}.{name}: became required" if name in before else f"{path}.{name}: new field is required"
    for name in sorted(needed_before - needed_after):
        if name in after:
            yield f"{path}.{name}: is no longer always there"
    for name in sorted(before.keys() & after.keys()):
        yield from _differences(f"{path}.{name}", _schema(before[name]), _schema(after[name]), roots)


def _keyword(path: str, keyword: str, old: object, new: object, roots: tuple[Schema, Schema]) -> Iterator[str]:
    """Nested schemas are compared as schemas, all other keywords must be the same."""
    where = f"{path or 'body'}"
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _differences(f"{path}[{keyword}]", old, new, roots)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and all(map(_is_schema, old + new)):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(f"{path}[{keyword} {index}]", before, after, roots)
    elif old != new:
        yield f"{where}: {keyword} was {old!r}, is {new!r}"


def _followed(schema: Schema, root: Schema) -> Schema:
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    target = _schema(_mapping(root, "$defs")[reference.rpartition("/")[2]])
    return {**target, **{key: value for key, value in schema.items() if key != "$ref"}}


def _is_schema(value: object) -> bool:
    return isinstance(value, Mapping)


def _schema(value: object) -> Schema:
    return value if isinstance(value, Mapping) else {}


def _mapping(schema: Schema, keyword: str) -> Schema:
    return _schema(schema.get(keyword))


def _list(schema: Schema, keyword: str) -> list[object]:
    value = schema.get(keyword)
    return value if isinstance(value, list) else []
