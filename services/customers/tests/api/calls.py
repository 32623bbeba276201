"""What callers send, and short ways to read answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import httpx

WHOLESALER: Final = Path(__file__).parents[4] / "demo" / "wholesaler"

ADDRESS: Final = {
    "postal_code": "980-4994",
    "address1": "宮城県仙台市青葉区見本町4-26-6",
    "address2": "デモビル6階",
    "name": "株式会社玉野井",
    "department": "仕入部",
    "kana": "タマノイ",
    "phone": "022-0000-7390",
}


def a_customer(code: str | None = "K101X", **changed: Any) -> dict[str, Any]:
    """A request to register a customer."""
    return {
        "code": code,
        "kind": "company",
        "address": ADDRESS,
        "email": "k101x@shop.example",
        "payment_category": "銀行振込",
        "shipping_category": "宅配便",
        "wholesale_rate": "62.5",
        "credit_limit": "50000000",
    } | changed


def other_customer(code: str, **changed: Any) -> dict[str, Any]:
    """A customer that looks like no other."""
    address = {**ADDRESS, "name": f"株式会社{code}", "phone": code}
    return a_customer(code, address=address, email=f"{code.lower()}@shop.example") | changed


async def registered(client: httpx.AsyncClient, code: str | None = "K101X", **changed: Any) -> dict[str, Any]:
    """A customer that is there."""
    asked = a_customer(code, **changed) if code in (None, "K101X") else other_customer(code, **changed)
    answer = await client.post("/v1/customers", json=asked)
    assert answer.status_code == 201, answer.text
    customer: dict[str, Any] = answer.json()
    return customer


async def many(client: httpx.AsyncClient, *codes: str) -> dict[str, str]:
    """Customers that are there: id by code."""
    answer = await client.post("/v1/customer-batches", json=[other_customer(code) for code in codes])
    assert answer.json()["refused"] == 0, answer.text
    return {one["item"]["code"]: one["item"]["customer_id"] for one in answer.json()["results"]}


def errors(answer: httpx.Response) -> list[tuple[str, str | None]]:
    """Code and field of every error."""
    return [(error["code"], error.get("field")) for error in answer.json()["errors"]]


def cells(answer: httpx.Response) -> list[tuple[int | None, str | None, str, str | None]]:
    """Row, header, code and value of every error of a file, from a problem or from a report."""
    return [(one.get("row"), one.get("header"), one["code"], one.get("value")) for one in answer.json()["errors"]]


def refusals(answer: httpx.Response) -> list[tuple[int, str]]:
    """Index and code of the refused commands of a bulk call."""
    assert answer.status_code == 200, answer.text
    return [(one["index"], one["problem"]["code"]) for one in answer.json()["results"] if not one["ok"]]


async def upload(client: httpx.AsyncClient, path: str, content: bytes, name: str = "file.csv") -> httpx.Response:
    """Sends a file."""
    return await client.post(path, files={"file": (name, content)})
