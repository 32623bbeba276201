"""The customer file (得意先一覧): its columns, and what its rows mean (CUS-038, INT-010, INT-011)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, cast

from chassis.imports import Cleared, Column, Layout, Need, Row, choice, code, decimal, text, whole, yes_no
from customers.core.address import FIELDS, AddressChange
from customers.core.changes import KEEP, Keep
from customers.core.customer import Kind, ProfileChange, code_key
from customers.core.fields import CODE_LENGTH, LIMITS
from customers.core.terms import LATEST_DAY, LONGEST_OFFSET, DropTerms, SetTerms
from customers.usecases.registering import Entry, HoldWish
from kernel.calendar import MONTH_END, BusinessDayRule
from kernel.money import LIMIT
from kernel.refusal import Refusal

_TERMS: Final = ("closing_day", "payment_month_offset", "payment_day", "business_day_rule")
_MONTH_END: Final = frozenset({"end", "末", "末日", "月末"})
_KINDS: Final = {
    "company": Kind.COMPANY,
    "individual": Kind.INDIVIDUAL,
    "企業": Kind.COMPANY,
    "法人": Kind.COMPANY,
    "個人": Kind.INDIVIDUAL,
}
_RULES: Final = {
    "none": BusinessDayRule.NONE,
    "previous": BusinessDayRule.PREVIOUS,
    "next": BusinessDayRule.NEXT,
    "なし": BusinessDayRule.NONE,
    "前営業日": BusinessDayRule.PREVIOUS,
    "翌営業日": BusinessDayRule.NEXT,
}


_CODE: Final = code(CODE_LENGTH, "[A-Za-z0-9]+", "A-Z a-z 0-9")


def _day_of_month(cell: str) -> object:
    """1 to 28, or the end of the month in words."""
    if cell.strip().casefold() in _MONTH_END:
        return MONTH_END
    number = whole(1, LATEST_DAY)(cell)
    if isinstance(number, Refusal):
        return Refusal("BAD_CHOICE", {"allowed": f"1 – {LATEST_DAY}, end"})
    return number


CUSTOMERS: Final = Layout(
    columns=[
        Column("customer_code", ("得意先コード", "顧客コード", "卸先コード", "code"), _CODE, sample="C000123"),
        Column("kind", ("個人・企業", "区分"), choice(_KINDS), sample="company"),
        Column("name", ("得意先名", "卸先名", "名称"), text(LIMITS["name"]), Need.NEW, sample="株式会社見本商店"),
        Column("department", ("部署名",), text(LIMITS["department"]), sample="仕入部"),
        Column("kana", ("フリガナ", "カナ", "得意先名カナ"), text(LIMITS["kana"]), sample="ミホンショウテン"),
        Column("postal_code", ("郵便番号",), text(LIMITS["postal_code"]), sample="100-0000"),
        Column("address1", ("住所1",), text(LIMITS["address1"]), sample="東京都千代田区見本町1-2-3"),
        Column("address2", ("住所2",), text(LIMITS["address2"])),
        Column("phone", ("電話番号", "電話"), text(LIMITS["phone"]), sample="03-0000-0000"),
        Column("email", ("メールアドレス", "メール", "e-mail"), text(LIMITS["email"]), sample="shop@example.com"),
        Column("ship_to_postal_code", ("送付先郵便番号", "送り先郵便番号"), text(LIMITS["postal_code"])),
        Column("ship_to_address1", ("送付先住所1", "送り先住所1"), text(LIMITS["address1"])),
        Column("ship_to_address2", ("送付先住所2", "送り先住所2"), text(LIMITS["address2"])),
        Column("ship_to_name", ("送付先名", "送り先名"), text(LIMITS["name"])),
        Column("ship_to_department", ("送付先部署名", "送り先部署名"), text(LIMITS["department"])),
        Column("ship_to_kana", ("送付先カナ", "送り先カナ"), text(LIMITS["kana"])),
        Column("ship_to_phone", ("送付先電話番号", "送り先電話番号"), text(LIMITS["phone"])),
        Column("payment_category", ("支払区分",), text(LIMITS["payment_category"]), sample="銀行振込"),
        Column("shipping_category", ("発送区分",), text(LIMITS["shipping_category"]), sample="宅配便"),
        Column("wholesale_rate", ("掛率", "掛率(%)"), decimal(0, 100, decimals=2), sample="62.5"),
        Column("closing_day", ("締日",), _day_of_month, sample="end"),
        Column("payment_month_offset", ("支払月", "支払月(ヶ月後)"), whole(0, LONGEST_OFFSET), sample="1"),
        Column("payment_day", ("支払日",), _day_of_month, sample="end"),
        Column("business_day_rule", ("休業日の扱い",), choice(_RULES)),
        Column("credit_limit", ("与信限度額", "与信限度"), decimal(0, LIMIT, decimals=2), sample="1000000"),
        Column("on_hold", ("与信保留",), yes_no(), sample="no"),
        Column("hold_reason", ("与信保留理由", "保留理由"), text(LIMITS["reason"])),
        Column("language", ("言語",), text(2)),
        Column("currency", ("通貨",), text(3)),
        Column("active", ("有効",), yes_no()),
    ]
)  # fmt: skip
"""`demo/wholesaler/customers.csv` imports as it is; a blank code makes one from the maker's prefix (CUS-030)."""

_COLUMN_OF: Final = {
    "/code": "customer_code",
    "/terms": "closing_day",
    "/hold": "on_hold",
    "/reason": "hold_reason",
    "/delegator": "delegator_code",
    "/delegatee": "delegatee_code",
    **{f"/address/{name}": name for name in FIELDS},
    **{f"/destination/{name}": f"ship_to_{name}" for name in FIELDS},
}


@dataclass(slots=True)
class CustomerRows:
    """Reads rows as entries; knows the codes of the rows before, because a code may stand once in a file."""

    otherwise: str
    """The reason of a hold or release that gives none."""
    _first_rows: dict[str, int] = field(default_factory=dict)

    def entry(self, row: Row) -> Entry | tuple[Refusal, ...]:
        """What the row says, or that it cannot be taken."""
        problems = (*self._code_problems(row), *_clear_problems(row))
        return problems or Entry(
            code=row.value("customer_code", keep=None, empty=None),
            profile=_profile(row),
            destination=AddressChange(**_address(row, "ship_to_")),
            terms=_terms(row),
            hold=self._hold(row),
        )

    def _code_problems(self, row: Row) -> tuple[Refusal, ...]:
        typed = row.values.get("customer_code")
        if not isinstance(typed, str):
            return () if typed is None else (row.refusal("CLEAR_NOT_ALLOWED", "customer_code"),)
        first = self._first_rows.setdefault(code_key(typed), row.number)
        if first == row.number:
            return ()
        return (row.refusal("DUPLICATE_ROW", "customer_code", first_row=str(first)),)

    def _hold(self, row: Row) -> HoldWish | None:
        held = row.values.get("on_hold")
        if not isinstance(held, bool):
            return None
        reason = row.value("hold_reason", keep=None, empty=None)
        return HoldWish(held, reason, self.otherwise)


def placed(row: Row, refusals: Sequence[Refusal]) -> tuple[Refusal, ...]:
    """Refusals of a deed as problems of the row's cells: request fields are columns here."""
    return tuple(
        refusal
        if refusal.row is not None
        else _of_cell(row, refusal, _COLUMN_OF.get(refusal.field or "", (refusal.field or "").strip("/")))
        for refusal in refusals
    )


def _of_cell(row: Row, refusal: Refusal, column: str) -> Refusal:
    there = row.refusal(refusal.code, column)
    return Refusal(refusal.code, refusal.facts, there.field, there.row, there.column, there.value or refusal.value)


def _clear_problems(row: Row) -> tuple[Refusal, ...]:
    """Terms are emptied as a whole, by `#CLEAR` in the closing day; a yes or no is never empty."""
    dropped = row.values.get("closing_day") is Cleared.CLEARED
    needed = ["kind", "on_hold", "language", "currency", "active", *(() if dropped else _TERMS[1:3])]
    return tuple(row.refusal("CLEAR_NOT_ALLOWED", name) for name in needed if row.values.get(name) is Cleared.CLEARED)


def _profile(row: Row) -> ProfileChange:
    return ProfileChange(
        kind=_given(row, "kind"),
        address=AddressChange(**_address(row, "")),
        email=_text(row, "email"),
        payment_category=_text(row, "payment_category"),
        shipping_category=_text(row, "shipping_category"),
        language=_given(row, "language"),
        currency=_given(row, "currency"),
        wholesale_rate=_number(row, "wholesale_rate"),
        credit_limit=_number(row, "credit_limit"),
        active=_given(row, "active"),
    )


def _address(row: Row, prefix: str) -> Mapping[str, str | Keep]:
    return {name: _text(row, f"{prefix}{name}") for name in FIELDS}


def _terms(row: Row) -> SetTerms | DropTerms | None:
    if row.values.get("closing_day") is Cleared.CLEARED:
        return DropTerms()
    rule = row.values.get("business_day_rule", KEEP)
    given = SetTerms(
        closing_day=_given(row, "closing_day"),
        payment_month_offset=_given(row, "payment_month_offset"),
        payment_day=_given(row, "payment_day"),
        business_day_rule=BusinessDayRule.NONE if rule is Cleared.CLEARED else cast("BusinessDayRule | Keep", rule),
    )
    return None if given.says_nothing else given


def _given(row: Row, name: str) -> Any:
    """The value as the column's reader made it; a blank cell keeps."""
    return row.values.get(name, KEEP)


def _text(row: Row, name: str) -> str | Keep:
    given = row.values.get(name, KEEP)
    return "" if given is Cleared.CLEARED else cast("str | Keep", given)


def _number(row: Row, name: str) -> Decimal | Keep | None:
    given = row.values.get(name, KEEP)
    return None if given is Cleared.CLEARED else cast("Decimal | Keep", given)
