"""Writes the generated files, or checks them against what is committed here and on `main`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from suite.places import ROOT
from suite.published.compatible import breaks
from suite.published.documents import EXAMPLES, SCHEMAS, documents
from suite.published.messages import Published, published

_BASES = ("origin/main", "main", "HEAD")


def main(*, check: bool) -> int:
    """0 when all is well; `check` writes nothing."""
    messages = published()
    wanted = documents(messages)
    print(f"{len(messages)} message types of {len({one.owner for one in messages})} owners")
    if not check:
        return _write(wanted)
    complaints = [*_drift(wanted), *_incompatible(wanted), *_examples(messages)]
    for complaint in complaints:
        print(f"✗ {complaint}")
    if complaints:
        print("→ ./oroshi contracts writes the files; a change that breaks a reader becomes a new version (.v2).")
        return 1
    print("✓ what is committed is what the classes say, and nothing breaks a reader")
    return 0


def _write(wanted: Mapping[str, str]) -> int:
    for path in _stale(wanted):
        (ROOT / path).unlink()
        print(f"removed {path}")
    for path, content in wanted.items():
        file = ROOT / path
        if not file.exists() or file.read_text(encoding="utf-8") != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
            print(f"wrote {path}")
    return 0


def _stale(wanted: Mapping[str, str]) -> list[str]:
    there = [f"{SCHEMAS}/{file.name}" for file in sorted((ROOT / SCHEMAS).glob("*.json"))]
    return [path for path in there if path not in wanted]


def _drift(wanted: Mapping[str, str]) -> Iterator[str]:
    for path, content in wanted.items():
        file = ROOT / path
        if not file.exists():
            yield f"{path} is missing"
        elif file.read_text(encoding="utf-8") != content:
            yield f"{path} is not what the classes say"
    for path in _stale(wanted):
        yield f"{path} belongs to no message type"


def _incompatible(wanted: Mapping[str, str]) -> Iterator[str]:
    """Against the main branch: schemas may grow by optional fields, examples never change."""
    base = _base()
    for path in _git("ls-tree", "-r", "--name-only", base, SCHEMAS, EXAMPLES).splitlines():
        before = _git("show", f"{base}:{path}")
        if path.startswith(EXAMPLES):
            file = ROOT / path
            if not file.exists() or file.read_text(encoding="utf-8") != before:
                yield f"{path}: an example that a consumer gave was changed"
        elif path not in wanted:
            yield f"{path}: the type is gone, but stored messages and consumers may still have it"
        else:
            yield from (f"{path} {reason}" for reason in breaks(json.loads(before), json.loads(wanted[path])))


def _examples(messages: list[Published]) -> Iterator[str]:
    """Each consumer's example of a type must be readable by the class."""
    for one in messages:
        for file in sorted((ROOT / EXAMPLES / one.type).glob("*.json")):
            try:
                one.body.decode(file.read_bytes())
            except ValidationError as error:
                yield f"{file.relative_to(ROOT)}: {error.error_count()} fields cannot be read"


def _base() -> str:
    found = (base for base in _BASES if _git("rev-parse", "--verify", "--quiet", f"{base}^{{commit}}"))
    return next(found, "HEAD")


def _git(*arguments: str) -> str:
    """What git answers; empty when it knows no such thing."""
    command = ("git", "-C", str(ROOT), *arguments)
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # git, from PATH
    return told.stdout if told.returncode == 0 else ""
