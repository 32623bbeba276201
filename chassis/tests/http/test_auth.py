"""Access tokens: what is accepted, and the tricks that are not (GEN-014, RELIABILITY §4, §5 no. 34)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from joserfc.jwk import OKPKey

from chassis.auth import Caller, KeyFile, Keys, KeysAway, KeyUrl, Unauthenticated, Verifier, key_source, signed

KEY = OKPKey.generate_key("Ed25519")
OTHER = OKPKey.generate_key("Ed25519")
MAKER = uuid4()


class Published:
    """Keys as the gateway publishes them; counts how often they were asked for."""

    def __init__(self, **keys: OKPKey) -> None:
        self.keys = keys
        self.asked = 0
        self.away = False

    async def read(self) -> bytes:
        self.asked += 1
        if self.away:
            raise OSError("away")
        return json.dumps(
            {"keys": [{**key.as_dict(private=False), "kid": kid} for kid, key in self.keys.items()]}
        ).encode()


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def claims(**given: Any) -> dict[str, Any]:
    now = int(time.time())
    present = {
        "iss": "oroshi",
        "aud": "oroshi",
        "sub": "u-1",
        "exp": now + 300,
        "maker": str(MAKER),
        "permissions": ["a.read"],
    }
    return {name: value for name, value in {**present, **given}.items() if value is not None}


def token(key: OKPKey = KEY, kid: str = "k1", **given: Any) -> str:
    return signed(claims(**given), key, kid)


def forged(header: Mapping[str, Any], payload: Mapping[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(payload).encode(), signature]
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts).decode()


@pytest.fixture
def verifier() -> Verifier:
    return Verifier(Keys(Published(k1=KEY)))


async def test_a_token_says_who_calls_for_which_maker_and_what_is_allowed(verifier: Verifier) -> None:
    caller = await verifier.caller(token(name="山田", permissions=["order.read", "order.write"]))

    assert caller == Caller("u-1", MAKER, frozenset({"order.read", "order.write"}), "山田")
    assert caller.may("order.read")
    assert not caller.may("order.price")
    assert not caller.crosses_makers


@pytest.mark.parametrize(("exp", "nbf"), [(-59, None), (300, 59), (300, -1)])
async def test_clocks_may_differ_by_less_than_a_minute(verifier: Verifier, exp: int, nbf: int | None) -> None:
    now = int(time.time())

    assert await verifier.caller(token(exp=now + exp, nbf=None if nbf is None else now + nbf))


NOW = int(time.time())


@pytest.mark.parametrize(
    "given",
    [
        {"iss": "someone"},
        {"iss": None},
        {"iss": ["oroshi"]},
        {"aud": "other"},
        {"aud": None},
        {"aud": {"oroshi": 1}},
        {"exp": NOW - 61},
        {"exp": None},
        {"exp": "9999999999"},
        {"exp": True},
        {"nbf": NOW + 120},
        {"iat": NOW + 120},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"permissions": None},
        {"permissions": "order.read"},
        {"permissions": [1]},
        {"maker": "not-an-id"},
        {"maker": 7},
        {"name": ["x"]},
    ],
)
async def test_a_token_with_wrong_claims_is_nobody(verifier: Verifier, given: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.caller(token(**given))


def _hs256(secret: bytes) -> str:
    header, payload = {"alg": "HS256", "kid": "k1", "typ": "JWT"}, claims()
    signing = forged(header, payload).rpartition(".")[0]
    signature = base64.urlsafe_b64encode(hmac.new(secret, signing.encode(), hashlib.sha256).digest())
    return f"{signing}.{signature.rstrip(b'=').decode()}"


PUBLIC = KEY.as_dict(private=False)
TRICKS = {
    "no algorithm": forged({"alg": "none", "kid": "k1"}, claims()),
    "no algorithm, in other letters": forged({"alg": "nOnE", "kid": "k1"}, claims()),
    "HS256 with the public key as PEM": _hs256(KEY.as_pem(private=False)),
    "HS256 with the public key as JSON": _hs256(json.dumps(PUBLIC).encode()),
    "HS256 with the raw public key": _hs256(base64.urlsafe_b64decode(str(PUBLIC["x"]) + "=")),
    "signed by another key": token(OTHER),
    "own key in the header": forged(
        {"alg": "EdDSA", "kid": "k1", "jwk": OTHER.as_dict(private=False)}, claims(), b"x" * 64
    ),
    "keys from elsewhere": forged({"alg": "EdDSA", "kid": "k1", "jku": "https://evil/keys"}, claims(), b"x" * 64),
    "critical header": forged({"alg": "EdDSA", "kid": "k1", "crit": ["exp"]}, claims(), b"x" * 64),
    "kid as path": token(kid="../../etc/passwd"),
    "kid as SQL": token(kid="' or 1=1 --"),
    "kid of 10 KB": forged({"alg": "EdDSA", "kid": "x" * 10_000}, claims()),
    "kid as list": forged({"alg": "EdDSA", "kid": ["k1"]}, claims()),
    "no kid": forged({"alg": "EdDSA"}, claims()),
    "unknown kid": token(kid="k9"),
    "empty": "",
    "one part": "abc",
    "five parts": "a.b.c.d.e",
    "not base64": "é.é.é",
    "header no object": forged([1], claims()),  # type: ignore[arg-type]
    "payload no object": forged({"alg": "EdDSA", "kid": "k1"}, [1]),  # type: ignore[arg-type]
    "deep header": base64.urlsafe_b64encode(b"[" * 3000).decode() + ".e30.x",
    "truncated": token()[:-10],
    "longer than 8 KB": token(name="x" * 9000),
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
async def test_no_trick_makes_a_token(verifier: Verifier, trick: str) -> None:
    with pytest.raises(Unauthenticated):
        await verifier.caller(trick)


async def test_an_altered_payload_is_nobody(verifier: Verifier) -> None:
    header, payload, signature = token().split(".")
    changed = json.loads(base64.urlsafe_b64decode(payload + "=="))
    changed["permissions"] = ["operator"]
    altered = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=").decode()

    with pytest.raises(Unauthenticated):
        await verifier.caller(f"{header}.{altered}.{signature}")


async def test_a_service_token_takes_its_maker_from_the_header_and_others_do_not(verifier: Verifier) -> None:
    peer = token(permissions=["service"], sub="service:ordering", maker=None)
    other = uuid4()

    assert (await verifier.caller(peer, str(other))).maker_id == other
    assert (await verifier.caller(peer)).maker_id is None
    assert (await verifier.caller(token(), str(other))).maker_id == MAKER


class TestKeys:
    """Published keys: read once, again for an unknown id, and never in a storm."""

    async def test_keys_are_read_once(self) -> None:
        published = Published(k1=KEY)
        verifier = Verifier(Keys(published))

        for _ in range(5):
            await verifier.caller(token())

        assert published.asked == 1

    async def test_a_storm_of_unknown_ids_asks_once_per_interval(self) -> None:
        published, clock = Published(k1=KEY), Clock()
        verifier = Verifier(Keys(published, throttle_seconds=30, clock=clock))
        await verifier.caller(token())

        for n in range(100):
            with pytest.raises(Unauthenticated):
                await verifier.caller(token(kid=f"made-up-{n}"))

        assert published.asked == 1
        clock.now += 31
        with pytest.raises(Unauthenticated):
            await verifier.caller(token(kid="made-up"))
        assert published.asked == 2

    async def test_a_new_key_is_taken_up_while_running_and_an_old_one_dropped(self) -> None:
        published, clock = Published(k1=KEY), Clock()
        verifier = Verifier(Keys(published, clock=clock))
        await verifier.caller(token())

        published.keys = {"k2": OTHER}
        clock.now += 31

        assert await verifier.caller(token(OTHER, "k2"))
        with pytest.raises(Unauthenticated):
            await verifier.caller(token())

    async def test_a_source_that_is_away_is_not_the_callers_fault(self) -> None:
        published, clock = Published(k1=KEY), Clock()
        published.away = True
        verifier = Verifier(Keys(published, clock=clock))

        with pytest.raises(KeysAway):
            await verifier.caller(token())
        published.away = False
        clock.now += 2
        assert await verifier.caller(token())

    async def test_known_keys_outlive_a_source_that_goes_away(self) -> None:
        published, clock = Published(k1=KEY), Clock()
        verifier = Verifier(Keys(published, clock=clock))
        await verifier.caller(token())
        published.away = True
        clock.now += 100

        with pytest.raises(Unauthenticated):
            await verifier.caller(token(kid="k2"))
        assert await verifier.caller(token())

    @pytest.mark.parametrize(
        "document",
        [
            {"keys": [{"kty": "oct", "kid": "k1", "k": "c2VjcmV0"}]},
            {"keys": [{"kty": "OKP", "crv": "X25519", "kid": "k1", "x": PUBLIC["x"]}]},
            {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "k1", "x": "short"}]},
            {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": PUBLIC["x"]}]},
            {"keys": ["k1"]},
            {"keys": {}},
            [],
        ],
    )
    async def test_only_named_ed25519_keys_count(self, document: object, tmp_path: Path) -> None:
        file = tmp_path / "jwks.json"
        file.write_text(json.dumps(document))

        with pytest.raises((KeysAway, Unauthenticated)):
            await Verifier(Keys(KeyFile(file))).caller(token())

    def test_a_file_wins_over_a_url_and_one_of_them_is_needed(self, tmp_path: Path) -> None:
        assert key_source(file=tmp_path, url="http://x") == KeyFile(tmp_path)
        assert key_source(file=None, url="http://x") == KeyUrl("http://x")
        with pytest.raises(ValueError, match="OROSHI_JWKS"):
            key_source(file=None, url=None)


class TestOverHttp:
    """What a caller sees of it: 401 or 403, and no word why."""

    @pytest.mark.req("GEN-014")
    @pytest.mark.parametrize(
        "authorization",
        [
            None,
            "",
            "Bearer",
            "Bearer ",
            "Basic dTpw",
            "Bearer x.y.z",
            f"Bearer {token(OTHER)}",
            "Bearer " + "x" * 10_240,
        ],
    )
    async def test_nobody_learns_nothing(self, client: httpx.AsyncClient, authorization: str | None) -> None:
        client.headers.pop("Authorization")
        headers = {} if authorization is None else {"Authorization": authorization}

        answer = await client.post("/v1/trials", content=b"\xff not even json", headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["detail"] == "A valid access token is needed."

    @pytest.mark.req("GEN-014")
    async def test_a_permission_that_is_not_granted_is_denied_before_the_body_is_read(
        self, client: httpx.AsyncClient, tokens: Any
    ) -> None:
        for permissions in ([], ["order.read"], ["order.writer"], ["operator"], ["service"]):
            answer = await client.post("/v1/trials", content=b"{", headers=tokens.headers(*permissions))
            assert (answer.status_code, answer.json()["code"]) == (403, "FORBIDDEN")

    async def test_a_permission_without_a_maker_opens_nothing(self, client: httpx.AsyncClient, tokens: Any) -> None:
        answer = await client.get("/v1/trials", headers=tokens.headers("order.read", maker=None))

        assert answer.status_code == 403

    async def test_an_open_route_takes_anyone(self, client: httpx.AsyncClient) -> None:
        client.headers.pop("Authorization")

        answer = await client.post("/v1/logins", json={"number": "A"})

        assert (answer.status_code, answer.json()["actor"]) == (200, "anonymous")

    async def test_keys_that_are_away_are_a_503(self, client: httpx.AsyncClient, app: Any, tokens: Any) -> None:
        published = Published()
        published.away = True
        before, app.state.shell.verifier = app.state.shell.verifier, Verifier(Keys(published))
        try:
            answer = await client.get("/v1/trials")
        finally:
            app.state.shell.verifier = before

        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
