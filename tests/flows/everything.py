"""A maker that has one of everything that the public API names by an id."""

from __future__ import annotations

from tests.flows.wholesaler import SHIRT, TEA, Wholesaler
from tests.flows.zengin import Transfer


def one_of_everything(maker: Wholesaler) -> dict[str, str]:
    """Makes it, and returns path or query parameter → id."""
    customer = maker.customer("RICH", kana="リツチ")
    order = maker.confirmed("RICH", {SHIRT: 3, TEA: 1}, shipping_fee="660")
    note = maker.note(order, {SHIRT: 3}, on="2026-09-10")
    maker.quiet()
    back = {"note_id": note["note_id"], "reason": "不良", "lines": [{"sku_code": SHIRT, "quantity": 1}]}
    returned = maker.api.post("/v1/return-notes", {**back, "returned_on": "2026-09-12"})
    run = maker.close("2026-09-30")
    [invoice] = run["invoices"]
    report = maker.bank("2026-10-05", Transfer("ﾘﾂﾁ", 9000))
    [line] = report["lines"]
    told = {"invoice_number": invoice["number"], "amount": invoice["total"]}
    settle = {"customer_code": "RICH", "allocations": [told], "remainder": "overpayment"}
    maker.api.post(f"/v1/bank-lines/{line['bank_line_id']}/confirmation", settle)
    profile = maker.api.post("/v1/statement-profiles", {"name": "csv", "value_date": 1, "amount": 2, "payer": 3})
    maker.quiet()

    def first(path: str, name: str) -> str:
        return str(maker.api.get(path)["items"][0][name])

    return {
        "maker_id": maker.maker_id,
        "customer_id": customer,
        "bill_to_id": customer,
        "delegator_id": customer,
        "delegatee_id": customer,
        "order_id": str(order["order_id"]),
        "note_id": str(note["note_id"]),
        "return_id": str(returned["return_id"]),
        "billable_id": first("/v1/billable-notes", "billable_id"),
        "run_id": str(run["run_id"]),
        "invoice_id": str(invoice["invoice_id"]),
        "credit_note_id": first("/v1/credit-notes", "credit_note_id"),
        "bank_file_id": str(report["bank_file_id"]),
        "bank_line_id": str(line["bank_line_id"]),
        "bank_account_id": first("/v1/bank-accounts", "bank_account_id"),
        "account_id": first("/v1/bank-accounts", "bank_account_id"),
        "profile_id": str(profile["profile_id"]),
        "product_id": first("/v1/products", "product_id"),
        "catalog_id": first("/v1/web-catalogs", "catalog_id"),
        "brand_id": first("/v1/brands", "brand_id"),
        "tax_id": first("/v1/taxes", "tax_id"),
        "location_id": first("/v1/locations", "location_id"),
        "membership_id": first("/v1/members", "membership_id"),
    }
