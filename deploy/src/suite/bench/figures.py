"""The arithmetic of benches: percentiles, growth, and what one order cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

Seconds = float


def percentile(values: Sequence[float], percent: float) -> float | None:
    """The smallest value that at least `percent` of all values do not exceed (nearest rank); None of none."""
    if not values:
        return None
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def exponent(first: tuple[int, float], second: tuple[int, float]) -> float | None:
    """How cost grows with work: 1 is linear, 2 square. Pairs are (work, cost); None when they cannot tell."""
    (small, cheap), (large, dear) = sorted((first, second))
    if small <= 0 or small == large or cheap <= 0 or dear <= 0:
        return None
    return math.log(dear / cheap) / math.log(large / small)


def ratio(part: float | None, whole: float | None) -> float | None:
    """`part` ÷ `whole`, None when either is missing or the whole is nothing."""
    return None if part is None or not whole else part / whole


def per_order_ms(seconds: Mapping[str, Seconds], orders: int) -> dict[str, float]:
    """Milliseconds per order of each process, the dearest first; what did nothing is left out."""
    dear = sorted(seconds.items(), key=lambda item: -item[1])
    return {name: round(spent * 1000 / orders, 3) for name, spent in dear if spent > 0}


def milliseconds(seconds: Seconds | None) -> float | None:
    """Rounded to a tenth."""
    return None if seconds is None else round(seconds * 1000, 1)
