"""Which sets of amounts add up to a sum: exact, bounded, the smallest and oldest sets first (PAY-031 c).

A customer with two hundred open invoices has more subsets than atoms; what is asked is only "none, one or several".
Pairs and threes are looked for among all invoices, sets of four to ten among the oldest ones: a walk goes only where
the rest can still be reached. Cost depends on the number of invoices, not on the size of the amounts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Final

MOST_ITEMS: Final = 10
"""Invoices one line may pay at once by rule c (PAY-031)."""

OLDEST: Final = 16
"""Sets of four and more are looked for among this many invoices, the oldest due ones."""

_MOST_PAIRED: Final = 250
_MOST_STEPS: Final = 2_000


class Sums:
    """The sums of amounts given oldest first, up to a highest sum of interest."""

    def __init__(self, amounts: Sequence[int], highest: int) -> None:
        items = [(index, amount) for index, amount in enumerate(amounts) if 0 < amount <= highest]
        self._items = items[:_MOST_PAIRED]
        self._oldest = items[:OLDEST]
        self._rest = _suffix_sums(self._oldest)
        self._highest = highest
        self._reachable: list[set[int]] = []
        self._steps = _MOST_STEPS

    @property
    def exhausted(self) -> bool:
        """The walks ran out of steps: there may be sets that were not found."""
        return self._steps < 0

    def sets(self, targets: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Index sets of two to ten items that add up to one of the sums, given smallest first."""
        yield from self._pairs(targets)
        yield from self._threes(targets)
        if self._rest[0] < targets[0]:
            return
        self._reachable = self._reachable or _reachability(self._oldest, self._highest)
        for target in targets:
            yield from (chosen for chosen in self._walk(0, target, ()) if len(chosen) > 3)

    def _pairs(self, targets: Sequence[int]) -> Iterator[tuple[int, ...]]:
        wanted = frozenset(targets)
        return ((one[0], other[0]) for one, other in combinations(self._items, 2) if one[1] + other[1] in wanted)

    def _threes(self, targets: Sequence[int]) -> Iterator[tuple[int, ...]]:
        """Two chosen, the third looked up by its amount among those behind them."""
        wanted = frozenset(targets)
        by_amount = sorted((amount, index) for index, amount in self._items)
        for (first, one), (second, two) in combinations(self._items, 2):
            lowest, highest = targets[0] - one - two, targets[-1] - one - two
            if highest <= 0:
                continue
            for amount, third in _between(by_amount, lowest, highest):
                if third > second and one + two + amount in wanted:
                    yield (first, second, third)

    def _walk(self, at: int, left: int, chosen: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if not left:
            yield chosen
        while left and len(chosen) < MOST_ITEMS and self._possible(at, left):
            self._steps -= 1
            index, amount = self._oldest[at]
            at += 1
            if amount <= left:
                yield from self._walk(at, left - amount, (*chosen, index))

    def _possible(self, at: int, left: int) -> bool:
        if self._steps < 0 or self._rest[at] < left:
            return False
        return left in self._reachable[at]


def _between(by_amount: Sequence[tuple[int, int]], lowest: int, highest: int) -> Iterable[tuple[int, int]]:
    at = bisect_left(by_amount, (lowest, -1))
    while at < len(by_amount) and by_amount[at][0] <= highest:
        yield by_amount[at]
        at += 1


def _reachability(items: Sequence[tuple[int, int]], highest: int) -> list[set[int]]:
    """Entry i: the sums up to the highest that items i and later reach."""
    sums = [{0}]
    for _, amount in reversed(items):
        before, most = sums[-1], highest - amount
        sums.append(before | {total + amount for total in before if total <= most})
    sums.reverse()
    return sums


def _suffix_sums(items: Sequence[tuple[int, int]]) -> list[int]:
    sums = [0]
    for _, amount in reversed(items):
        sums.append(sums[-1] + amount)
    sums.reverse()
    return sums
