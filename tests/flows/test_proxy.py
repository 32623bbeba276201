"""The edge of the suite: repeated calls have one effect, and the proxy's own answers are problems like all others."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection

import httpx
import pytest

from suite.demo.client import Json
from suite.places import ROOT
from tests.flows.problems import problem
from tests.flows.running import Suite, eventually
from tests.flows.wholesaler import SHIRT, Wholesaler

_AT_ONCE = 10


@pytest.fixture(scope="module")
def order_of_a_shop(shared_maker: Wholesaler) -> dict[str, object]:
    """What a client sends to place an order."""
    shared_maker.customer("SHOP")
    return {"customer_code": "SHOP", "lines": [{"sku_code": SHIRT, "quantity": 1}]}


@pytest.mark.req("GEN-007", "INT-081")
def test_ten_repeats_at_once_with_one_key_place_one_order(
    shared_maker: Wholesaler, order_of_a_shop: dict[str, object]
) -> None:
    def place(_: int) -> httpx.Response:
        return shared_maker.http.post(
            "/v1/orders",
            json={**order_of_a_shop, "purchase_order_number": "ONCE"},
            headers={"Idempotency-Key": "one-order"},
        )

    with ThreadPoolExecutor(_AT_ONCE) as callers:
        answers = list(callers.map(place, range(_AT_ONCE)))

    placed = [answer for answer in answers if answer.status_code == 201]
    under_way = [problem(answer)["code"] for answer in answers if answer.status_code != 201]
    assert placed
    assert set(under_way) <= {"IDEMPOTENCY_IN_FLIGHT"}
    assert len({answer.content for answer in placed}) == 1
    assert place(0).content == placed[0].content
    orders = shared_maker.api.get("/v1/orders", purchase_order_number="ONCE")["items"]
    assert [order["order_id"] for order in orders] == [placed[0].json()["order_id"]]


@pytest.mark.req("GEN-007")
def test_a_key_is_not_good_for_another_request(shared_maker: Wholesaler, order_of_a_shop: dict[str, object]) -> None:
    first, other = (
        shared_maker.http.post(
            "/v1/orders",
            json={**order_of_a_shop, "purchase_order_number": number},
            headers={"Idempotency-Key": "another-order"},
        )
        for number in ("P1", "P2")
    )

    assert first.status_code == 201
    assert (other.status_code, problem(other)["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert shared_maker.api.get("/v1/orders", purchase_order_number="P2")["items"] == []


@pytest.mark.req("CON-070", "INT-081")
def test_a_json_body_of_two_megabytes_is_too_large(shared_maker: Wholesaler) -> None:
    answer = shared_maker.http.post("/v1/orders", json={"customer_code": "x" * 2 * 1024**2})

    assert (answer.status_code, problem(answer)["code"]) == (413, "TOO_LARGE")


@pytest.mark.req("CON-070", "INT-080")
def test_an_address_too_long_is_ended_by_the_proxy_as_documented_and_never_by_a_service(
    shared_maker: Wholesaler, document: Json
) -> None:
    answers = [_at_length(shared_maker, size) for size in range(56_000, 72_000, 500)]

    assert set(answers) == {(422, "application/problem+json"), (431, "text/plain; charset=utf-8")}
    assert document["paths"]["/v1/orders"]["get"]["responses"]["431"]["content"].keys() == {"text/plain"}


def _at_length(maker: Wholesaler, size: int) -> tuple[int, str]:
    """Status and kind of the answer to an address of this size; httpx itself would refuse to send the longest."""
    with closing(HTTPConnection(maker.http.base_url.netloc.decode(), timeout=60)) as line:
        token = maker.http.headers["Authorization"]
        line.request("GET", f"/v1/orders?cursor={'x' * size}", headers={"Authorization": token})
        answer = line.getresponse()
        return answer.status, answer.getheader("Content-Type", "")


@pytest.mark.req("CON-070")
@pytest.mark.parametrize(
    "path", ["/nowhere", "/internal/quiet", "/metrics", "/v1/nowhere/at/all", "/v1/orders/../../x"]
)
def test_an_unknown_path_is_a_problem(shared_maker: Wholesaler, path: str) -> None:
    answer = shared_maker.http.get(path)

    assert (answer.status_code, problem(answer)["code"]) == (404, "NOT_FOUND")


def test_the_messages_of_all_services_are_told_in_one_document_and_on_a_page(stranger: httpx.Client) -> None:
    published = json.loads((ROOT / "contracts" / "asyncapi.json").read_text(encoding="utf-8"))

    document = stranger.get("/asyncapi").json()
    page = stranger.get("/docs/messages")

    assert document["channels"] == published["channels"]
    assert document["operations"] == published["operations"]
    assert page.status_code == 200
    assert [type_ for type_ in published["components"]["messages"] if f'id="{type_}"' not in page.text] == []


@pytest.mark.req("GEN-010", "CON-010")
@pytest.mark.parametrize("language", ["ja", "zh", "en"])
def test_the_proxys_own_problems_speak_the_callers_language(shared_maker: Wholesaler, language: str) -> None:
    mine = shared_maker.http.get("/nowhere", headers={"Accept-Language": language})
    theirs = shared_maker.http.get(f"/v1/orders/{shared_maker.maker_id}", headers={"Accept-Language": language})

    assert problem(mine)["detail"] == problem(theirs)["detail"]


@pytest.mark.req("CON-070", "CON-071")
def test_a_killed_service_is_told_as_a_problem_while_the_others_work_and_it_comes_back(
    suite: Suite, shared_maker: Wholesaler, order_of_a_shop: dict[str, object]
) -> None:
    suite.kill("catalog")
    away = shared_maker.http.post("/v1/brands", json={"code": "AWAY", "names": {"ja": "見本"}})
    order = shared_maker.http.post("/v1/orders", json=order_of_a_shop)

    assert away.status_code in (502, 503)
    assert problem(away)["code"] == "UNAVAILABLE"
    assert order.status_code == 201
    eventually(lambda: shared_maker.http.get("/v1/brands").status_code == 200, "catalog did not come back")
