"""Customers over HTTP: registering, reading, changing, listing."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.testing.http import Tokens
from chassis.testing.messages import Outbox
from contracts.customers import CustomerState, ShipTo, TermsState
from contracts.parts import Address
from services.customers.tests import worlds
from services.customers.tests.api.calls import ADDRESS, a_customer, errors, many, other_customer, refusals, registered

NOBODY = UUID(int=0)
"""An id in test names, which must be the same in every process."""

DEPOT = {**ADDRESS, "name": "玉野井物流センター", "department": ""}


@pytest.mark.req("CUS-030", "CUS-032", "CUS-033", "CUS-051")
async def test_a_registered_customer_is_announced_whole_with_its_terms(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    customer = await registered(
        client,
        destination=DEPOT,
        terms={"closing_day": 20, "payment_month_offset": 1, "payment_day": 0},
        mailing_address={},
    )

    customer_id = UUID(customer["customer_id"])
    assert await outbox() == [
        CustomerState(
            customer_id=customer_id,
            code="K101X",
            kind="company",
            address=Address(**ADDRESS),
            email="k101x@shop.example",
            ship_tos=(ShipTo(number=0, address=Address(**DEPOT)),),
            payment_category="銀行振込",
            shipping_category="宅配便",
            language="ja",
            currency="JPY",
            wholesale_rate=Decimal("62.5"),
            credit_limit=Decimal(50_000_000),
            on_hold=False,
            active=True,
        ),
        TermsState(
            customer_id=customer_id,
            closing_day=20,
            payment_month_offset=1,
            payment_day=0,
            business_day_rule="none",
        ),
    ]
    assert customer["terms"] == {
        "closing_day": 20,
        "payment_month_offset": 1,
        "payment_day": 0,
        "business_day_rule": "none",
        "version": 1,
    }
    assert (customer["destination"], customer["mailing_address"], customer["version"]) == (DEPOT, None, 1)
    again = await client.get(f"/v1/customers/{customer_id}")
    assert (again.json(), again.headers["etag"]) == (customer, '"1"')


@pytest.mark.req("GEN-010", "CUS-034", "CUS-038")
async def test_all_problems_of_a_registration_are_told_at_once(client: httpx.AsyncClient, maker: UUID) -> None:
    wrong = a_customer(
        code="K-1", kind="shop", address={"postal_code": "1" * 21, "colour": "red"}, wholesale_rate=62.5, extra=1
    )

    answer = await client.post("/v1/customers", json=wrong)

    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION")
    assert errors(answer) == [
        ("BAD_FORMAT", "/code"),
        ("BAD_CHOICE", "/kind"),
        ("TOO_LONG", "/address/postal_code"),
        ("UNKNOWN_FIELD", "/address/colour"),
        ("NOT_A_DECIMAL", "/wholesale_rate"),
        ("UNKNOWN_FIELD", "/extra"),
    ]


@pytest.mark.req("GEN-010", "CUS-034")
async def test_all_problems_that_need_the_masters_are_told_at_once(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    await registered(client)
    wrong = a_customer(
        "k101x",
        address={},
        email="nobody",
        currency="EUR",
        credit_limit="0.5",
        ship_tos=[{"address": DEPOT}],
        terms={"closing_day": 10, "payment_month_offset": 1, "payment_day": 28},
    )
    await outbox.clear()

    answer = await client.post("/v1/customers", json=wrong)

    assert errors(answer) == [
        ("REQUIRED", "/address/name"),
        ("BAD_EMAIL", "/email"),
        ("CURRENCY_NOT_ENABLED", "/currency"),
        ("TOO_MANY_DECIMALS", "/credit_limit"),
        ("CUSTOMER_ID_TAKEN", "/code"),
        ("CUSTOMER_NOT_SAVED", "/ship_tos"),
    ]
    assert await outbox() == []


@pytest.mark.req("CUS-030")
async def test_codes_are_generated_after_the_last_one_and_around_typed_ones(
    client: httpx.AsyncClient, maker: UUID
) -> None:
    await many(client, "C000001", "c000003")

    first = await registered(client, None)
    answer = await client.post(
        "/v1/customer-batches",
        json=[
            a_customer(None),
            a_customer("C000005"),
            a_customer(None, address={}),
            a_customer(None),
        ],
    )

    assert first["code"] == "C000002"
    assert [one["item"]["code"] for one in answer.json()["results"] if one["ok"]] == ["C000004", "C000005", "C000006"]
    assert refusals(answer) == [(2, "REQUIRED")]
    assert (await registered(client, None))["code"] == "C000007"


@pytest.mark.req("CUS-030")
async def test_an_exhausted_prefix_is_told(client: httpx.AsyncClient, maker: UUID) -> None:
    await client.patch(f"/v1/makers/{maker}", json={"customer_prefix": "ABCDEF"})

    answer = await client.post("/v1/customer-batches", json=[a_customer(None) for _ in range(10)])

    assert [one["item"]["code"] for one in answer.json()["results"] if one["ok"]][-1] == "ABCDEF9"
    assert refusals(answer) == [(9, "SEQUENCE_FULL")]


@pytest.mark.req("CUS-046")
async def test_a_likely_duplicate_is_warned_about_and_saved(client: httpx.AsyncClient, maker: UUID) -> None:
    first = await registered(client)
    second = await client.post("/v1/customers", json=a_customer("B2", email="other@shop.example"))
    third = await client.post("/v1/customers", json=other_customer("B3", email="K101X@shop.example"))

    assert first["warnings"] == []
    for answer in (second, third):
        [warning] = answer.json()["warnings"]
        assert (warning["code"], "K101X" in warning["message"]) == ("DUPLICATE_CUSTOMER", True)


@pytest.mark.req("CUS-005", "CUS-046")
async def test_duplicates_within_one_batch_are_warned_about(client: httpx.AsyncClient, maker: UUID) -> None:
    answer = await client.post("/v1/customer-batches", json=[a_customer("A1"), a_customer("A2"), other_customer("A3")])

    warned = [len(one["item"]["warnings"]) for one in answer.json()["results"]]
    assert warned == [1, 1, 0]


@pytest.mark.req("GEN-007")
async def test_a_repeated_call_registers_once(client: httpx.AsyncClient, maker: UUID, outbox: Outbox) -> None:
    answers = [
        await client.post("/v1/customers", json=a_customer(None), headers={"Idempotency-Key": "k-1"}) for _ in range(2)
    ]

    assert answers[0].content == answers[1].content
    assert len(await outbox()) == 1


@pytest.mark.req("GEN-005")
async def test_another_makers_customer_is_not_found(
    client: httpx.AsyncClient, maker: UUID, tokens: Tokens, outbox: Outbox
) -> None:
    customer_id = (await registered(client))["customer_id"]
    await outbox.clear()
    stranger = tokens.of_owner(uuid4())

    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"email": "a@b.example"}),
        ("PUT", "/terms", {"closing_day": 1, "payment_month_offset": 1, "payment_day": 1}),
        ("DELETE", "/terms", None),
        ("POST", "/hold", {"reason": "x"}),
        ("POST", "/hold-release", {"reason": "x"}),
        ("GET", "/holds", None),
        ("GET", "/ship-tos", None),
        ("POST", "/ship-tos", {"address": DEPOT}),
        ("PATCH", "/ship-tos/1", {"address": {}}),
    ):
        answer = await client.request(method, f"/v1/customers/{customer_id}{path}", json=body, headers=stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND"), path
    assert await outbox() == []


@pytest.mark.req("GEN-005")
async def test_a_maker_with_customers_of_its_own_does_not_find_anothers(
    client: httpx.AsyncClient, maker: UUID, tokens: Tokens, database: Any
) -> None:
    customer_id = (await registered(client))["customer_id"]
    other = uuid4()
    await worlds.create_maker(database, other)
    stranger = tokens.of_owner(other)

    patched = await client.patch(f"/v1/customers/{customer_id}", json={"email": "a@b.example"}, headers=stranger)
    by_code = await client.post(
        "/v1/customer-holds", json=[{"customer_code": "K101X", "reason": "x"}], headers=stranger
    )
    same_code = await client.post("/v1/customers", json=a_customer(), headers=stranger)

    assert (patched.status_code, patched.json()["code"]) == (404, "NOT_FOUND")
    assert refusals(by_code) == [(0, "UNKNOWN_CUSTOMER")]
    assert (same_code.status_code, same_code.json()["warnings"]) == (201, [])


@pytest.mark.req("GEN-014", "CON-030")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v1/customers", None),
        ("POST", "/v1/customers", {}),
        ("POST", "/v1/customer-batches", []),
        ("PUT", f"/v1/customers/{NOBODY}/terms", {}),
        ("POST", f"/v1/customers/{NOBODY}/hold", {}),
        ("POST", "/v1/customer-holds", []),
        ("POST", "/v1/billing-delegations", []),
        ("GET", "/v1/members", None),
        ("PATCH", f"/v1/makers/{NOBODY}", {}),
    ],
)
async def test_without_the_permission_nothing_is_told_or_done(
    client: httpx.AsyncClient, maker: UUID, tokens: Tokens, method: str, path: str, body: object
) -> None:
    answer = await client.request(method, path, json=body, headers=tokens.headers("order.read"))

    assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")


@pytest.mark.req("CON-030", "CUS-064")
async def test_limits_and_terms_need_a_right_of_their_own(
    client: httpx.AsyncClient, maker: UUID, tokens: Tokens
) -> None:
    sales = tokens.headers("customer.write", "customer.read")
    terms = {"closing_day": 20, "payment_month_offset": 1, "payment_day": 0}

    refused = await client.post("/v1/customers", json=a_customer(terms=terms), headers=sales)
    plain = await client.post("/v1/customers", json=a_customer(credit_limit=None), headers=sales)
    raised = await client.patch(
        f"/v1/customers/{plain.json()['customer_id']}", json={"credit_limit": "1"}, headers=sales
    )

    assert (refused.status_code, errors(refused)) == (403, [("FORBIDDEN", "/credit_limit"), ("FORBIDDEN", "/terms")])
    assert plain.status_code == 201
    assert (raised.status_code, errors(raised)) == (403, [("FORBIDDEN", "/credit_limit")])


@pytest.mark.req("CUS-031")
async def test_a_code_never_changes(client: httpx.AsyncClient, maker: UUID) -> None:
    customer = await registered(client)

    answer = await client.patch(f"/v1/customers/{customer['customer_id']}", json={"code": "B2"})

    assert errors(answer) == [("UNKNOWN_FIELD", "/code")]


@pytest.mark.req("INT-011", "GEN-006", "CUS-037")
async def test_a_change_keeps_what_is_left_out_or_empty_and_null_empties(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    customer = await registered(client, destination=DEPOT, mailing_address=DEPOT)
    await outbox.clear()

    answer = await client.patch(
        f"/v1/customers/{customer['customer_id']}",
        json={
            "address": {"department": None, "kana": "", "phone": "03-1"},
            "destination": {"phone": "03-2"},
            "email": "",
            "mailing_address": None,
            "credit_limit": None,
            "wholesale_rate": "50",
        },
        headers={"If-Match": '"1"'},
    )

    changed = answer.json()
    assert answer.status_code == 200
    assert changed["address"] == {**ADDRESS, "department": "", "phone": "03-1"}
    assert changed["destination"] == {**DEPOT, "phone": "03-2"}
    assert (changed["email"], changed["mailing_address"]) == ("k101x@shop.example", None)
    assert (changed["credit_limit"], changed["wholesale_rate"], changed["version"]) == (None, "50", 2)
    [state] = await outbox()
    assert isinstance(state, CustomerState)
    assert (state.credit_limit, state.mailing_address) == (None, None)
    assert [row["sequence"] for row in await outbox.messages()] == [2]


@pytest.mark.req("GEN-006")
async def test_a_change_of_an_older_version_is_a_conflict_and_the_same_again_changes_nothing(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    path = f"/v1/customers/{(await registered(client))['customer_id']}"
    await client.patch(path, json={"active": False}, headers={"If-Match": '"1"'})
    await outbox.clear()

    stale = await client.patch(path, json={"active": True}, headers={"If-Match": '"1"'})
    same = await client.patch(path, json={"active": False}, headers={"If-Match": '"2"'})

    assert (stale.status_code, stale.json()["code"]) == (409, "CONFLICT")
    assert (same.status_code, same.json()["version"]) == (200, 2)
    assert await outbox() == []


async def test_many_changes_are_done_in_order_and_refused_apart(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    ids = await many(client, "A1", "A2")
    await outbox.clear()

    answer = await client.post(
        "/v1/customer-changes",
        json=[
            {"customer_code": "a1", "change": {"email": "one@a.example"}},
            {"customer_id": ids["A1"], "change": {"kind": "individual"}, "version": 1},
            {"customer_code": "A2", "change": {"email": "nobody"}},
            {"customer_code": "A9", "change": {}},
            {"customer_id": str(uuid4()), "change": {}},
            {"customer_id": ids["A2"], "change": {}, "version": 7},
        ],
    )

    assert refusals(answer) == [(2, "BAD_EMAIL"), (3, "UNKNOWN_CUSTOMER"), (4, "NOT_FOUND"), (5, "CONFLICT")]
    [state] = await outbox()
    assert isinstance(state, CustomerState)
    assert (state.email, state.kind) == ("one@a.example", "individual")


async def test_a_customer_is_named_by_id_or_by_code(client: httpx.AsyncClient, maker: UUID) -> None:
    answer = await client.post(
        "/v1/customer-holds",
        json=[{"reason": "x"}, {"customer_id": str(uuid4()), "customer_code": "A1", "reason": "x"}],
    )

    assert errors(answer) == [("ONE_REFERENCE", "/0"), ("ONE_REFERENCE", "/1")]


@pytest.mark.req("GEN-016")
async def test_lists_filter_search_sort_and_page(client: httpx.AsyncClient, maker: UUID) -> None:
    ids = await many(client, "B1", "A2", "C3")
    await client.patch(
        f"/v1/customers/{ids['A2']}", json={"active": False, "address": {"name": "100%のりば_", "kana": "ノリバ"}}
    )
    await client.post(f"/v1/customers/{ids['C3']}/hold", json={"reason": "x"})

    async def codes(query: str) -> list[str]:
        answer = await client.get(f"/v1/customers?{query}")
        assert answer.status_code == 200, answer.text
        return [one["code"] for one in answer.json()["items"]]

    assert await codes("") == ["A2", "B1", "C3"]
    assert await codes("sort=-code&limit=2") == ["C3", "B1"]
    assert await codes("sort=changed_at") == ["B1", "A2", "C3"]
    assert await codes("sort=-name") == ["C3", "B1", "A2"]
    assert await codes("code=b1") == ["B1"]
    assert await codes("on_hold=true") == ["C3"]
    assert await codes("on_hold=false&active=true") == ["B1"]
    assert await codes("q=のりば") == ["A2"]
    assert await codes("q=ﾉﾘﾊﾞ 100%25") == ["A2"]
    assert await codes("q=%25") == ["A2"]
    assert await codes("q=_") == ["A2"]
    assert await codes("q=株式会社 c3") == ["C3"]


@pytest.mark.req("GEN-016")
@pytest.mark.parametrize("sort", ["code", "-code", "name", "-name", "kana", "-kana", "changed_at", "-changed_at"])
async def test_pages_put_together_are_the_whole_list(client: httpx.AsyncClient, maker: UUID, sort: str) -> None:
    await many(client, *(f"A{number}" for number in range(7)))
    whole = (await client.get(f"/v1/customers?sort={sort}")).json()["items"]

    seen: list[Any] = []
    cursor = ""
    while len(seen) < 7:
        page = (await client.get(f"/v1/customers?sort={sort}&limit=3{cursor}")).json()
        seen += page["items"]
        cursor = f"&cursor={page['next_cursor']}"

    assert seen == whole
    assert len(whole) == 7
    assert cursor == "&cursor=None"


@pytest.mark.parametrize("query", ["sort=phone", "colour=red", "limit=201", "cursor=x", "on_hold=maybe", "q=%00"])
async def test_a_wrong_parameter_is_refused(client: httpx.AsyncClient, maker: UUID, query: str) -> None:
    assert (await client.get(f"/v1/customers?{query}")).status_code in (400, 422)


async def test_before_the_maker_has_arrived_nothing_is_registered(client: httpx.AsyncClient, outbox: Outbox) -> None:
    answer = await client.post("/v1/customers", json=a_customer())

    assert (answer.status_code, answer.json()["code"]) == (409, "MAKER_NOT_READY")
    assert await outbox() == []
