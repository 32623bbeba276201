"""JSON that no client should send: the field and the rule are named, nothing is written, nobody stumbles."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.flows.problems import codes, refused
from tests.flows.wholesaler import SHIRT, Wholesaler, accepted

_DEEP = 100_000
_ROUTES = (
    "/v1/orders",
    "/v1/order-batches",
    "/v1/customers",
    "/v1/product-batches",
    "/v1/delivery-notes",
    "/v1/unshipped-closures",
    "/v1/closing-runs",
    "/v1/invoices",
    "/v1/payments",
    "/v1/bank-line-confirmations",
    "/v1/tokens",
)
"""One or two deeds of every service."""
_JSON = {"Content-Type": "application/json"}
_ORDER = '{"customer_code": "JSON", "lines": [{"sku_code": "SHIRT", "quantity": %s}]}'


@pytest.fixture(scope="module")
def victim(shared_maker: Wholesaler) -> Wholesaler:
    shared_maker.customer("JSON")
    return shared_maker


def send(maker: Wholesaler, path: str, body: str | bytes) -> httpx.Response:
    return maker.http.post(path, content=body, headers=_JSON)


@pytest.mark.req("GEN-010", "CON-070")
@pytest.mark.parametrize("path", _ROUTES)
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("[" * _DEEP + "]" * _DEEP, id="deep arrays"),
        pytest.param('{"a":' * _DEEP + "1" + "}" * _DEEP, id="deep objects"),
        pytest.param("[" * _DEEP, id="deep and unfinished"),
        pytest.param('{"lines": [], "lines": []}', id="a key twice"),
        pytest.param('{"a": 1e400}', id="a number beyond all"),
        pytest.param('{"a": NaN}', id="no number"),
        pytest.param('{"a": -Infinity}', id="endless"),
        pytest.param('{"a": ' + "9" * 5_000 + "}", id="5,000 digits"),
        pytest.param('{"a": "\\ud800"}', id="half a character"),
        pytest.param('{"a": "\\u0000"}', id="a NUL"),
        pytest.param('{"a": "' + "\x01" + '"}', id="a bare control character"),
        pytest.param(b'{"a": "\xff\xfe"}', id="no UTF-8"),
        pytest.param("", id="nothing"),
        pytest.param("{", id="cut off"),
        pytest.param("null", id="null"),
        pytest.param('"text"', id="a text"),
        pytest.param("[[[]]]", id="arrays in arrays"),
        pytest.param('{"__class__": "x", "constructor": {"prototype": 1}}', id="unknown fields"),
    ],
)
def test_json_beyond_the_rules_is_refused_everywhere(victim: Wholesaler, path: str, body: str | bytes) -> None:
    answer = send(victim, path, body)

    assert answer.status_code in (400, 413, 422), answer.text[:300]
    assert codes(answer)


@pytest.mark.req("GEN-010", "GEN-018")
@pytest.mark.parametrize(
    "quantity", ["1e400", "NaN", "1.5", '"1"', "true", "null", "-1", "0.1e1", "9007199254740993", "[]", "{}", "1e3"]
)
def test_a_quantity_that_is_no_whole_number_names_its_field(victim: Wholesaler, quantity: str) -> None:
    before = len(list(victim.api.all("/v1/orders")))
    body = refused(send(victim, "/v1/orders", _ORDER % quantity))

    named = {error.get("field") for error in body["errors"]}
    assert "/lines/0/quantity" in named or body["code"] == "MALFORMED_JSON", body
    assert len(list(victim.api.all("/v1/orders"))) == before


@pytest.mark.req("GEN-010", "GEN-015")
@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("remark", "A\x00B", "BAD_CHARS"),
        ("remark", "A\x1bB", "BAD_CHARS"),
        ("remark", "\ud800", None),
        ("remark", "x" * 100_000, "TOO_LONG"),
        ("status", "PAID", "UNKNOWN_FIELD"),
        ("maker_id", "00000000-0000-7000-8000-000000000000", "UNKNOWN_FIELD"),
        ("ordered_at", "2026-02-30T00:00:00+09:00", "BAD_DATETIME"),
        ("ordered_at", "0000-01-01T00:00:00Z", "BAD_DATETIME"),
        ("wished_on", "10000-01-01", "BAD_DATE"),
        ("shipping_fee", "1e5", None),
        ("shipping_fee", "1000000000000", "OUT_OF_RANGE"),
        ("channel", "carrier-pigeon", "BAD_CHOICE"),
        ("customer_code", "'; drop table orders; --", None),
        ("customer_id", "../../etc/passwd", None),
        ("lines", [], None),
        ("lines", [{"sku_code": SHIRT, "quantity": 1}] * 10_001, None),
    ],
)
def test_a_wrong_field_of_an_order_is_named(victim: Wholesaler, field: str, value: Any, code: str | None) -> None:
    before = len(list(victim.api.all("/v1/orders")))
    order = {"customer_code": "JSON", "lines": [{"sku_code": SHIRT, "quantity": 1}], field: value}

    answer = send(victim, "/v1/orders", json.dumps(order))

    assert {code} & codes(answer) if code else codes(answer), answer.text[:500]
    named = {str(error.get("field")) for error in refused(answer)["errors"]}
    assert any(name.startswith(f"/{field}") for name in named) or refused(answer)["code"].startswith("MALFORMED"), named
    assert len(list(victim.api.all("/v1/orders"))) == before


@pytest.mark.req("GEN-010")
@pytest.mark.parametrize(
    "path", [path for path in _ROUTES if path.endswith(("-batches", "-closures", "-confirmations"))]
)
def test_a_batch_takes_one_to_a_thousand(victim: Wholesaler, path: str) -> None:
    none, empty_ones = send(victim, path, "[]"), send(victim, path, json.dumps([{}] * 1_001))

    assert {"TOO_SHORT", "OUT_OF_RANGE", "REQUIRED"} & codes(none), none.text[:300]
    assert codes(empty_ones)


@pytest.mark.req("GEN-010")
def test_a_batch_of_1001_good_orders_places_none(victim: Wholesaler) -> None:
    before = len(list(victim.api.all("/v1/orders")))
    order = {"customer_code": "JSON", "lines": [{"sku_code": SHIRT, "quantity": 1}]}

    answer = victim.http.post("/v1/order-batches", json=[order] * 1_001)

    assert {"TOO_LONG", "TOO_LARGE", "OUT_OF_RANGE"} & codes(answer), answer.text[:300]
    assert len(list(victim.api.all("/v1/orders"))) == before


@pytest.mark.req("GEN-010", "ORD-014")
def test_of_a_batch_the_good_ones_stand_and_each_refusal_is_told_where_it_is(victim: Wholesaler) -> None:
    good = {"customer_code": "JSON", "lines": [{"sku_code": SHIRT, "quantity": 1}]}
    batch = [good, {**good, "customer_code": "NOBODY"}, {**good, "lines": [{"sku_code": "NONE", "quantity": 1}]}]
    before = len(list(victim.api.all("/v1/orders")))

    told = victim.api.post("/v1/order-batches", batch)
    atomic = victim.http.post("/v1/order-batches", params={"atomic": True}, json=batch)

    assert [result["ok"] for result in told["results"]] == [True, False, False]
    assert [result["problem"]["code"] for result in told["results"][1:]] == ["UNKNOWN_CUSTOMER", "UNKNOWN_SKU"]
    assert accepted(told["results"][:1])
    assert "BATCH_REFUSED" in codes(atomic)
    assert len(list(victim.api.all("/v1/orders"))) == before + 1


@pytest.mark.req("GEN-016", "GEN-010")
@pytest.mark.parametrize(
    "query",
    [
        "cursor=%00",
        "cursor=AAAA",
        "cursor=" + "A" * 5_000,
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=1e400",
        "limit=1&limit=2",
        "customer_id=x",
        "ordered_from=yesterday",
        "state=LOST",
        "number=%00",
        "no_such=1",
    ],
)
def test_a_wrong_parameter_is_named(victim: Wholesaler, query: str) -> None:
    answer = victim.http.get(f"/v1/orders?{query}")

    assert answer.status_code in (400, 422), answer.text[:300]
    assert refused(answer)["errors"][0].get("field") == query.split("=")[0]
