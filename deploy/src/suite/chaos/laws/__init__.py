"""The promises of RELIABILITY §2 as laws over the evidence. Pure: rows in, violations out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from suite.chaos.laws import messages, money, orders
from suite.chaos.laws.evidence import Evidence, Violation

LAWS: Final[Mapping[str, Callable[[Evidence], Iterator[Violation]]]] = {
    "P1": orders.stocked_once,
    "P2": money.billed_once,
    "P3": money.numbered_without_gaps,
    "P4": money.books_agree,
    "P5": money.imported_once,
    "P6": orders.never_twice,
    "P7": orders.answered_lasts,
    "P8": messages.published_in_order,
    "P9": messages.applied_once,
    "P10": messages.poison_parked,
    "P13": orders.never_500,
    "DRAIN": messages.all_through,
}


def violations(evidence: Evidence) -> list[Violation]:
    """Every broken promise, by promise."""
    return [violation for law in LAWS.values() for violation in law(evidence)]


__all__ = ["LAWS", "Evidence", "Violation", "violations"]
