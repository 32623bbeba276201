"""Who may come in: logins, tokens and what a forged or stale one gets."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from joserfc.jwk import OKPKey

from chassis.auth import signed
from suite.runner.secrets import Secrets
from tests.flows.problems import problem
from tests.flows.running import Suite
from tests.flows.wholesaler import Wholesaler

Claims = dict[str, Any]


@pytest.mark.req("CON-001", "CON-070")
def test_the_owner_logs_in_and_works_in_its_own_maker(shared_maker: Wholesaler, stranger: httpx.Client) -> None:
    login = {"email": shared_maker.email, "password": shared_maker.password}
    told = stranger.post("/v1/tokens", json=login).json()
    answer = stranger.get(f"/v1/makers/{told['maker_id']}", headers=_bearer(told["access_token"]))

    assert (told["maker_id"], told["roles"]) == (shared_maker.maker_id, ["owner"])
    assert (answer.status_code, answer.json()["name"]) == (200, "株式会社流通見本")


@pytest.mark.req("CON-001", "CON-002")
def test_a_wrong_password_and_an_unknown_address_are_told_alike(
    shared_maker: Wholesaler, stranger: httpx.Client
) -> None:
    wrong = stranger.post("/v1/tokens", json={"email": shared_maker.email, "password": "not-the-password"})
    unknown = stranger.post("/v1/tokens", json={"email": "nobody@nowhere.example", "password": "not-the-password"})

    told = [{**problem(answer), "request_id": ""} for answer in (wrong, unknown)]
    assert told[0] == told[1]
    assert (wrong.status_code, told[0]["code"]) == (401, "LOGIN_FAILED")


@pytest.mark.req("CON-070", "GEN-014")
def test_without_a_token_nothing_is_shown(stranger: httpx.Client) -> None:
    answer = stranger.get("/v1/orders")

    assert (answer.status_code, problem(answer)["code"]) == (401, "UNAUTHENTICATED")
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.req("CON-070", "CON-073")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda claims: {**claims, "exp": int(time.time()) - 3600}, id="expired"),
        pytest.param(lambda claims: {**claims, "nbf": int(time.time()) + 3600}, id="not yet valid"),
        pytest.param(lambda claims: {**claims, "iss": "somebody"}, id="another issuer"),
        pytest.param(lambda claims: {**claims, "aud": "another"}, id="another audience"),
        pytest.param(lambda claims: {name: claims[name] for name in claims if name != "exp"}, id="never expires"),
    ],
)
def test_a_genuine_signature_does_not_save_bad_claims(
    suite: Suite, shared_maker: Wholesaler, stranger: httpx.Client, change: Callable[[Claims], Claims]
) -> None:
    key = OKPKey.import_key(json.loads(Secrets(suite.home.secrets).signing_key.read_text(encoding="utf-8")))
    claims = _claims(shared_maker)

    good = stranger.get("/v1/brands", headers=_bearer(signed(claims, key, str(key.kid))))
    bad = stranger.get("/v1/brands", headers=_bearer(signed(change(claims), key, str(key.kid))))

    assert good.status_code == 200
    assert (bad.status_code, problem(bad)["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.req("CON-070", "CON-073")
@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "None", "typ": "JWT"}, {"alg": "HS256"}])
def test_an_unsigned_token_is_no_token(
    shared_maker: Wholesaler, stranger: httpx.Client, header: dict[str, str]
) -> None:
    kid = json.loads(_decoded(_token(shared_maker).split(".")[0]))["kid"]
    unsigned = f"{_encoded({**header, 'kid': kid})}.{_encoded(_claims(shared_maker))}."

    answer = stranger.get("/v1/brands", headers=_bearer(unsigned))

    assert (answer.status_code, problem(answer)["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.req("GEN-005", "CON-070")
def test_a_header_naming_another_maker_changes_nothing(shared_maker: Wholesaler, operator: object) -> None:
    other = "00000000-0000-7000-8000-000000000000"
    answer = shared_maker.http.get("/v1/brands", headers={"Oroshi-Maker": other})

    assert [brand["code"] for brand in answer.json()["items"]] == ["FLOW"]


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _token(maker: Wholesaler) -> str:
    return maker.http.headers["Authorization"].removeprefix("Bearer ")


def _claims(maker: Wholesaler) -> Claims:
    claims: Claims = json.loads(_decoded(_token(maker).split(".")[1]))
    return claims


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(part: Claims) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
