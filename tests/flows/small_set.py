"""A second data set in the shape of demo/wholesaler, as unlike it as the shape allows, its figures worked out by hand.

One brand, two customers, three orders of 2027, prices and tax rounded up, no settings that may be left out, nobody on
hold, no delegations, rates of products, wrong rows, adjustments, returns or short closes, orders in one of the three
files, a bank file without a byte, and a delivery after the last closing run.

Unit prices at 70 % (A1): TEA 333 → 233.1 → 234, CUP 1,999 → 1,399.3 → 1,400; at 55.5 % (B2): CUP → 1,109.445 → 1,110.
S1 (A1): 3 TEA 702 at 8 %, 2 CUP 2,800 at 10 %, shipping 550 with tax.
         Tax 8 %: 56.16 → 57. Tax 10 %: 280 + 550 × 10 / 110 = 330.
S2 (B2): 1 CUP 1,110, tax 111.
S3 (A1): 1 CUP 1,400, tax 140, delivered when all runs are done.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from suite.places import ROOT
from tests.flows.zengin import Transfer, notice

_SHIPPED = ROOT / "demo" / "wholesaler"
Row = Mapping[str, str]


def write_small_set(folder: Path) -> Path:
    """Writes all files, and returns their folder."""
    folder.mkdir(parents=True)
    for name in ("ocs", "delegations", "product_customer_rates", "short_closes", "returns"):
        _csv(folder, f"{name}.csv", [])
    _csv(folder, "products.csv", [_product("TEA", "333", "8"), _product("CUP", "1999", "10")])
    _csv(
        folder,
        "customers.csv",
        [_customer("A1", "アオバ", "70", "end", "end"), _customer("B2", "ボタン", "55.5", "20", "10")],
    )
    _csv(folder, "deliveries.csv", _DELIVERIES)
    _csv(folder, "note_charges.csv", [_of("note_key order_no kind tax_rate amount", "N1 S1 shipping 10 550")])
    _csv(folder, "nextengine_invoice.csv", _ORDERS, encoding="cp932")
    _csv(folder, "nextengine_ordinary.csv", [], encoding="cp932")
    _csv(folder, "nextengine_errors.csv", [], encoding="cp932")
    (folder / "zengin_transfers.txt").write_bytes(notice("2027-03-31", [Transfer("ｱｵﾊﾞ", 4389)]))
    (folder / "zengin_transfers_2.txt").write_bytes(b"")
    for name, told in (
        ("maker", _MAKER),
        ("expected", _EXPECTED),
        ("errors_expected", _ERRORS),
        ("bank_lines_expected", _BANK),
    ):
        (folder / f"{name}.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return folder


def _csv(folder: Path, name: str, rows: Sequence[Row], *, encoding: str = "utf-8") -> None:
    """A file with the columns of the shipped one; what a row leaves out is blank."""
    header = next(csv.reader(io.StringIO((_SHIPPED / name).read_bytes().decode(encoding))))
    text = io.StringIO()
    table = csv.DictWriter(text, header, restval="", lineterminator="\r\n")
    table.writeheader()
    table.writerows(rows)
    (folder / name).write_bytes(text.getvalue().encode(encoding))


def _of(columns: str, cells: str) -> Row:
    return dict(zip(columns.split(), cells.split(), strict=True))


def _product(code: str, price: str, tax: str) -> Row:
    named = _of("brand_code model_number product_name_ja sku_code", f"ONLY {code} 品{code} {code}-F")
    axis = _of("sku_template axis1 axis1_code axis1_ja", "size size F F")
    return {**named, **axis, "original_price": price, "currency": "JPY", "tax_rate": tax}


def _customer(code: str, kana: str, rate: str, closing_day: str, payment_day: str) -> Row:
    named = {"customer_code": code, "name": f"{code}商店", "kana": kana, "kind": "company", "on_hold": "no"}
    address = _of("postal_code address1 phone email", f"530-0000 見本町1 06-0000-0001 {code.lower()}@shop.example")
    terms = {"closing_day": closing_day, "payment_month_offset": "1", "payment_day": payment_day}
    return {**named, **address, **terms, "wholesale_rate": rate}


_ORDER = "顧客コード 店舗伝票番号 受注日 時刻 発送料 商品名 商品コード 商品価格 受注数量 消費税率(%)"


def _order_row(cells: str) -> Row:
    row = dict(_of(_ORDER, cells))
    time = row.pop("時刻")
    return {**row, "受注日": f"{row['受注日']} {time}"}


_ORDERS = [
    _order_row("A1 S1 2027/01/31 23:59:59 550 品TEA TEA-F 333 3 8"),
    _order_row("B2 S2 2027/02/01 00:00:00 0 品CUP CUP-F 1999 1 10"),
    _order_row("A1 S1 2027/01/31 23:59:59 550 品CUP CUP-F 1999 2 10"),
    _order_row("A1 S3 2027/02/28 12:00:00 0 品CUP CUP-F 1999 1 10"),
]
_DELIVERY = "note_key entered_on delivery_date customer_code order_no sku_code quantity expect"
_DELIVERIES = [
    _of(_DELIVERY, "N3 2027-03-01 2027-03-02 A1 S3 CUP-F 1 SHIPPED"),
    _of(_DELIVERY, "N1 2027-02-01 2027-02-28 A1 S1 TEA-F 3 SHIPPED"),
    _of(_DELIVERY, "N2 2027-02-20 2027-02-20 B2 S2 CUP-F 1 SHIPPED"),
    _of(_DELIVERY, "N1 2027-02-01 2027-02-28 A1 S1 CUP-F 2 SHIPPED"),
]
_MAKER = {
    "maker_name": "株式会社ひとつぶ",
    "time_zone": "Asia/Tokyo",
    "currencies": ["JPY"],
    "default_currency": "JPY",
    "price_rounding": "ceil",
    "bill_from": "shipped",
    "brands": [{"code": "ONLY", "name_ja": "一粒"}],
    "locations": [{"code": "L", "name": "本店", "postal_code": "100-0000", "address1": "東京都千代田区見本町1"}],
    "taxes": [
        {
            "code": "N",
            "name": "標準",
            "rate": "10",
            "reduced": False,
            "rounding": "ceil",
            "country": "JP",
            "standard": True,
        },
        {
            "code": "R",
            "name": "軽減",
            "rate": "8",
            "reduced": True,
            "rounding": "ceil",
            "country": "JP",
            "standard": False,
        },
    ],
    "bank_accounts": [
        {
            "code": "X",
            "bank_code": "9999",
            "bank_name": "ミホンギンコウ",
            "branch_code": "001",
            "branch_name": "ホンテン",
            "type": "ordinary",
            "number": "1234567",
            "holder_kana": "カ)リユウツウ",
            "currency": "JPY",
        }
    ],
    "web_catalogs": [{"code": "C", "brand": "ONLY", "name_ja": "一粒"}],
}


def _sums(exclusive: int, inclusive: int, net: int, tax: int) -> dict[str, int]:
    return {"exclusive_sum": exclusive, "inclusive_sum": inclusive, "net": net, "tax": tax, "gross": net + tax}


_NONE = {"0": 0, "8": 0, "10": 0}


def _order(
    customer: str, at: str, lines: list[list[Any]], per_rate: dict[str, dict[str, int]], shipping: int
) -> dict[str, Any]:
    net, tax = (sum(sums[name] for sums in per_rate.values()) for name in ("net", "tax"))
    charges = {
        "fee": _NONE,
        "other_cost": _NONE,
        "points": {**_NONE, "prorated": 0, "payment": 0},
        "coupon": {**_NONE, "prorated": 0},
    }
    return {
        "file": "nextengine_invoice.csv",
        "customer": customer,
        "order_date": at,
        "state_after_import": "PLACED",
        "lines": lines,
        "items_net": sum(line[5] for line in lines),
        "per_rate": per_rate,
        "net": net,
        "tax": tax,
        "grand_total": net + tax,
        "shipping": shipping,
        "final_state": "DELIVERED",
        **charges,
    }


_S1 = {"8": _sums(702, 0, 702, 57), "10": _sums(2800, 550, 3300, 330)}
_S2, _S3 = {"10": _sums(1110, 0, 1110, 111)}, {"10": _sums(1400, 0, 1400, 140)}
_OF_ORDERS = {
    "S1": _order(
        "A1",
        "2027-01-31 23:59:59",
        [["TEA-F", 333, "70", 234, 3, 702, 8], ["CUP-F", 1999, "70", 1400, 2, 2800, 10]],
        _S1,
        550,
    ),
    "S2": _order("B2", "2027-02-01 00:00:00", [["CUP-F", 1999, "55.5", 1110, 1, 1110, 10]], _S2, 0),
    "S3": _order("A1", "2027-02-28 12:00:00", [["CUP-F", 1999, "70", 1400, 1, 1400, 10]], _S3, 0),
}


def _note(
    customer: str, on: str, quantity: int, exclusive: dict[str, int], inclusive: dict[str, int]
) -> dict[str, Any]:
    sums = {"exclusive_sums": exclusive, "inclusive_sums": inclusive, "payment_points": 0}
    return {"expect": "SHIPPED", "customer": customer, "delivery_date": on, "quantity": quantity, **sums}


def _invoice(day: str, bill_to: str, due: str, note: str, per_rate: dict[str, Any], state: str) -> dict[str, Any]:
    net, tax = (sum(sums[name] for sums in per_rate.values()) for name in ("net", "tax"))
    left = 0 if state == "PAID" else net + tax
    return {
        "bill_to": bill_to,
        "closing_date": day,
        "due_date": due,
        "members": [bill_to],
        "notes": [note],
        "late_notes": [],
        "returns": [],
        "per_rate": per_rate,
        "net": net,
        "tax": tax,
        "payment_points": 0,
        "total": net + tax,
        "billing_balance_after": net + tax,
        "state_after_file_1": state,
        "state_after_file_2": state,
        "open_after_file_1": left,
        "open_after_file_2": left,
    }


_EMPTY_FILE = dict.fromkeys(
    "orders lines placed held items_net net tax fee shipping points other_cost grand_total".split(), 0
)
_AFTER = {
    "received": 4389,
    "unallocated": 0,
    "invoiced": 5610,
    "allocated": 4389,
    "fee_discounts": 0,
    "open_invoices": 1221,
    "open_slips": 0,
    "balance": 1221,
    "open_credit_notes": 0,
}
_EXPECTED: dict[str, Any] = {
    "steps": {
        "1_masters": {
            "brands": 1,
            "products": 2,
            "skus": 2,
            "customers": 2,
            "delegatees": 0,
            "delegators": 0,
            "self_billing": 2,
            "product_customer_rates": 0,
            "customers_on_hold": [],
            "customers_over_limit": [],
        },
        "2_import": {
            "nextengine_invoice.csv": {
                "orders": 3,
                "lines": 4,
                "placed": 3,
                "held": 0,
                "items_net": 6012,
                "net": 6512,
                "tax": 638,
                "fee": 0,
                "shipping": 550,
                "points": 0,
                "other_cost": 0,
                "grand_total": 7150,
                "warnings": {},
            },
            "nextengine_ordinary.csv": {**_EMPTY_FILE, "warnings": {}},
            "nextengine_errors.csv": {**_EMPTY_FILE, "warnings": {}},
            "errors": {"imported": 0, "held": 0, "skipped": 0, "rejected": 0},
            "held_orders": [],
        },
        "3_order_confirmations": {
            "cancelled": [],
            "adjusted": [],
            "confirmed": 3,
            "oc_grand_total": 7150,
            "order_shipping_fees": 1,
            "order_shipping_fee_total": 550,
            "unshipped_skus": 4,
            "unshipped_quantity": 7,
        },
        "4_deliveries": {
            "notes": 3,
            "shipped": 3,
            "refused": 0,
            "refused_notes": [],
            "orders_in_two_notes": 0,
            "notes_with_two_orders": 0,
            "late_notes": [],
            "shipped_quantity": 7,
            "short_closed_quantity": 0,
            "still_open_quantity": 0,
            "exclusive_sum": 6012,
            "inclusive_sum": 550,
            "payment_points": 0,
            "returns": 0,
            "return_amount_net": 0,
            "order_states": {"DELIVERED": 3},
        },
        "5_closing_runs": {
            "runs": [
                {"closing_date": "2027-02-20", "invoices": 1, "total": 1221, "notes": 1},
                {"closing_date": "2027-02-28", "invoices": 1, "total": 4389, "notes": 1},
            ],
            "invoices": 2,
            "invoiced": 5610,
            "tax": {"10": 441, "8": 57},
            "net": 5112,
            "payment_points": 0,
            "unbilled_notes_left": 1,
        },
        "6_bank": {
            "files": {
                "zengin_transfers.txt": {"lines": 1, "total": 4389, "new": 1, "duplicates": 0},
                "zengin_transfers_2.txt": {"lines": 0, "total": 0, "new": 0, "duplicates": 0},
                "zengin_transfers.txt (imported again)": {"lines": 1, "total": 4389, "new": 0, "duplicates": 1},
            },
            "after_file_1": _AFTER,
            "after_file_2": _AFTER,
            "decisions": {"auto": 1},
            "invoice_states": {"PAID": 1, "ISSUED": 1},
            "overdue_at_2027_03_31": ["2027-02-20/B2"],
            "overdue_at_2027_03_10": [],
        },
    },
    "orders": _OF_ORDERS,
    "notes": {
        "N1": _note("A1", "2027-02-28", 5, {"8": 702, "10": 2800}, {"10": 550}),
        "N2": _note("B2", "2027-02-20", 1, {"10": 1110}, {}),
        "N3": _note("A1", "2027-03-02", 1, {"10": 1400}, {}),
    },
    "returns": {},
    "invoices": {
        "2027-02-20/B2": _invoice("2027-02-20", "B2", "2027-03-10", "N2", _S2, "ISSUED"),
        "2027-02-28/A1": _invoice("2027-02-28", "A1", "2027-03-31", "N1", _S1, "PAID"),
    },
    "master_fields": {"A1": {"purchaser_name": "A1商店", "bill_to": "A1"}},
}
_ERRORS: dict[str, Any] = {"imported": [], "rejected": [], "skipped": [], "errors": []}
_A1 = {"invoiced": 4389, "allocated": 4389, "fee_discounts": 0, "open_invoices": 0, "open_slips": 0, "balance": 0}
_B2 = {"invoiced": 1221, "allocated": 0, "fee_discounts": 0, "open_invoices": 1221, "open_slips": 0, "balance": 1221}
_BANK: dict[str, Any] = {
    "lines": [
        {
            "line": "L1",
            "file": "zengin_transfers.txt",
            "date": "2027-03-31",
            "inquiry_no": "000001",
            "amount": 4389,
            "decision": "auto",
            "bill_to": "A1",
            "resolution": "none needed",
            "line_state": "MATCHED",
            "allocations": [{"invoice": "2027-02-28/A1", "amount": 4389}],
        }
    ],
    "balances_after_file_1": {"A1": _A1, "B2": _B2},
    "balances": {"A1": _A1, "B2": _B2},
}
_TOLD = {
    "maker.json": _MAKER,
    "expected.json": _EXPECTED,
    "errors_expected.json": _ERRORS,
    "bank_lines_expected.json": _BANK,
}
