"""Measuring once, and once more with four times the work if asked: how the cost grows."""

from __future__ import annotations

from collections.abc import Callable

from suite.bench.figures import exponent
from suite.bench.wish import Wish
from suite.demo.client import Json

_GROWTH = 4


def grown(wish: Wish, measured: Callable[[int], tuple[Json, list[str]]]) -> tuple[Json, list[str]]:
    """Figures and wrongs of n, and under `scaled` those of 4n with the exponent of CPU seconds (`cpu_s`) over work."""
    one, wrongs = measured(wish.n)
    if not wish.scale:
        return one, wrongs
    four, more = measured(wish.n * _GROWTH)
    power = exponent((wish.n, one["cpu_s"]), (wish.n * _GROWTH, four["cpu_s"]))
    return {**one, "exponent": None if power is None else round(power, 3), "scaled": four}, [*wrongs, *more]
