"""A refusal: the domain's answer "no, because", a value and not an exception (STYLE, GEN-010)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Refusal:
    """One problem: the code of the specification, the facts its text needs, and where it is.

    `field` is the path of a request field; `row` and `column` count from 1 as the user's file shows them; `value` is
    the refused input. Texts in the user's language are made at the edge from code and facts.
    """

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)
    field: str | None = None
    row: int | None = None
    column: int | None = None
    value: str | None = None
