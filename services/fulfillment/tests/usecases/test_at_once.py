"""Several people at once: quantities, charges and numbers are given out once."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.testing.messages import Deliver, Outbox
from contracts.fulfillment import DeliveryNoteIssued
from services.fulfillment.tests.wires import a_customer, a_line, a_maker, an_order

Client = httpx.AsyncClient
Json = dict[str, Any]


def of_order(order: str, line_no: int, quantity: int) -> Json:
    return {"lines": [{"order_number": order, "line_no": line_no, "quantity": quantity}], "advance": "shipped"}


@pytest.mark.req("FUL-004", "FUL-061", "GEN-009")
async def test_of_many_who_take_the_last_pieces_as_many_win_as_there_are_pieces(
    client: Client, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(a_maker(maker_id), a_customer(), an_order(100, a_line(100, 1, quantity=5)))
    await outbox.clear()
    answers = await asyncio.gather(*(client.post("/v1/delivery-notes", json=of_order("W-100", 1, 2)) for _ in range(6)))
    assert Counter(answer.status_code for answer in answers) == {201: 2, 409: 4}
    issued = [body for body in await outbox() if isinstance(body, DeliveryNoteIssued)]
    assert sorted(body.number[-5:] for body in issued) == ["00001", "00002"]
    assert sum(len(body.charges) for body in issued) == 1


@pytest.mark.req("FUL-004")
async def test_calls_that_need_the_same_orders_in_opposite_order_do_not_block_each_other_for_ever(
    client: Client, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(a_maker(maker_id), a_customer(), *(an_order(number) for number in (100, 101)))
    one_way = [of_order("W-100", 1, 1), of_order("W-101", 1, 1)]
    answers = await asyncio.gather(
        *(client.post("/v1/delivery-note-batches", json=one_way if turn % 2 else one_way[::-1]) for turn in range(8))
    )
    assert [answer.json()["accepted"] for answer in answers] == [2] * 8


@pytest.mark.req("FUL-030")
async def test_a_note_issued_by_two_people_at_once_has_one_number(
    client: Client, deliver: Deliver, outbox: Outbox, maker_id: UUID
) -> None:
    await deliver(a_maker(maker_id), a_customer(), an_order())
    await outbox.clear()
    draft = (await client.post("/v1/delivery-notes", json={**of_order("W-100", 1, 1), "advance": "draft"})).json()
    path = f"/v1/delivery-notes/{draft['note_id']}"
    answers = await asyncio.gather(*(client.post(f"{path}/issuance", json={}) for _ in range(4)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 3}
    assert len(await outbox()) == 1
    deeds = await asyncio.gather(
        client.post(f"{path}/shipment", json={}), client.post(f"{path}/shipment", json={}), client.delete(path)
    )
    assert sorted(answer.status_code for answer in deeds) == [200, 409, 409]


@pytest.mark.req("FUL-071")
async def test_goods_returned_by_two_people_at_once_come_back_once(
    client: Client, deliver: Deliver, maker_id: UUID
) -> None:
    await deliver(a_maker(maker_id), a_customer(), an_order())
    note = (await client.post("/v1/delivery-notes", json=of_order("W-100", 1, 3))).json()
    back = {"note_id": note["note_id"], "reason": "誤納品", "lines": [{"line_no": 1, "quantity": 2}]}
    answers = await asyncio.gather(*(client.post("/v1/return-notes", json=back) for _ in range(3)))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 2}


@pytest.mark.req("FUL-015", "FUL-004")
async def test_a_short_close_and_a_note_never_share_pieces(client: Client, deliver: Deliver, maker_id: UUID) -> None:
    await deliver(a_maker(maker_id), a_customer(), an_order(100, a_line(100, 1)))
    closing = [{"order_number": "W-100", "reason": "欠品", "lines": [{"line_no": 1, "quantity": 7}]}]
    noted, closed = await asyncio.gather(
        client.post("/v1/delivery-notes", json=of_order("W-100", 1, 7)),
        client.post("/v1/unshipped-closures", json=closing),
    )
    assert (noted.status_code == 201) is not (closed.json()["accepted"] == 1)
