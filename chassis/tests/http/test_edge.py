"""One transaction per call, and what came of it as an answer (GEN-005, GEN-006, GEN-010, INT-080)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy.pool import QueuePool

from chassis.database import Database, Role
from chassis.http.results import file_response

Trial = Callable[..., dict[str, Any]]


async def stored(database: Database) -> list[str]:
    async with database.connection(Role.WORKER) as connection:
        return list((await connection.exec_driver_sql("select number from orders order by number")).scalars())


async def test_a_deed_that_is_done_commits_and_announces(
    client: httpx.AsyncClient, trial: Trial, database: Database, outbox: Any
) -> None:
    answer = await client.post("/v1/trials", json=trial())

    assert answer.status_code == 201
    assert answer.json()["amount"] == "100"
    assert answer.headers["content-type"] == "application/json"
    assert await stored(database) == ["A-1"]
    [message] = await outbox.messages()
    assert message["headers"]["ce_correlationid"] == answer.headers["x-request-id"]


@pytest.mark.req("GEN-010")
async def test_a_refusal_is_a_problem_and_leaves_nothing(
    client: httpx.AsyncClient, trial: Trial, database: Database, outbox: Any
) -> None:
    answer = await client.post("/v1/trials", json=trial(behaviour="refused"), headers={"Accept-Language": "ja-JP"})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    text = "注文「A-1」の金額がありません。"
    assert answer.json() == {
        "type": "https://oroshi.dev/problems/nothing-ordered",
        "title": "Nothing ordered",
        "status": 422,
        "code": "NOTHING_ORDERED",
        "detail": text,
        "request_id": answer.headers["x-request-id"],
        "errors": [{"code": "NOTHING_ORDERED", "detail": text, "field": "/amount", "value": "0"}],
        "error_count": 1,
        "number": "A-1",
    }
    assert (await stored(database), await outbox.messages()) == ([], [])


@pytest.mark.req("GEN-010")
async def test_all_problems_of_one_command_are_told_together(
    client: httpx.AsyncClient, trial: Trial, database: Database
) -> None:
    answer = await client.post("/v1/trials", json=trial(behaviour="refused-twice"))

    assert (answer.status_code, answer.json()["code"]) == (409, "INVALID_STATE")
    assert [error["code"] for error in answer.json()["errors"]] == ["INVALID_STATE", "NOTHING_ORDERED"]
    assert await stored(database) == []


@pytest.mark.req("GEN-006")
@pytest.mark.parametrize(("stale_turns", "status", "runs"), [(0, 201, 1), (1, 201, 2), (5, 201, 6), (6, 409, 6)])
async def test_a_stale_deed_is_run_again_at_most_five_times(
    client: httpx.AsyncClient,
    trial: Trial,
    database: Database,
    laboratory: Any,
    stale_turns: int,
    status: int,
    runs: int,
) -> None:
    laboratory.stale_turns = stale_turns

    answer = await client.post("/v1/trials", json=trial(behaviour="stale"))

    assert answer.status_code == status
    assert laboratory.runs["A-1"] == runs
    assert await stored(database) == (["A-1"] if status == 201 else [])
    if status == 409:
        assert answer.json()["code"] == "CONFLICT"
        assert answer.headers["retry-after"] == "1"


async def test_a_key_that_appeared_meanwhile_has_the_deed_run_again(
    client: httpx.AsyncClient, trial: Trial, laboratory: Any
) -> None:
    answer = await client.post("/v1/trials", json=trial(behaviour="duplicate"))

    assert (answer.status_code, laboratory.runs["A-1"]) == (201, 2)


async def test_a_view_may_read_what_the_deed_wrote(client: httpx.AsyncClient, trial: Trial) -> None:
    await client.post("/v1/trials", json=trial("A-0"))

    answer = await client.post("/v1/counted-trials", json=trial())

    assert answer.json() == {"number": "A-1", "orders": 2}


async def test_a_dry_run_answers_and_leaves_nothing(
    client: httpx.AsyncClient, trial: Trial, database: Database, outbox: Any
) -> None:
    answer = await client.post("/v1/trials?dry_run=true", json=trial(), headers={"Idempotency-Key": "k"})

    assert (answer.status_code, answer.json()["number"]) == (201, "A-1")
    assert (await stored(database), await outbox.messages()) == ([], [])
    assert (await client.post("/v1/trials", json=trial(), headers={"Idempotency-Key": "k"})).status_code == 201


class TestMany:
    """Bulk calls: independent commands in one transaction."""

    async def test_accepted_ones_stand_and_refused_ones_are_reported(
        self, client: httpx.AsyncClient, trial: Trial, database: Database
    ) -> None:
        trials = [trial("A-1"), trial("A-2", behaviour="refused"), trial("A-3")]

        answer = await client.post("/v1/trial-batches", json={"trials": trials})

        report = answer.json()
        assert (answer.status_code, report["accepted"], report["refused"]) == (200, 2, 1)
        assert [(result["index"], result["ok"]) for result in report["results"]] == [(0, True), (1, False), (2, True)]
        assert report["results"][0]["item"]["number"] == "A-1"
        assert report["results"][1]["problem"]["code"] == "NOTHING_ORDERED"
        assert await stored(database) == ["A-1", "A-3"]

    async def test_atomic_rolls_all_back_and_names_the_refused(
        self, client: httpx.AsyncClient, trial: Trial, database: Database
    ) -> None:
        trials = [trial("A-1"), trial("A-2", behaviour="refused"), trial("A-3", behaviour="refused-twice")]

        answer = await client.post("/v1/trial-batches?atomic=true", json={"trials": trials})

        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["count"]) == (422, "BATCH_REFUSED", "2")
        assert [result["index"] for result in problem["results"]] == [1, 2]
        assert len(problem["results"][1]["problem"]["errors"]) == 2
        assert await stored(database) == []

    async def test_atomic_commits_when_nothing_is_refused(
        self, client: httpx.AsyncClient, trial: Trial, database: Database
    ) -> None:
        answer = await client.post("/v1/trial-batches?atomic=true", json={"trials": [trial("A-1"), trial("A-2")]})

        assert (answer.status_code, answer.json()["accepted"]) == (200, 2)
        assert await stored(database) == ["A-1", "A-2"]

    async def test_atomic_is_true_or_false(self, client: httpx.AsyncClient, trial: Trial) -> None:
        answer = await client.post("/v1/trial-batches?atomic=yes", json={"trials": [trial()]})

        assert (answer.status_code, answer.json()["parameter"]) == (400, "atomic")

    @pytest.mark.parametrize(("count", "status"), [(0, 422), (1, 200), (1000, 200), (1001, 422)])
    async def test_a_batch_takes_one_to_a_thousand(
        self, client: httpx.AsyncClient, trial: Trial, count: int, status: int
    ) -> None:
        answer = await client.post("/v1/trial-batches", json={"trials": [trial(f"A-{n}") for n in range(count)]})

        assert answer.status_code == status

    @pytest.mark.req("GEN-010")
    @pytest.mark.parametrize("number", [None, "A-1"])
    async def test_a_batch_of_too_many_commands_is_told_so_once_whatever_is_wrong_in_them(
        self, client: httpx.AsyncClient, number: str | None
    ) -> None:
        trials = [{} if number is None else {"number": number}] * 1001
        answer = await client.post("/v1/trial-batches", json={"trials": trials})

        [error] = answer.json()["errors"]
        assert (error["code"], error["field"], "1000" in error["detail"]) == ("TOO_LONG", "/trials", True)


class TestVersions:
    """`ETag` and `If-Match`."""

    @pytest.mark.req("GEN-006")
    @pytest.mark.parametrize(
        ("header", "status"),
        [(None, 200), ('"1"', 200), ("*", 200), ('"2"', 409), ("1", 400), ('W/"1"', 400), ("x", 400)],
    )
    async def test_a_version_that_is_no_longer_the_present_one_conflicts(
        self, client: httpx.AsyncClient, trial: Trial, header: str | None, status: int
    ) -> None:
        made = await client.post("/v1/trials", json=trial())
        assert made.headers["etag"] == '"1"'

        answer = await client.put(
            f"/v1/trials/{made.json()['order_id']}", json=trial(), headers={"If-Match": header} if header else {}
        )

        assert answer.status_code == status

    async def test_an_answer_without_content_has_none(self, client: httpx.AsyncClient, trial: Trial) -> None:
        made = await client.post("/v1/trials", json=trial())

        answer = await client.delete(f"/v1/trials/{made.json()['order_id']}")

        assert (answer.status_code, answer.content) == (204, b"")


class TestOtherMakers:
    """Nobody sees or touches what belongs to another maker."""

    @pytest.mark.req("GEN-005")
    async def test_another_makers_id_is_not_found_with_the_same_body_as_an_unknown_one(
        self, client: httpx.AsyncClient, trial: Trial, tokens: Any
    ) -> None:
        made = (await client.post("/v1/trials", json=trial())).json()
        stranger = tokens.of_owner(uuid4())

        foreign = await client.get(f"/v1/trials/{made['order_id']}", headers=stranger)
        unknown = await client.get(f"/v1/trials/{uuid4()}", headers=stranger)

        assert foreign.status_code == unknown.status_code == 404
        assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
        assert (await client.get("/v1/trials", headers=stranger)).json()["items"] == []

    @pytest.mark.req("GEN-005")
    @pytest.mark.parametrize("header", ["X-Tenant", "X-Tenant-Id", "X-Maker", "Oroshi-Maker"])
    async def test_a_header_chooses_no_maker(
        self, client: httpx.AsyncClient, trial: Trial, tokens: Any, header: str
    ) -> None:
        made = (await client.post("/v1/trials", json=trial())).json()
        headers = {**tokens.of_owner(uuid4()), header: str(tokens.maker_id)}

        assert (await client.get(f"/v1/trials/{made['order_id']}", headers=headers)).status_code == 404

    async def test_only_operators_and_services_are_bound_to_a_maker_by_a_route(
        self, client: httpx.AsyncClient, tokens: Any
    ) -> None:
        other = uuid4()

        own = await client.post(f"/v1/makers/{tokens.maker_id}/greeting")
        foreign = await client.post(f"/v1/makers/{other}/greeting")
        operator = await client.post(f"/v1/makers/{other}/greeting", headers=tokens.of_operator())

        assert (own.status_code, foreign.status_code, operator.status_code) == (200, 404, 200)
        assert operator.json() == {"maker_id": str(other), "actor": "operator"}

    async def test_an_internal_route_is_for_services_and_takes_the_maker_from_the_header(
        self, client: httpx.AsyncClient, tokens: Any
    ) -> None:
        other, question = uuid4(), {"numbers": ["A"]}

        owner = await client.post("/internal/orders", json=question)
        peer = await client.post("/internal/orders", json=question, headers=tokens.of_service(other, "ordering"))

        assert owner.status_code == 403
        assert peer.json()["items"] == [{"maker_id": str(other), "actor": "service:ordering"}]


class TestTrouble:
    """What goes wrong below the route is answered too, and tells nothing of the inside."""

    async def test_a_bug_is_a_500_with_the_request_id_and_no_stack(
        self, client: httpx.AsyncClient, trial: Trial, database: Database
    ) -> None:
        answer = await client.post("/v1/trials", json=trial(behaviour="crash"))

        assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert "secret" not in answer.text
        assert "Traceback" not in answer.text
        assert await stored(database) == []

    async def test_something_away_is_a_503_to_be_repeated(self, client: httpx.AsyncClient, trial: Trial) -> None:
        answer = await client.post("/v1/trials", json=trial(behaviour="away"))

        assert (answer.status_code, answer.json()["code"]) == (503, "UNAVAILABLE")
        assert int(answer.headers["retry-after"]) > 0

    @pytest.mark.parametrize("behaviour", ["nul", "too-large", "check"])
    async def test_a_value_that_only_the_database_refuses_is_the_callers_and_not_a_500(
        self, client: httpx.AsyncClient, trial: Trial, database: Database, behaviour: str
    ) -> None:
        answer = await client.post("/v1/trials", json=trial(behaviour=behaviour))

        assert (answer.status_code, answer.json()["code"]) == (422, "BAD_VALUE")
        assert await stored(database) == []

    async def test_unknown_addresses_and_methods_are_problems_too(self, client: httpx.AsyncClient) -> None:
        unknown, wrong = await client.get("/v1/nothing"), await client.put("/v1/trials")

        assert (unknown.status_code, unknown.json()["code"]) == (404, "NOT_FOUND")
        assert (wrong.status_code, wrong.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert wrong.headers["allow"] == "GET, POST"

    async def test_a_version_is_refused_where_none_is_compared_instead_of_passed_over(
        self, client: httpx.AsyncClient, trial: Any
    ) -> None:
        path = f"/v1/trials/{(await client.post('/v1/trials', json=trial())).json()['order_id']}"

        refused = await client.delete(path, headers={"If-Match": '"1"'})
        whichever = await client.delete(path, headers={"If-Match": "*"})

        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "If-Match")
        assert whichever.status_code == 204

    @pytest.mark.parametrize("sent", ["abc", "x" * 65, "a b c d e f g", "id\x7f-1234567"])
    async def test_a_strange_request_id_is_replaced(self, client: httpx.AsyncClient, sent: str) -> None:
        answer = await client.get("/healthz", headers={"X-Request-Id": sent})

        assert answer.headers["x-request-id"] != sent

    async def test_a_plain_request_id_is_kept(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/v1/nothing", headers={"X-Request-Id": "trace-12345"})

        assert answer.headers["x-request-id"] == answer.json()["request_id"] == "trace-12345"


async def test_a_storm_of_callers_that_go_away_leaves_no_open_transaction_and_no_mixed_makers(
    client: httpx.AsyncClient, trial: Trial, database: Database, tokens: Any
) -> None:
    dice = random.Random(20261122)
    makers = [uuid4() for _ in range(3)]

    async def call(number: int) -> None:
        maker = makers[number % 3]
        body = trial(f"{maker}-{number}"[-50:], behaviour="sleep" if number % 10 == 0 else "done")
        await client.post("/v1/trials", json=body, headers=tokens.of_owner(maker))

    calls = [asyncio.create_task(call(number)) for number in range(200)]
    for task in calls:
        await asyncio.sleep(dice.random() * 0.004)
        if dice.random() < 0.5:
            task.cancel()
    await asyncio.gather(*calls, return_exceptions=True)

    pool = database.engine(Role.API).pool
    assert isinstance(pool, QueuePool)
    assert pool.checkedout() == 0
    for maker in makers:
        answer = await client.get("/v1/trials?limit=200", headers=tokens.of_owner(maker))
        assert answer.status_code == 200
        assert all(str(maker)[-12:] in item["number"] for item in answer.json()["items"])


class TestFiles:
    """Uploads and downloads."""

    async def test_a_file_comes_back_byte_for_byte(self, client: httpx.AsyncClient) -> None:
        content = b"\x00\xff content"
        made = await client.post("/v1/files", files={"file": ("請求書.pdf", content)}, data={"note": "n"})

        answer = await client.get(f"/v1/files/{made.json()['file_id']}/content")

        assert answer.content == content
        assert answer.headers["content-disposition"].startswith("attachment; ")
        assert answer.headers["x-content-type-options"] == "nosniff"

    async def test_what_is_loaded_for_an_answer_comes_from_a_read_only_transaction(
        self, client: httpx.AsyncClient
    ) -> None:
        answer = await client.get(f"/v1/trials/{uuid4()}/loaded")

        assert (answer.status_code, answer.text) == (200, "None on")

    @pytest.mark.parametrize(
        ("name", "plain"),
        [
            ("invoice.pdf", "invoice.pdf"),
            ("請求書.pdf", "pdf"),
            ("../../etc/passwd", "etc_passwd"),
            ('a"b.csv', "a_b.csv"),
            ("a\r\nX-Evil: 1.csv", "a_X-Evil_1.csv"),
            ("請求書", "file"),
            ("x" * 300, "x" * 100),
        ],
    )
    def test_a_file_name_can_harm_no_header(self, name: str, plain: str) -> None:
        disposition = file_response(b"", name, "text/csv").headers["content-disposition"]

        assert disposition.startswith(f"attachment; filename=\"{plain}\"; filename*=UTF-8''")
        assert not {"\r", "\n"} & set(disposition)

    async def test_an_unknown_file_is_not_found(self, client: httpx.AsyncClient) -> None:
        assert (await client.get(f"/v1/files/{uuid4()}/content")).status_code == 404
