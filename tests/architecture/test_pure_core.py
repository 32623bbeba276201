"""A core has no clock, id, randomness, input or output, and no float; ruff and the standard library's list say so."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = ("catalog", "customers", "ordering", "fulfillment", "invoicing", "payments", "gateway")

HOSTILE = {
    "from datetime import datetime, UTC\nx = datetime.now(UTC)": "datetime.datetime.now",
    "import datetime\nx = datetime.date.today()": "datetime.date.today",
    "import time\nx = time.time()": "time",
    "from time import monotonic\nx = monotonic()": "time",
    "from uuid import uuid4\nx = uuid4()": "uuid.uuid4",
    "import uuid\nx = uuid.uuid1()": "uuid.uuid1",
    "import random\nx = random.random()": "random",
    "import secrets\nx = secrets.token_hex()": "secrets",
    "import os\nx = os.environ": "os",
    "from pathlib import Path\nx = Path()": "pathlib",
    "import asyncio\nx = asyncio": "asyncio",
}
"""What no core may say, and the name ruff bans it by."""

PURE_MODULES = frozenset(
    "__future__ abc base64 bisect calendar collections copy csv dataclasses datetime decimal enum fractions functools"
    " hashlib heapq itertools json operator re string struct textwrap types typing unicodedata uuid zoneinfo".split()
)
"""The standard library a core may use: nothing with a clock, randomness, input or output, or floats."""

IMPURE_NAMES = frozenset({"float", "open", "input", "print", "eval", "exec", "__import__"})


def core_modules(root: Path) -> Iterator[Path]:
    yield from sorted((root / "kernel" / "src" / "kernel").rglob("*.py"))
    for service in SERVICES:
        yield from sorted((root / "services" / service / "src" / service / "core").rglob("*.py"))


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from (alias.name for alias in node.names)
            case ast.ImportFrom():
                yield "." * node.level + (node.module or "")


@pytest.mark.parametrize("service", SERVICES)
def test_ruff_refuses_clocks_ids_randomness_and_input_or_output_in_each_core(service: str, root: Path) -> None:
    name = f"services/{service}/src/{service}/core/planted.py"
    command = [
        str(Path(sys.executable).with_name("ruff")),
        "check",
        "--output-format=concise",
        "--no-cache",
        "--select=TID251",
    ]

    answer = subprocess.run(
        [*command, "--stdin-filename", name, "-"],
        input="\n".join(HOSTILE),
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    unseen = [banned for banned in HOSTILE.values() if f"`{banned}` is banned" not in answer.stdout]
    assert not unseen, answer.stdout + answer.stderr


def test_kernel_and_cores_import_pure_modules_the_kernel_and_themselves_only(root: Path) -> None:
    strangers = [
        f"{file.relative_to(root)}: {name}"
        for file in core_modules(root)
        for name in imported(ast.parse(file.read_text(encoding="utf-8")))
        if not _belongs(name, file.relative_to(root))
    ]

    assert not strangers


def _belongs(name: str, file: Path) -> bool:
    top = name.partition(".")[0]
    if top in PURE_MODULES or (top == "kernel" and name != "kernel.ids"):
        return True
    return file.parts[0] == "services" and (
        name == f"{file.parts[1]}.core" or name.startswith(f"{file.parts[1]}.core.")
    )


def test_kernel_and_cores_hold_no_float_and_open_nothing(root: Path) -> None:
    found = [
        f"{file.relative_to(root)}:{node.lineno}"
        for file in core_modules(root)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in IMPURE_NAMES)
    ]

    assert not found


def test_every_service_has_a_core_with_its_bans(root: Path, services: list[str]) -> None:
    assert set(services) == set(SERVICES)
    assert all((root / f"services/{service}/src/{service}/core/ruff.toml").is_file() for service in services)
