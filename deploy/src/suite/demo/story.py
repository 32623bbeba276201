"""What the steps of the story share: the files, the API, and what earlier steps learned."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from suite.demo.client import Api, Json
from suite.demo.compare import Step
from suite.demo.dataset import DataSet


@dataclass
class Story:
    """One replay. Ids are kept by the keys that the files use."""

    data: DataSet
    operator: Api
    tell: Callable[[str], None]
    maker: Api = field(init=False)
    maker_id: str = ""
    owner_email: str = ""
    owner_password: str = ""
    steps: list[Step] = field(default_factory=list)
    """The steps begun so far: what they found stays, even when one of them breaks."""
    customers: dict[str, str] = field(default_factory=dict)
    """Customer code → id."""
    orders: dict[str, str] = field(default_factory=dict)
    """Order number → id."""
    notes: dict[str, Json] = field(default_factory=dict)
    """Note key of the files → the delivery note as answered."""
    refused_notes: dict[str, str] = field(default_factory=dict)
    """Note key → code of the refusal."""
    returns: dict[str, Json] = field(default_factory=dict)
    invoices: dict[str, Json] = field(default_factory=dict)
    """`closing date/bill-to code` → the invoice as answered."""

    def quiet(self) -> None:
        self.maker.wait_until_quiet()

    def begin(self, name: str) -> Step:
        """The step of this name, from now on part of the report."""
        step = Step(name, expected=self.expected(name))
        self.steps.append(step)
        return step

    def expected(self, step: str) -> dict[str, Any]:
        """The oracle's control totals of a step."""
        return dict(self.data.expected["steps"][step])

    def must_accept(self, step: Step, what: str, results: list[Json]) -> list[Json]:
        """The items of a bulk call; refusals are differences."""
        for result in results:
            if not result["ok"]:
                step.check(f"{what}[{result['index']}]", "accepted", result["problem"])
        return [result["item"] for result in results if result["ok"]]
