"""Coming in through HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from joserfc.jwk import OKPKey

from chassis.auth import KeyFile, Keys, Verifier
from chassis.http.shell import shell_of
from chassis.testing.http import Tokens

MakerBuilder = Callable[..., dict[str, object]]


async def make(client: httpx.AsyncClient, tokens: Tokens, body: dict[str, object]) -> httpx.Response:
    return await client.post("/v1/makers", json=body, headers=tokens.of_operator())


async def log_in(client: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await client.post("/v1/tokens", json={"email": email, "password": password})


@pytest.mark.req("CON-001", "CUS-001")
async def test_an_owner_logs_in_ignoring_case_and_gets_a_token_of_their_maker(
    client: httpx.AsyncClient,
    tokens: Tokens,
    secrets: dict[str, str],
    a_maker: MakerBuilder,
    tmp_path: Path,
) -> None:
    made = (await make(client, tokens, a_maker())).json()

    answer = await log_in(client, "OWNER@shop.example", "correct horse battery")

    assert answer.status_code == 201
    (tmp_path / "jwks.json").write_text(json.dumps((await client.get("/.well-known/jwks.json")).json()))
    caller = await Verifier(Keys(KeyFile(tmp_path / "jwks.json"))).caller(answer.json()["access_token"])
    assert str(caller.maker_id) == made["maker_id"] == answer.json()["maker_id"]
    assert answer.json()["roles"] == ["owner"]
    assert caller.may("credit.override")


async def test_the_operator_logs_in_without_a_maker(client: httpx.AsyncClient, secrets: dict[str, str]) -> None:
    answer = await log_in(client, secrets["email"], secrets["password"])
    assert (answer.status_code, answer.json()["maker_id"], answer.json()["permissions"]) == (201, None, ["operator"])


@pytest.mark.req("CON-001")
async def test_a_wrong_password_and_an_unknown_address_are_told_alike(
    client: httpx.AsyncClient, tokens: Tokens, secrets: dict[str, str], a_maker: MakerBuilder
) -> None:
    await make(client, tokens, a_maker())
    wrong = (await log_in(client, "owner@shop.example", "not the password")).json()
    unknown = (await log_in(client, "nobody@shop.example", "not the password")).json()
    assert {**wrong, "request_id": ""} == {**unknown, "request_id": ""}
    assert (wrong["status"], wrong["code"]) == (401, "LOGIN_FAILED")


@pytest.mark.req("CON-002")
async def test_ten_wrong_passwords_lock_even_the_right_one_out(
    client: httpx.AsyncClient, tokens: Tokens, secrets: dict[str, str], a_maker: MakerBuilder
) -> None:
    await make(client, tokens, a_maker())
    for _ in range(10):
        assert (await log_in(client, "owner@shop.example", "not the password")).status_code == 401
    answer = await log_in(client, "owner@shop.example", "correct horse battery")
    assert (answer.status_code, answer.json()["code"]) == (423, "LOGIN_LOCKED")


@pytest.mark.req("CON-002")
async def test_ten_wrong_passwords_lock_the_operator_out_too(
    client: httpx.AsyncClient, secrets: dict[str, str]
) -> None:
    for _ in range(10):
        assert (await log_in(client, secrets["email"], "not the password")).status_code == 401
    answer = await log_in(client, secrets["email"].upper(), secrets["password"])
    assert (answer.status_code, answer.json()["code"]) == (423, "LOGIN_LOCKED")


async def test_the_operators_password_forgets_the_wrong_ones(
    client: httpx.AsyncClient, secrets: dict[str, str]
) -> None:
    for _ in range(2):
        for _ in range(9):
            assert (await log_in(client, secrets["email"], "not the password")).status_code == 401
        assert (await log_in(client, secrets["email"], secrets["password"])).status_code == 201


@pytest.mark.parametrize("email", ["operator", " operator"])
async def test_nobody_logs_in_as_the_row_that_counts_the_operators_failures(
    client: httpx.AsyncClient, secrets: dict[str, str], email: str
) -> None:
    await log_in(client, secrets["email"], "not the password")
    for _ in range(10):
        assert (await log_in(client, email, "")).status_code in (401, 422)
    assert (await log_in(client, secrets["email"], secrets["password"])).status_code == 201


async def test_a_member_with_the_operators_address_comes_in_with_either_password(
    client: httpx.AsyncClient, tokens: Tokens, secrets: dict[str, str], a_maker: MakerBuilder
) -> None:
    owner = {"email": secrets["email"], "name": "持主", "password": "correct horse battery"}
    await make(client, tokens, a_maker(owner=owner))
    as_owner = await log_in(client, secrets["email"], "correct horse battery")
    as_operator = await log_in(client, secrets["email"], secrets["password"])
    assert (as_owner.json()["roles"], as_operator.json()["roles"]) == (["owner"], ["operator"])


async def test_without_a_signing_key_the_answer_says_what_to_set(client: httpx.AsyncClient, app: FastAPI) -> None:
    shell = shell_of(app)
    shell.settings = shell.settings.model_copy(update={"signing_key_file": None})
    answer = await client.get("/.well-known/jwks.json")
    assert (answer.status_code, answer.json()["code"]) == (503, "SIGNING_KEY_MISSING")


async def test_published_keys_never_hold_the_private_half(client: httpx.AsyncClient, secrets: dict[str, str]) -> None:
    keys = (await client.get("/.well-known/jwks.json")).json()["keys"]
    assert [sorted(key) for key in keys] == [["crv", "kid", "kty", "x"]]


async def test_after_a_rotation_the_tokens_of_the_key_before_still_count(
    client: httpx.AsyncClient, app: FastAPI, secrets: dict[str, str], tmp_path: Path
) -> None:
    old = (await log_in(client, secrets["email"], secrets["password"])).json()["access_token"]
    before = json.loads((tmp_path / "key.json").read_text())
    known = tmp_path / "known.json"
    known.write_text(json.dumps({"keys": [before]}))  # with its private half, by mistake
    (tmp_path / "key.json").write_text(json.dumps(OKPKey.generate_key("Ed25519", auto_kid=True).as_dict(private=True)))
    shell = shell_of(app)
    shell.settings = shell.settings.model_copy(update={"jwks_file": known})
    new = (await log_in(client, secrets["email"], secrets["password"])).json()["access_token"]
    published = (await client.get("/.well-known/jwks.json")).json()
    assert [sorted(key) for key in published["keys"]] == [["crv", "kid", "kty", "x"]] * 2
    (tmp_path / "jwks.json").write_text(json.dumps(published))
    verifier = Verifier(Keys(KeyFile(tmp_path / "jwks.json")))
    assert [(await verifier.caller(token)).crosses_makers for token in (old, new)] == [True, True]


async def test_a_login_is_added_once(client: httpx.AsyncClient, tokens: Tokens, secrets: dict[str, str]) -> None:
    body = {"email": "sales@shop.example", "name": "営業", "password": "a long enough one"}
    first = await client.post("/v1/logins", json=body, headers=tokens.of_operator())
    second = await client.post("/v1/logins", json=body, headers=tokens.of_operator())
    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 409, "EMAIL_TAKEN")


async def test_a_login_without_membership_gets_no_token(
    client: httpx.AsyncClient, tokens: Tokens, secrets: dict[str, str]
) -> None:
    body = {"email": "sales@shop.example", "name": "営業", "password": "a long enough one"}
    await client.post("/v1/logins", json=body, headers=tokens.of_operator())
    answer = await log_in(client, "sales@shop.example", "a long enough one")
    assert (answer.status_code, answer.json()["code"]) == (403, "NO_MAKER")
