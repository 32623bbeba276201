"""Makers, locations, bank accounts and members over HTTP, and the command that makes them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from chassis.database import Database
from chassis.testing.http import Tokens
from chassis.testing.messages import Deliver, Outbox
from contracts.customers import BankAccount, CreateMaker, Location, MakerState, MembershipState
from contracts.parts import Address
from contracts.wire import Message
from services.customers.tests import worlds
from services.customers.tests.api.calls import ADDRESS, a_customer, errors

LOCATION = {"code": "HQ", "name": "本社", "address": ADDRESS, "registration_number": "T9234567890123"}
ACCOUNT = {
    "code": "B1",
    "bank_code": "9999",
    "bank_name": "デモギンコウ",
    "branch_code": "001",
    "branch_name": "ホンテン",
    "kind": "ordinary",
    "number": "8235504",
    "holder_kana": "カ)オロシシヨウジ",
    "currency": "JPY",
}


def asked(maker_id: UUID, **changed: Any) -> CreateMaker:
    return CreateMaker(
        **{"maker_id": maker_id, "name": "おろし", "owner_email": "Boss@Maker.example", "owner_name": "社長"} | changed
    )


@pytest.mark.req("CUS-004", "CUS-006")
async def test_the_command_makes_the_maker_and_its_owner(deliver: Deliver, maker_id: UUID, outbox: Outbox) -> None:
    await deliver(asked(maker_id))

    made, joined = await outbox()
    assert made == MakerState(
        maker_id=maker_id,
        name="おろし",
        time_zone="Asia/Tokyo",
        default_language="ja",
        default_currency="JPY",
        currencies=("JPY",),
        price_rounding="floor",
        price_tax_mode="exclusive",
        unshipped_creation="automatic",
        bill_from="issued",
        strict_import=False,
        auto_confirm_matches=False,
        bank_fee_tolerance=Decimal(880),
    )
    assert isinstance(joined, MembershipState)
    assert joined == MembershipState(
        membership_id=joined.membership_id,
        maker_id=maker_id,
        email="boss@maker.example",
        name="社長",
        roles=("owner",),
        active=True,
    )
    assert [row["sequence"] for row in await outbox.messages()] == [1, 1]


@pytest.mark.req("GEN-008")
async def test_a_repeated_command_changes_nothing(deliver: Deliver, maker_id: UUID, outbox: Outbox) -> None:
    record = deliver.record(asked(maker_id))
    await deliver.records(record)
    await deliver.records(record, deliver.record(asked(maker_id)), deliver.record(asked(maker_id, name="別名")))

    assert len(await outbox()) == 2


async def test_commands_for_several_makers_in_one_batch_make_all_of_them(deliver: Deliver, outbox: Outbox) -> None:
    makers = [uuid4(), uuid4()]

    await deliver(*(Message(one, asked(one)) for one in [*makers, *makers]))

    assert {one.maker_id for one in await outbox() if isinstance(one, MakerState)} == set(makers)
    assert len(await outbox()) == 4


async def test_a_command_that_may_not_be_is_parked_and_makes_nothing(
    deliver: Deliver, maker_id: UUID, outbox: Outbox, client: httpx.AsyncClient
) -> None:
    await deliver(asked(maker_id, owner_email="nobody", name=""), may_park=True)

    assert await outbox() == []
    assert (await client.get(f"/v1/makers/{maker_id}")).status_code == 404


@pytest.mark.req("CUS-006", "GEN-006")
async def test_preferences_change_by_what_is_sent(client: httpx.AsyncClient, maker: UUID, outbox: Outbox) -> None:
    path = f"/v1/makers/{maker}"
    before = (await client.get(path)).json()

    answer = await client.patch(
        path,
        json={
            "currencies": ["JPY", "USD", "EUR"],
            "price_rounding": "half_up",
            "auto_confirm_matches": True,
            "bank_fee_tolerance": "660",
        },
        headers={"If-Match": f'"{before["version"]}"'},
    )

    expected = before | {
        "currencies": ["JPY", "USD", "EUR"],
        "price_rounding": "half_up",
        "auto_confirm_matches": True,
        "bank_fee_tolerance": "660",
        "version": before["version"] + 1,
    }
    assert answer.json() == expected
    [state] = await outbox()
    assert isinstance(state, MakerState)
    assert (state.currencies, state.bank_fee_tolerance) == (("JPY", "USD", "EUR"), Decimal(660))
    stale = await client.patch(path, json={"name": "x"}, headers={"If-Match": f'"{before["version"]}"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "CONFLICT")


@pytest.mark.req("CUS-006", "GEN-010")
async def test_wrong_preferences_are_told_at_once(client: httpx.AsyncClient, maker: UUID) -> None:
    malformed = await client.patch(
        f"/v1/makers/{maker}", json={"price_rounding": "up", "currencies": [], "strict_import": "no", "x": 1}
    )
    unknown = await client.patch(
        f"/v1/makers/{maker}", json={"time_zone": "Asia/Edo", "currencies": ["XXX"], "customer_prefix": "あ"}
    )

    assert errors(malformed) == [
        ("TOO_SHORT", "/currencies"),
        ("BAD_CHOICE", "/price_rounding"),
        ("NOT_A_BOOLEAN", "/strict_import"),
        ("UNKNOWN_FIELD", "/x"),
    ]
    assert errors(unknown) == [
        ("UNKNOWN_TIME_ZONE", "/time_zone"),
        ("CURRENCY_UNSUPPORTED", "/currencies/0"),
        ("BAD_CHOICE", "/default_currency"),
        ("BAD_FORMAT", "/customer_prefix"),
    ]


@pytest.mark.req("CUS-006")
async def test_what_customers_use_stays_on_the_lists(client: httpx.AsyncClient, maker: UUID) -> None:
    await client.post("/v1/customers", json=a_customer(currency="USD", language="zh"))

    answer = await client.patch(
        f"/v1/makers/{maker}", json={"currencies": ["EUR"], "default_currency": "EUR", "languages": ["ja"]}
    )

    assert (answer.status_code, errors(answer)) == (
        409,
        [
            ("PREFERENCE_IN_USE", "/default_currency"),
            ("PREFERENCE_IN_USE", "/currencies"),
            ("PREFERENCE_IN_USE", "/languages"),
        ],
    )


@pytest.mark.req("GEN-005")
async def test_a_maker_sees_itself_and_the_operator_sees_all(
    client: httpx.AsyncClient, maker: UUID, tokens: Tokens, database: Database
) -> None:
    other = uuid4()
    await worlds.create_maker(database, other)

    assert (await client.get(f"/v1/makers/{other}")).status_code == 404
    assert (await client.patch(f"/v1/makers/{other}", json={"name": "x"})).status_code == 404
    as_operator = await client.get(f"/v1/makers/{other}", headers=tokens.of_operator())
    assert as_operator.json()["maker_id"] == str(other)
    assert (await client.get(f"/v1/makers/{uuid4()}", headers=tokens.of_operator())).status_code == 404


@pytest.mark.req("CUS-007")
async def test_locations_are_added_changed_listed_and_announced(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    hq = await client.post("/v1/locations", json=LOCATION)
    osaka = await client.post(
        "/v1/locations", json={**LOCATION, "code": "OSAKA", "registration_number": "T8234567890123"}
    )
    changed = await client.patch(
        f"/v1/locations/{osaka.json()['location_id']}",
        json={"address": {"phone": "06-1"}, "registration_number": None},
    )

    assert (hq.status_code, hq.json()["warnings"]) == (201, [])
    assert [warning["code"] for warning in osaka.json()["warnings"]] == ["REG_NO_CHECK_DIGIT"]
    assert (changed.json()["address"]["phone"], changed.json()["registration_number"]) == ("06-1", None)
    assert [one["code"] for one in (await client.get("/v1/locations")).json()["items"]] == ["HQ", "OSAKA"]
    last = (await outbox())[-1]
    assert isinstance(last, MakerState)
    assert last.locations[0] == Location(
        location_id=UUID(hq.json()["location_id"]),
        code="HQ",
        name="本社",
        address=Address(**ADDRESS),
        registration_number="T9234567890123",
    )


@pytest.mark.req("CUS-007", "GEN-005")
async def test_wrong_and_foreign_locations_are_refused(client: httpx.AsyncClient, maker: UUID, tokens: Tokens) -> None:
    first = (await client.post("/v1/locations", json=LOCATION)).json()

    bad = await client.post("/v1/locations", json=LOCATION | {"registration_number": "T123"})
    path = f"/v1/locations/{first['location_id']}"
    foreign = await client.patch(path, json={"name": "x"}, headers=tokens.of_owner(uuid4()))
    unknown = await client.patch(f"/v1/locations/{uuid4()}", json={"name": "x"})

    assert (bad.status_code, errors(bad)) == (422, [("REG_NO_FORMAT", "/registration_number"), ("CODE_TAKEN", "/code")])
    assert (foreign.status_code, unknown.status_code) == (404, 404)


@pytest.mark.req("CUS-008")
async def test_bank_accounts_are_added_deactivated_listed_and_announced(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    added = await client.post("/v1/bank-accounts", json=ACCOUNT)
    path = f"/v1/bank-accounts/{added.json()['bank_account_id']}"
    foreign = await client.post(
        "/v1/bank-accounts",
        json=ACCOUNT | {"code": "B2", "currency": "USD", "bic": "COBADEFF", "iban": "DE89370400440532013000"},
    )
    off = await client.patch(path, json={"active": False})

    assert (added.status_code, foreign.json()["iban"]) == (201, "DE89370400440532013000")
    assert off.json()["active"] is False
    assert [one["active"] for one in (await client.get("/v1/bank-accounts")).json()["items"]] == [False, True]
    last = (await outbox())[-1]
    assert isinstance(last, MakerState)
    assert last.bank_accounts[0] == BankAccount(
        bank_account_id=UUID(added.json()["bank_account_id"]),
        account_type="1",
        active=False,
        **{name: value for name, value in ACCOUNT.items() if name != "kind"},
    )


@pytest.mark.req("CUS-008", "GEN-010")
async def test_wrong_and_foreign_bank_accounts_are_refused(
    client: httpx.AsyncClient, maker: UUID, tokens: Tokens
) -> None:
    first = (await client.post("/v1/bank-accounts", json=ACCOUNT)).json()

    wrong = await client.post(
        "/v1/bank-accounts", json=ACCOUNT | {"bank_code": "99", "number": "１２３４５６７", "code": "B2"}
    )
    no_currency = await client.post("/v1/bank-accounts", json={k: v for k, v in ACCOUNT.items() if k != "currency"})
    path = f"/v1/bank-accounts/{first['bank_account_id']}"
    foreign = await client.patch(path, json={"active": False}, headers=tokens.of_owner(uuid4()))

    assert errors(wrong) == [("BAD_FORMAT", "/bank_code"), ("BAD_FORMAT", "/number")]
    assert errors(no_currency) == [("REQUIRED", "/currency")]
    assert foreign.status_code == 404


@pytest.mark.req("CUS-001", "CUS-003", "CUS-004")
async def test_members_are_added_changed_listed_and_announced(
    client: httpx.AsyncClient, maker: UUID, outbox: Outbox
) -> None:
    added = await client.post(
        "/v1/members", json={"email": "Sales@Maker.example", "name": "佐藤", "roles": ["warehouse", "sales"]}
    )
    path = f"/v1/members/{added.json()['membership_id']}"
    changed = await client.patch(path, json={"active": False}, headers={"If-Match": '"1"'})
    stale = await client.patch(path, json={"active": True}, headers={"If-Match": '"1"'})

    assert (added.status_code, added.json()["roles"]) == (201, ["sales", "warehouse"])
    assert (changed.json()["active"], changed.json()["version"], stale.status_code) == (False, 2, 409)
    told = await outbox()
    assert [(one.email, one.active) for one in told if isinstance(one, MembershipState)] == [
        ("sales@maker.example", True),
        ("sales@maker.example", False),
    ]
    listed = (await client.get("/v1/members?limit=1")).json()
    rest = (await client.get(f"/v1/members?limit=1&cursor={listed['next_cursor']}")).json()
    assert [one["email"] for one in (*listed["items"], *rest["items"])] == [
        "owner@maker.example",
        "sales@maker.example",
    ]
    active = (await client.get("/v1/members?active=true")).json()["items"]
    assert [one["email"] for one in active] == ["owner@maker.example"]


@pytest.mark.req("CUS-004", "CON-030")
async def test_owners_remain_and_only_owners_make_owners(
    client: httpx.AsyncClient, maker: UUID, tokens: Tokens, outbox: Outbox
) -> None:
    admin = tokens.headers("member.manage")
    [owner] = (await client.get("/v1/members")).json()["items"]
    path = f"/v1/members/{owner['membership_id']}"

    last = await client.patch(path, json={"active": False}, headers=tokens.headers("member.manage", "maker.own"))
    by_admin = await client.post(
        "/v1/members", json={"email": "b@maker.example", "name": "B", "roles": ["owner"]}, headers=admin
    )
    twice = await client.post(
        "/v1/members", json={"email": "OWNER@maker.example", "name": "B", "roles": ["sales"]}, headers=admin
    )
    unknown_role = await client.post(
        "/v1/members", json={"email": "b@maker.example", "name": "B", "roles": ["king"]}, headers=admin
    )

    assert (last.status_code, errors(last)) == (409, [("LAST_OWNER", "/active")])
    assert (by_admin.status_code, errors(by_admin)) == (403, [("FORBIDDEN", "/roles")])
    assert (twice.status_code, errors(twice)) == (409, [("MEMBER_EXISTS", "/email")])
    assert errors(unknown_role) == [("BAD_CHOICE", "/roles/0")]
    assert await outbox() == []


@pytest.mark.req("GEN-005")
async def test_another_makers_member_is_not_found(client: httpx.AsyncClient, maker: UUID, tokens: Tokens) -> None:
    [owner] = (await client.get("/v1/members")).json()["items"]

    answer = await client.patch(
        f"/v1/members/{owner['membership_id']}", json={"name": "x"}, headers=tokens.of_owner(uuid4())
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_until_the_maker_has_arrived_it_cannot_be_changed(client: httpx.AsyncClient, maker_id: UUID) -> None:
    for method, path, body in (
        ("PATCH", f"/v1/makers/{maker_id}", {"name": "x"}),
        ("POST", "/v1/locations", LOCATION),
        ("POST", "/v1/bank-accounts", ACCOUNT),
        ("POST", "/v1/members", {"email": "b@maker.example", "name": "B", "roles": ["sales"]}),
    ):
        answer = await client.request(method, path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (409, "MAKER_NOT_READY")
