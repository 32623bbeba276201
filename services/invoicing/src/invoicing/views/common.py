"""Pieces of several answers, and the reading of pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, tuple_

from chassis.http import AmountText, View
from invoicing.core.calculation import RateTax
from invoicing.core.qualified import Finding

Direction: TypeAlias = Literal["newest_first", "oldest_first"]
"""How a list is sorted: by its date, ids deciding among equals."""


class WarningView(View):
    """Something worth a look; it stopped nothing."""

    code: str
    facts: dict[str, str]


class RateView(View):
    """One tax rate: the sums entered without and with tax, and what follows."""

    tax_rate: AmountText
    reduced: bool
    exclusive_sum: AmountText
    inclusive_sum: AmountText
    net: AmountText
    tax: AmountText
    gross: AmountText


class TracedRateView(RateView):
    """A rate with the proof of its tax: the exact fraction before its one rounding, and what came back before it.

    `rule`: tax is rounded once per rate and invoice (GEN-003; National Tax Agency, invoice Q&A 57).
    """

    rounding: str
    exact_tax: str
    rule: str
    returned_exclusive_sum: AmountText
    returned_inclusive_sum: AmountText


def warning_view(finding: Finding) -> WarningView:
    return WarningView(code=finding.code, facts=dict(finding.facts))


def rate_view(one: RateTax) -> RateView:
    return RateView(**_rate(one))


def traced_rate_view(one: RateTax) -> TracedRateView:
    exact = one.exact_tax
    return TracedRateView(
        **_rate(one),
        rounding=one.rounding.value,
        exact_tax=str(exact.numerator) if exact.denominator == 1 else f"{exact.numerator}/{exact.denominator}",
        rule="GEN-003",
        returned_exclusive_sum=one.returned.exclusive.amount,
        returned_inclusive_sum=one.returned.inclusive.amount,
    )


def _rate(one: RateTax) -> Mapping[str, Any]:
    taxed = one.taxed
    return {
        "tax_rate": taxed.rate.percent,
        "reduced": taxed.reduced,
        "exclusive_sum": taxed.exclusive.amount,
        "inclusive_sum": taxed.inclusive.amount,
        "net": taxed.net.amount,
        "tax": taxed.tax.amount,
        "gross": taxed.gross.amount,
    }


def chosen(*filters: tuple[object, Callable[[Any], ColumnElement[bool]]]) -> list[ColumnElement[bool]]:
    """The conditions of those filters that were given a value."""
    return [condition(value) for value, condition in filters if value is not None]


def beyond(
    day: Any, id_: Any, after: tuple[date, UUID] | None, direction: Direction
) -> tuple[list[ColumnElement[bool]], list[Any]]:
    """The condition that begins after a cursor, and the order of the list."""
    newest = direction == "newest_first"
    order = [day.desc(), id_.desc()] if newest else [day, id_]
    if after is None:
        return [], order
    place = tuple_(day, id_)
    return [place < after if newest else place > after], order
