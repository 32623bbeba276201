"""The two layouts as data, column by column as in INT 4.1 and 4.2 (INT-038, INT-039)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

MOST: Final = 1_000_000_000


class Cell(Enum):
    """The grammars a cell may have (INT-044)."""

    TEXT = auto()
    LINES = auto()
    CODE = auto()
    NUMBER = auto()
    DATE = auto()
    DATETIME = auto()
    TAX_RATE = auto()


class Field(StrEnum):
    """What a column means, one name for both layouts."""

    CUSTOMER_CODE = "customer_code"
    ORDER_NUMBER = "order_number"
    ORDERED_AT = "ordered_at"
    SHIPPING = "shipping"
    FEE = "fee"
    FEE_0 = "fee_0"
    FEE_8 = "fee_8"
    FEE_10 = "fee_10"
    POINTS = "points"
    POINTS_0 = "points_0"
    POINTS_8 = "points_8"
    POINTS_10 = "points_10"
    POINTS_PRORATED = "points_prorated"
    POINTS_PAYMENT = "points_payment"
    OTHER_COST = "other_cost"
    OTHER_COST_0 = "other_cost_0"
    OTHER_COST_8 = "other_cost_8"
    OTHER_COST_10 = "other_cost_10"
    COUPON_0 = "coupon_0"
    COUPON_8 = "coupon_8"
    COUPON_10 = "coupon_10"
    COUPON_PRORATED = "coupon_prorated"
    TIME_SLOT = "time_slot"
    WISHED_ON = "wished_on"
    WORKER_MEMO = "worker_memo"
    REMARK = "remark"
    PRODUCT_NAME = "product_name"
    SKU_CODE = "sku_code"
    PRICE = "price"
    QUANTITY = "quantity"
    OPTION = "option"
    TAX_RATE = "tax_rate"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: number and header as in the source, what it means, its grammar and limits. `must_be_filled` is
    REQUIRED per row; the customer code is a required column whose cell may be blank (INT-045). `of_order` columns must
    agree in all rows of an order (INT-043)."""

    number: int
    header: str
    field: Field
    cell: Cell
    most: int
    required: bool = False
    must_be_filled: bool = False
    least: int = 0
    of_order: bool = True


@dataclass(frozen=True, slots=True)
class Layout:
    """One of the two templates."""

    name: str
    columns: tuple[Column, ...]


def _number(number: int, header: str, field: Field, least: int = 0) -> Column:
    return Column(number, header, field, Cell.NUMBER, MOST, least=least)


def _head() -> tuple[Column, ...]:
    return (
        Column(1, "顧客コード", Field.CUSTOMER_CODE, Cell.TEXT, 10, required=True),
        Column(2, "店舗伝票番号", Field.ORDER_NUMBER, Cell.CODE, 30, required=True, must_be_filled=True),
        Column(3, "受注日", Field.ORDERED_AT, Cell.DATETIME, 19, required=True, must_be_filled=True),
        _number(4, "発送料", Field.SHIPPING),
        _number(5, "手数料", Field.FEE),
    )


def _tail(first: int) -> tuple[Column, ...]:
    n = first
    return (
        Column(n, "時間帯指定", Field.TIME_SLOT, Cell.TEXT, 20),
        Column(n + 1, "日付指定", Field.WISHED_ON, Cell.DATE, 10),
        Column(n + 2, "作業者欄", Field.WORKER_MEMO, Cell.LINES, 10_000),
        Column(n + 3, "備考", Field.REMARK, Cell.LINES, 10_000),
        Column(n + 4, "商品名", Field.PRODUCT_NAME, Cell.TEXT, 255, of_order=False),
        Column(n + 5, "商品コード", Field.SKU_CODE, Cell.CODE, 30, required=True, must_be_filled=True, of_order=False),
        Column(n + 6, "商品価格", Field.PRICE, Cell.NUMBER, MOST, required=True, must_be_filled=True, of_order=False),
        Column(
            n + 7, "受注数量", Field.QUANTITY, Cell.NUMBER, MOST, required=True, must_be_filled=True, of_order=False
        ),
        Column(n + 8, "商品オプション", Field.OPTION, Cell.TEXT, 255, of_order=False),
        Column(n + 9, "消費税率(%)", Field.TAX_RATE, Cell.TAX_RATE, 2, of_order=False),
    )


INVOICE_READY: Final = Layout(
    "invoice",
    (
        *_head(),
        _number(6, "手数料(0%対象)", Field.FEE_0),
        _number(7, "手数料(8%対象)", Field.FEE_8),
        _number(8, "手数料(10%対象)", Field.FEE_10),
        _number(9, "ポイント", Field.POINTS),
        _number(10, "ポイント(0%対象)", Field.POINTS_0),
        _number(11, "ポイント(8%対象)", Field.POINTS_8),
        _number(12, "ポイント(10%対象)", Field.POINTS_10),
        _number(13, "ポイント(按分)", Field.POINTS_PRORATED),
        _number(14, "ポイント(支払い)", Field.POINTS_PAYMENT),
        _number(15, "その他費用", Field.OTHER_COST, least=-MOST),
        _number(16, "その他費用(0%対象)", Field.OTHER_COST_0),
        _number(17, "その他費用(8%対象)", Field.OTHER_COST_8),
        _number(18, "その他費用(10%対象)", Field.OTHER_COST_10),
        _number(19, "クーポン割引額(0%対象)", Field.COUPON_0, least=-MOST),
        _number(20, "クーポン割引額(8%対象)", Field.COUPON_8, least=-MOST),
        _number(21, "クーポン割引額(10%対象)", Field.COUPON_10, least=-MOST),
        _number(22, "クーポン割引額(按分)", Field.COUPON_PRORATED, least=-MOST),
        *_tail(23),
    ),
)
"""The invoice-ready layout (インボイス対応, 32 columns, 6 required)."""

ORDINARY: Final = Layout(
    "ordinary",
    (
        *_head(),
        _number(6, "ポイント", Field.POINTS),
        _number(7, "その他費用", Field.OTHER_COST, least=-MOST),
        *_tail(8),
    ),
)
"""The ordinary layout (通常, 17 columns, 6 required)."""

LAYOUTS: Final = {layout.name: layout for layout in (INVOICE_READY, ORDINARY)}
ADDED_FOR_INVOICES: Final = frozenset(column.field for column in INVOICE_READY.columns) - frozenset(
    column.field for column in ORDINARY.columns
)
"""The 15 columns marked N: any of them makes a file invoice-ready (INT-041)."""
