"""Where things lie: the per-user download cache and private files."""

from __future__ import annotations

import os
import threading
from pathlib import Path


def cache_folder() -> Path:
    """Downloads shared by all homes: `OROSHI_CACHE`, else `$XDG_CACHE_HOME/oroshi`, else `~/.cache/oroshi`."""
    named = os.environ.get("OROSHI_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "oroshi"


def write_private(path: Path, content: str) -> None:
    """Writes a file that only its owner may read (0600), whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(content)
    temporary.replace(path)
