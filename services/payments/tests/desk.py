"""A desk at which the tests work: uploads, lists and deeds over HTTP, and messages of the neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from chassis.testing.messages import Deliver
from services.payments.tests.builders import A, B, C, customer_state, maker_state, transfer, zengin


@dataclass(frozen=True, slots=True)
class Desk:
    """`client` is the maker's owner; `deliver` brings what other services announce."""

    client: httpx.AsyncClient
    deliver: Deliver
    maker_id: UUID

    async def masters(self, **maker: Any) -> None:
        """The maker with account B1, and customers C1 ヤマダ, C2 スズキ, C3 タナカ."""
        await self.deliver(
            maker_state(self.maker_id, **maker),
            customer_state(A, code="C1", name="株式会社山田", kana="ヤマダ"),
            customer_state(B, code="C2", name="鈴木商店", kana="スズキ"),
            customer_state(C, code="C3", name="有限会社田中", kana="タナカ"),
        )

    async def upload(
        self, content: bytes, *, dry_run: bool = False, name: str = "z.txt", **form: str
    ) -> httpx.Response:
        data = {"bank_account_code": "B1", "imported_on": "2026-10-31", **form}
        return await self.client.post(
            "/v1/bank-files",
            params={"dry_run": "true"} if dry_run else {},
            files={"file": (name, content, "application/octet-stream")},
            data={key: value for key, value in data.items() if value},
        )

    async def received(
        self, amount: int = 33_000, payer: str = "ｶ)ﾔﾏﾀﾞ", *, reference: str = "000001", edi: str = ""
    ) -> dict[str, Any]:
        """The only line of a file with one transfer of 2026-09-04."""
        answer = await self.upload(zengin(transfer(amount, payer, reference=reference, edi=edi)))
        assert answer.status_code == 201, answer.text
        return await self.line(answer.json()["lines"][0]["bank_line_id"])

    async def line(self, line_id: str) -> dict[str, Any]:
        return await self.get(f"/v1/bank-lines/{line_id}")

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        answer = await self.client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def items(self, path: str, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.get(path, **params))["items"]
        return found

    async def post(self, path: str, body: Any, *, status: int = 200) -> Any:
        answer = await self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def confirm(self, line_id: str, *, status: int = 200, **body: Any) -> Any:
        return await self.post(f"/v1/bank-lines/{line_id}/confirmation", body, status=status)

    async def balance(self, code: str = "C1", **params: Any) -> dict[str, str]:
        """The money of the customer's only balance; empty without one."""
        found = await self.items("/v1/balances", customer_code=code, **params)
        names = ("balance", "open_invoices", "open_slips", "open_credit_notes", "advances")
        return {name: found[0][name] for name in names} if found else {}

    async def verified(self) -> None:
        """The ledger agrees with everything that is displayed."""
        proof = await self.get("/v1/ledger-verification")
        assert proof["ok"], proof["differences"]
