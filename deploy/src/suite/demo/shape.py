"""The shape of a data set's files: which columns and members the replay reads, and what they may hold.

More columns and members than these are welcome; the files that are uploaded as they are (products, customers, orders,
bank files) are judged by the API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Cell = Callable[[str], str | None]
"""Judges the text of one cell: what is wrong with it, or None."""

_WHOLE: Final = re.compile(r"-?[0-9]+")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _any(_: str) -> None:
    return None


def _filled(text: str) -> str | None:
    return None if text.strip() else "is empty"


def _whole(text: str) -> str | None:
    return None if _WHOLE.fullmatch(text) else f"“{text}” is not a whole number"


def _day(text: str) -> str | None:
    try:
        date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        return f"“{text}” is not a day (YYYY-MM-DD)"
    return None


def _or_blank(cell: Cell) -> Cell:
    return lambda text: cell(text) if text else None


def _one_of(*words: str) -> Cell:
    return lambda text: None if text in words else f"“{text}” is none of {', '.join(words)}"


COLUMNS: Final[Mapping[str, Mapping[str, Cell]]] = {
    "ocs.csv": {
        "order_no": _filled,
        "action": _one_of("cancel", "adjust"),
        "line_no": _or_blank(_whole),
        "old_quantity": _or_blank(_whole),
        "new_quantity": _or_blank(_whole),
        "old_rate": _any,
        "new_rate": _any,
        "reason": _any,
    },
    "deliveries.csv": {
        "note_key": _filled,
        "entered_on": _day,
        "delivery_date": _day,
        "customer_code": _filled,
        "order_no": _filled,
        "sku_code": _filled,
        "quantity": _whole,
    },
    "note_charges.csv": {"note_key": _filled, "order_no": _filled, "kind": _filled, "tax_rate": _any},
    "short_closes.csv": {"order_no": _filled, "sku_code": _filled, "quantity": _whole, "date": _day, "reason": _any},
    "returns.csv": {
        "return_key": _filled,
        "note_key": _filled,
        "date": _day,
        "order_no": _filled,
        "sku_code": _filled,
        "quantity": _whole,
        "reason": _any,
        "restock": _one_of("yes", "no"),
    },
}
"""By file: the columns that the replay reads itself."""


def wrong_cells(name: str, row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Column and reason of every cell that cannot be what it says."""
    for column, judged in COLUMNS[name].items():
        reason = judged(row[column])
        if reason is not None:
            yield column, reason
    if name == "ocs.csv" and row["action"] == "adjust" and not row["line_no"]:
        yield "line_no", "is empty, and an adjustment is of one line"


def _number(value: Any) -> Any:
    try:
        finite = not isinstance(value, bool) and Decimal(str(value)).is_finite()
    except InvalidOperation:
        finite = False
    if not finite:
        raise ValueError("is not a number")
    return value


def _is_day(value: str) -> str:
    reason = _day(value)
    if reason is not None:
        raise ValueError(reason)
    return value


Figure = Annotated[Any, AfterValidator(_number)]
Day = Annotated[str, AfterValidator(_is_day)]
Figures = dict[str, Figure]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class _Coded(_Part):
    code: str


class _Catalog(_Coded):
    brand: str


class Maker(_Part):
    maker_name: str
    brands: list[_Coded]
    locations: list[_Coded]
    taxes: list[_Coded]
    bank_accounts: Annotated[list[_Coded], Field(min_length=1)]
    web_catalogs: list[_Catalog]


class _Order(_Part):
    file: str
    customer: str | None
    order_date: str
    state_after_import: str
    lines: list[list[Any]]
    items_net: Figure
    net: Figure
    tax: Figure
    grand_total: Figure
    shipping: Figure
    fee: Figures
    other_cost: Figures
    points: Figures
    coupon: Figures
    prorated: Figures = {}
    per_rate: dict[str, Figures]


class _Note(_Part):
    """What did not ship has no figures."""

    expect: str
    customer: str = ""
    delivery_date: Day = "1900-01-01"
    quantity: Figure = 0
    exclusive_sums: Figures = {}
    inclusive_sums: Figures = {}
    payment_points: Figure = 0

    @model_validator(mode="after")
    def _whole_when_shipped(self) -> _Note:
        lacking = [] if self.expect != "SHIPPED" else sorted(type(self).model_fields.keys() - self.model_fields_set)
        if lacking:
            raise ValueError(f"lacks {', '.join(lacking)}")
        return self


class _Return(_Part):
    amount: Figure


class _Invoice(_Part):
    bill_to: str
    closing_date: Day
    due_date: Day
    net: Figure
    tax: Figure
    payment_points: Figure
    total: Figure
    members: list[str]
    notes: list[str]
    late_notes: list[str]
    returns: list[str]
    per_rate: dict[str, Figures]
    state_after_file_1: str
    state_after_file_2: str
    open_after_file_1: Figure
    open_after_file_2: Figure


class _Orders(_Part):
    orders: int


class _Run(_Part):
    closing_date: Day


class _ClosingRuns(_Part):
    runs: list[_Run]
    tax: Figures


class _Bank(_Part):
    files: dict[str, Figures]
    after_file_1: Figures
    after_file_2: Figures
    invoice_states: dict[str, int]


class _Import(_Part):
    """The files' totals are members under the names of the files, checked by `Expected`."""

    errors: dict[str, int]
    held_orders: list[str]


class _Confirmations(_Part):
    cancelled: list[str]


class _Deliveries(_Part):
    refused_notes: list[str]
    late_notes: list[str]
    order_states: dict[str, int]


class _Steps(_Part):
    masters: Annotated[dict[str, Any], Field(alias="1_masters")]
    imports: Annotated[_Import, Field(alias="2_import")]
    confirmations: Annotated[_Confirmations, Field(alias="3_order_confirmations")]
    deliveries: Annotated[_Deliveries, Field(alias="4_deliveries")]
    closings: Annotated[_ClosingRuns, Field(alias="5_closing_runs")]
    bank: Annotated[_Bank, Field(alias="6_bank")]


class Expected(_Part):
    steps: _Steps
    orders: dict[str, _Order]
    notes: dict[str, _Note]
    returns: dict[str, _Return]
    invoices: dict[str, _Invoice]
    master_fields: dict[str, dict[str, Any]]


class _RowError(_Part):
    row: int | None
    column: int | None
    header: str | None
    code: str
    value: str | None
    order_no: str | None
    outcome: str


class ExpectedErrors(_Part):
    imported: list[str]
    rejected: list[str]
    skipped: list[str]
    errors: list[_RowError]


class _Allocation(_Part):
    invoice: str
    amount: Figure


class _BankLine(_Part):
    line: str
    file: str
    date: Day
    inquiry_no: str
    amount: Figure
    decision: str
    accept_also: list[str] = []
    bill_to: str | None
    resolution: str
    allocations: list[_Allocation]
    fee_discount: list[_Allocation] = []
    shortage_slip: list[_Allocation] = []
    line_state: str


class ExpectedBank(_Part):
    lines: list[_BankLine]
    balances_after_file_1: dict[str, Figures]
    balances: dict[str, Figures]
