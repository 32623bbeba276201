"""Which sets of amounts add up to a sum: exact, bounded, the smallest and oldest sets first (PAY-031 c).

A customer with two hundred open invoices has more subsets than atoms; what is asked is only "none, one or several".
Pairs and threes are looked for among all invoices, sets of four to ten among the oldest ones: a walk goes only where
the rest can still be reached. Cost depends on the number of invoices, not on the size of the amounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
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
        missing = self._missing(targets)
        yield from self._pairs(targets[0], missing)
        yield from self._threes(targets[0], missing)
        if self._rest[0] < targets[0] or not self._reaches(targets):
            return
        self._reachable = self._reachable or _reachability(self._oldest, self._highest)
        for target in targets:
            yield from (chosen for chosen in self._walk(0, target, ()) if len(chosen) > 3)

    def _pairs(self, lowest: int, missing: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, ...]]:
        """One chosen, the other looked up by what is missing."""
        for first, one in self._items:
            others = missing.get(lowest - one, ())
            yield from ((first, other) for other in sorted(others) if other > first)

    def _threes(self, lowest: int, missing: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, ...]]:
        """Two chosen, the third looked up by what is missing: mostly nobody, so all seconds are asked at once."""
        for at, (first, one) in enumerate(self._items, start=1):
            left = lowest - one
            for second, two in [item for item in self._items[at:] if left - item[1] in missing]:
                yield from ((first, second, third) for third in missing[left - two] if third > second)

    def _missing(self, targets: Sequence[int]) -> Mapping[int, Sequence[int]]:
        """What may be missing to the smallest sum → the items that make it one of the sums, smallest amount first."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        over = [target - targets[0] for target in targets]
        for amount, index in sorted((amount, index) for index, amount in self._items):
            for more in over:
                found[amount - more].append(index)
        return found

    def _reaches(self, targets: Sequence[int]) -> bool:
        """Whether any set of the oldest items adds up to one of the sums: the sums of either half meet or do not."""
        half = len(self._oldest) // 2
        one, other = (_all_sums(items) for items in (self._oldest[:half], self._oldest[half:]))
        return any(not one.isdisjoint({target - total for total in other}) for target in targets)

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


def _all_sums(items: Sequence[tuple[int, int]]) -> set[int]:
    sums = {0}
    for _, amount in items:
        sums |= {total + amount for total in sums}
    return sums


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
