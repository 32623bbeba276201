"""Holding what the API answered against what the oracle expects, to the yen and to the key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

MOST_SHOWN = 200


@dataclass(frozen=True)
class Difference:
    """One place where the answer is not what was expected."""

    where: str
    expected: Any
    actual: Any

    def as_json(self) -> dict[str, Any]:
        return {"where": self.where, "expected": self.expected, "actual": self.actual}


@dataclass
class Step:
    """One step of the story and how it went; `expected` and `actual` are its totals."""

    name: str
    expected: Any = None
    actual: Any = None
    differences: list[Difference] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.differences

    def check(self, where: str, expected: Any, actual: Any) -> None:
        """Notes every difference; keys that the oracle does not name are not looked at."""
        self.differences.extend(differences(where, expected, actual))

    def check_counts(self, where: str, expected: Mapping[str, Any], actual: Mapping[str, Any]) -> None:
        """Like `check`, and what the oracle does not name must not have occurred at all."""
        self.check(where, {**dict.fromkeys(actual, 0), **expected}, {**dict.fromkeys(expected, 0), **actual})

    def as_json(self) -> dict[str, Any]:
        shown = [difference.as_json() for difference in self.differences[:MOST_SHOWN]]
        facts = {"name": self.name, "ok": self.ok, "expected": self.expected, "actual": self.actual}
        return {**facts, "difference_count": len(self.differences), "differences": shown}


def differences(where: str, expected: Any, actual: Any) -> Iterator[Difference]:
    """Every place where `actual` is not `expected`; numbers equal as numbers, whether text or not."""
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            yield Difference(where, expected, actual)
            return
        for key, value in expected.items():
            yield from differences(f"{where}.{key}", value, actual.get(key))
    elif isinstance(expected, Sequence) and not isinstance(expected, str):
        yield from _lists(where, expected, actual)
    elif not same(expected, actual):
        yield Difference(where, expected, actual)


def _lists(where: str, expected: Sequence[Any], actual: Any) -> Iterator[Difference]:
    if not isinstance(actual, Sequence) or isinstance(actual, str) or len(actual) != len(expected):
        yield Difference(where, list(expected), actual)
        return
    for index, (wanted, got) in enumerate(zip(expected, actual, strict=True)):
        yield from differences(f"{where}[{index}]", wanted, got)


def rates_asked(per_rate: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The oracle's sums per rate without zeros; `gross_alt` is another reading that it only mentions."""
    named = {rate: {k: v for k, v in sums.items() if k != "gross_alt"} for rate, sums in per_rate.items()}
    return {rate: sums for rate, sums in named.items() if any(not same(value, 0) for value in sums.values())}


def same(expected: Any, actual: Any) -> bool:
    """Equal, or the same number in another spelling (`"660"`, 660, `"660.0"`)."""
    if expected == actual and isinstance(expected, bool) == isinstance(actual, bool):
        return True
    if isinstance(expected, bool) or isinstance(actual, bool) or expected is None or actual is None:
        return False
    try:
        return Decimal(str(expected)) == Decimal(str(actual))
    except InvalidOperation:
        return False


def total(amounts: Iterable[Any]) -> int | str:
    """The sum of the API's decimals: a whole number where it is one, never one that was cut."""
    return figure(sum((Decimal(str(amount)) for amount in amounts), Decimal()))


def figure(amount: Any) -> int | str:
    """One decimal of the API as the files write it."""
    value = Decimal(str(amount))
    return int(value) if value == value.to_integral_value() else format(value, "f")


def rate_name(rate: str) -> str:
    """A rate as the files write it: `10.000` is `10`."""
    return format(Decimal(rate).normalize(), "f")
