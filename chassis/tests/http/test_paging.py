"""Lists come in pages; a cursor means one place in one list of one maker (GEN-016, RELIABILITY §5 no. 32)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.http import Page, Refused, cursor_of

MAKER = UUID(int=7)
Trial = Callable[..., dict[str, Any]]


@pytest.mark.req("GEN-016")
@pytest.mark.parametrize(("count", "limit", "pages"), [(0, 3, [0]), (3, 3, [3]), (4, 3, [3, 1]), (7, 3, [3, 3, 1])])
async def test_following_the_cursor_shows_every_item_once(
    client: httpx.AsyncClient, trial: Trial, count: int, limit: int, pages: list[int]
) -> None:
    numbers = [f"A-{n}" for n in range(count)]
    if numbers:
        await client.post("/v1/trial-batches", json={"trials": [trial(number) for number in numbers]})

    seen, sizes, cursor = [], [], None
    while True:
        asked = {"limit": limit, **({"cursor": cursor} if cursor else {})}
        page = (await client.get("/v1/trials", params=asked)).json()
        seen += [item["number"] for item in page["items"]]
        sizes.append(len(page["items"]))
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert (seen, sizes) == (numbers, pages)


@pytest.mark.req("GEN-016")
async def test_a_page_holds_fifty_unless_asked_and_two_hundred_at_most(client: httpx.AsyncClient, trial: Trial) -> None:
    await client.post("/v1/trial-batches", json={"trials": [trial(f"A-{n}") for n in range(201)]})

    assert len((await client.get("/v1/trials")).json()["items"]) == 50
    assert len((await client.get("/v1/trials?limit=200")).json()["items"]) == 200
    assert (await client.get("/v1/trials?limit=201")).status_code == 422


@pytest.mark.req("GEN-005")
async def test_a_cursor_of_another_maker_is_refused(client: httpx.AsyncClient, trial: Trial, tokens: Any) -> None:
    await client.post("/v1/trial-batches", json={"trials": [trial("A-1"), trial("A-2")]})
    cursor = (await client.get("/v1/trials?limit=1")).json()["next_cursor"]

    answer = await client.get("/v1/trials", params={"cursor": cursor}, headers=tokens.of_owner(uuid4()))

    assert (answer.status_code, answer.json()["parameter"]) == (400, "cursor")


KEYS = {
    str: st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=50),
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    Decimal: st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=4),
    date: st.dates(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    UUID: st.uuids(),
}


@given(st.data())
def test_a_cursor_gives_back_the_values_it_was_made_of(data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.sampled_from(list(KEYS)), min_size=1, max_size=4))
    values: list[Any] = [data.draw(st.none() | KEYS[kind]) for kind in kinds]

    page = Page(cursor=cursor_of(MAKER, values))

    assert page.after(MAKER, *kinds) == tuple(values)


def packed(*parts: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([MAKER.hex[-12:], *parts])).rstrip(b"=").decode()


@pytest.mark.parametrize(
    ("cursor", "kinds"),
    [
        ("", [str]),
        ("!!!", [str]),
        ("é", [str]),
        (packed(), [str]),
        (packed("a", "b"), [str]),
        (packed("a"), [int]),
        (packed(2**63), [int]),
        (packed(1.5), [int]),
        (packed(1), [str]),
        (packed("\x00"), [str]),
        (packed("'; drop table orders"), [UUID]),
        (packed("2026-02-30"), [date]),
        (packed("2026-01-01T00:00:00"), [datetime]),
        (packed("NaN"), [Decimal]),
        (packed("1e999999"), [Decimal]),
        (packed({"a": 1}), [str]),
        (base64.urlsafe_b64encode(b"{}").decode(), [str]),
    ],
)
def test_a_cursor_nobody_handed_out_is_refused_by_name(cursor: str, kinds: list[type[Any]]) -> None:
    with pytest.raises(Refused) as refused:
        Page(cursor=cursor).after(MAKER, *kinds)

    assert refused.value.refusals[0].facts["parameter"] == "cursor"


@given(st.text(max_size=60))
def test_any_text_as_cursor_is_refused_or_read(text: str) -> None:
    try:
        Page(cursor=text).after(MAKER, str, int)
    except Refused as refused:
        code = refused.refusals[0].code
    else:
        code = "BAD_PARAMETER"
    assert code == "BAD_PARAMETER"
