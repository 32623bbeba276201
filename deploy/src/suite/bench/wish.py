"""What was asked of a bench."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


def _silent(_: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Wish:
    """`n` is orders, starts or rows; `scale` measures 4n too; `keep` leaves the suite running."""

    n: int
    seed: int = 1
    home: Path | None = None
    scale: bool = False
    batch: int = 500
    lanes: int = 2
    keep: bool = False
    floor: bool = True
    tell: Callable[[str], None] = _silent
