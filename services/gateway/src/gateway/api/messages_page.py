"""The merged AsyncAPI document as a page: topics, their messages, who sends and who listens, the fields of each.

Written here and not by a viewer: AsyncAPI's own is a megabyte of script for what are a few tables (ADR 0027).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

Json = Mapping[str, Any]

_HEAD: Final = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex, nofollow">
  <title>Oroshi 卸 messages</title>
  <style>
    body { font: 15px/1.5 sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
    table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
    th, td { border-bottom: 1px solid #ddd; padding: .3rem .6rem; text-align: left; vertical-align: top; }
    code, pre { font-size: 13px; background: #f6f6f4; } pre { padding: .6rem; overflow: auto; }
    h2 { margin-top: 2.5rem; } h3 { margin-bottom: .2rem; } summary { cursor: pointer; } .facts { color: #555; }
  </style>
</head>
<body>
"""


def written(document: Json) -> str:
    """The whole page."""
    return _HEAD + "\n".join(_body(document)) + "\n</body>\n</html>\n"


def _body(document: Json) -> Iterator[str]:
    yield f"<h1>Messages</h1>\n<p>{escape(document['info']['description'])}</p>"
    yield '<p><a href="/docs">API</a> · <a href="/asyncapi">AsyncAPI document</a></p>'
    yield "<ul>"
    for topic, channel in document["channels"].items():
        types = " · ".join(f'<a href="#{escape(type_)}">{escape(type_)}</a>' for type_ in channel["messages"])
        yield f'<li><a href="#{escape(topic)}"><code>{escape(topic)}</code></a>: {types}</li>'
    yield "</ul>"
    for topic, channel in document["channels"].items():
        yield f'<h2 id="{escape(topic)}"><code>{escape(topic)}</code></h2>'
        for type_ in channel["messages"]:
            yield from _message(document, topic, type_)
    yield from _trait(document)
    yield from _schemas(document)


def _message(document: Json, topic: str, type_: str) -> Iterator[str]:
    message = document["components"]["messages"][type_]
    senders, listeners = (_services(document, topic, type_, action) for action in ("send", "receive"))
    yield f'<h3 id="{escape(type_)}">{escape(type_)}</h3>\n<p>{escape(message["summary"])}</p>'
    yield f'<p class="facts">{escape(message["x-kind"])}, sent by {senders}, heard by {listeners}</p>'
    yield from _fields(_followed(document, message["payload"]))


def _services(document: Json, topic: str, type_: str, action: str) -> str:
    reference = {"$ref": f"#/channels/{topic}/messages/{type_}"}
    operations = document["operations"].values()
    found = [one["x-service"] for one in operations if one["action"] == action and reference in one["messages"]]
    return escape(", ".join(sorted(found)) or "nobody")


def _fields(schema: Json) -> Iterator[str]:
    yield "<table><tr><th>field</th><th>type</th><th></th></tr>"
    for name, field in schema.get("properties", {}).items():
        needed = "always" if name in schema.get("required", ()) else "optional"
        about = escape(str(field.get("description", "")))
        yield f"<tr><td><code>{escape(name)}</code></td><td>{_type(field)}</td><td>{needed} {about}</td></tr>"
    yield "</table>"


def _type(schema: Json) -> str:
    """A schema in a few words, parts of it as links."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f'<a href="#schema-{escape(name)}">{escape(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return escape(" | ".join(map(str, schema["enum"])))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    form = schema.get("format") or ("decimal" if "pattern" in schema else "")
    return escape(f"{schema.get('type', 'any')} {form}".strip())


def _trait(document: Json) -> Iterator[str]:
    yield '<h2 id="envelope">Envelope</h2>\n<p>Kafka headers of every message.</p>'
    for trait in document["components"]["messageTraits"].values():
        yield from _fields(trait["headers"])


def _schemas(document: Json) -> Iterator[str]:
    yield "<h2>Schemas</h2>"
    for name, schema in sorted(document["components"]["schemas"].items()):
        text = escape(json.dumps(schema, ensure_ascii=False, indent=2))
        yield f'<h3 id="schema-{escape(name)}">{escape(name)}</h3>'
        yield from _fields(schema)
        yield f"<details><summary>JSON Schema</summary><pre>{text}</pre></details>"


def _followed(document: Json, payload: Json) -> Json:
    name = str(payload.get("$ref", "")).rpartition("/")[2]
    found: Json = document["components"]["schemas"].get(name, {})
    return found
