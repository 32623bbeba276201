"""Bodies as attackers and broken clients send them: refused fast, never a 500 (RELIABILITY §5 no. 16, 17)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.http.body import MAX_DEPTH, BadJson, check_json, depth

Trial = Callable[..., dict[str, Any]]
JSON = {"Content-Type": "application/json"}


def nested(levels: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * levels + ("1" if opening != "[" else "") + closing * levels).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b'{"number":"A"',
        b'{"number":"A"}x',
        b"{'number':'A'}",
        b'{"number":"A","number":"B"}',
        b'{"number":"A","parts":[{"sku":"a","sku":"b","quantity":1}]}',
        b'{"number":NaN}',
        b'{"number":Infinity}',
        b'{"number":-Infinity}',
        b'{"number":1e400}',
        b'{"number":-1e400}',
        b'{"number":' + b"9" * 20 + b"}",
        b'{"number":' + b"9" * 5000 + b"}",
        b'{"number":0.' + b"1" * 5000 + b"}",
        b'{"number":"\xff"}',
        b'{"number":"\xed\xa0\x80"}',
        b'{"number":"\\ud800"}',
        b'{"number":"\\ud800\\u0041"}',
        b'{"\\ud800":1,"\\ud800":2}',
        b'\xef\xbb\xbf{"number":"A"}',
        b'{"number":"A\x01"}',
        b'{"number":"A\n"}',
        '{"number":"A"}'.encode("utf-16"),
        nested(100_000),
        nested(100_000, '{"a":', "}"),
        nested(65),
    ],
)
async def test_what_is_not_plain_json_is_refused_in_no_time(client: httpx.AsyncClient, body: bytes) -> None:
    began = time.perf_counter()
    answer = await client.post("/v1/trials", content=body, headers=JSON)

    assert answer.status_code in (400, 422), answer.text
    assert answer.json()["code"] == ("VALIDATION" if not body else "MALFORMED_JSON")
    assert time.perf_counter() - began < 0.5  # 0.1 s on a machine of one's own


@pytest.mark.parametrize("body", [b"null", b"[]", b'"text"', b"1", b"true", nested(64), b"[[[]]]"])
async def test_json_of_another_shape_is_a_wrong_field(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/trials", content=body, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION")
    assert [error["code"] for error in answer.json()["errors"]] == ["NOT_AN_OBJECT"]


@pytest.mark.parametrize(
    ("part", "field", "code"),
    [
        ({"quantity": "1"}, "/parts/0/quantity", "NOT_AN_INTEGER"),
        ({"quantity": True}, "/parts/0/quantity", "NOT_AN_INTEGER"),
        ({"quantity": 1.0}, "/parts/0/quantity", "NOT_AN_INTEGER"),
        ({"quantity": -1}, "/parts/0/quantity", "OUT_OF_RANGE"),
        ({"quantity": 1_000_000_001}, "/parts/0/quantity", "OUT_OF_RANGE"),
        ({"quantity": 2**53 + 1}, "/parts/0/quantity", "OUT_OF_RANGE"),
        ({"quantity": None}, "/parts/0/quantity", "NOT_AN_INTEGER"),
        ({"rate": 12.5}, "/parts/0/rate", "NOT_A_DECIMAL"),
        ({"rate": True}, "/parts/0/rate", "NOT_A_DECIMAL"),
        ({"rate": "1e1"}, "/parts/0/rate", "NOT_A_NUMBER"),
        ({"rate": "NaN"}, "/parts/0/rate", "NOT_A_NUMBER"),
        ({"rate": "１２"}, "/parts/0/rate", "NOT_A_NUMBER"),
        ({"rate": " 1 "}, "/parts/0/rate", "NOT_A_NUMBER"),
        ({"rate": "1_0"}, "/parts/0/rate", "NOT_A_NUMBER"),
        ({"rate": "1.234"}, "/parts/0/rate", "TOO_MANY_DECIMALS"),
        ({"rate": "100.01"}, "/parts/0/rate", "OUT_OF_RANGE"),
        ({"rate": "9" * 5000}, "/parts/0/rate", "OUT_OF_RANGE"),
        ({"sku": ""}, "/parts/0/sku", "REQUIRED"),
        ({"sku": "　"}, "/parts/0/sku", "REQUIRED"),
        ({"sku": "x" * 21}, "/parts/0/sku", "TOO_LONG"),
        ({"sku": "a\u0000"}, "/parts/0/sku", "BAD_CHARS"),
        ({"sku": "a\u0085b"}, "/parts/0/sku", "BAD_CHARS"),
        ({"sku": 1}, "/parts/0/sku", "NOT_TEXT"),
        ({"sku": ["a"]}, "/parts/0/sku", "NOT_TEXT"),
        ({"at": "2026-11-22T10:00:00"}, "/parts/0/at", "BAD_DATETIME"),
        ({"at": "1700000000"}, "/parts/0/at", "BAD_DATETIME"),
        ({"at": 1700000000}, "/parts/0/at", "BAD_DATETIME"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "/parts/0/at", "BAD_DATETIME"),
        ({"maker_id": "x"}, "/parts/0/maker_id", "UNKNOWN_FIELD"),
        ({"a/b~c": "x"}, "/parts/0/a~1b~0c", "UNKNOWN_FIELD"),
    ],
)
async def test_a_wrong_field_is_named_with_its_rule(
    client: httpx.AsyncClient, trial: Trial, part: dict[str, Any], field: str, code: str
) -> None:
    body = trial(parts=[{"sku": "a", "quantity": 1, **part}])

    answer = await client.post("/v1/trials", content=json.dumps(body), headers=JSON)

    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [(field, code)]


@pytest.mark.req("GEN-010")
async def test_all_wrong_fields_and_parameters_are_told_together(client: httpx.AsyncClient) -> None:
    body = {"amount": "x", "channel": "other", "ordered_on": "2026-02-30", "status": "paid"}

    answer = await client.post("/v1/trials?dry_run=perhaps", json=body, headers={"Accept-Language": "zh;q=0.9, fr"})

    assert {(error["field"], error["code"]) for error in answer.json()["errors"]} == {
        ("dry_run", "NOT_A_BOOLEAN"),
        ("/number", "REQUIRED"),
        ("/amount", "NOT_A_NUMBER"),
        ("/channel", "BAD_CHOICE"),
        ("/ordered_on", "BAD_DATE"),
        ("/status", "UNKNOWN_FIELD"),
    }
    assert answer.json()["error_count"] == 6
    assert answer.json()["detail"] == "提交的内容有误，请查看 errors。"


@pytest.mark.req("GEN-015")
async def test_text_is_stored_nfc_and_trimmed_and_strange_letters_stay_text(
    client: httpx.AsyncClient, trial: Trial
) -> None:
    for sent, kept in [
        (" か\u3099 ", "が"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("'; DROP TABLE orders", "'; DROP TABLE orders"),
        ("<script>", "<script>"),
        ("\u202eevil\u200b", "\u202eevil\u200b"),
        ("${jndi:ldap}", "${jndi:ldap}"),
        ("𠮷🍎", "𠮷🍎"),
    ]:
        answer = await client.post("/v1/trials", json=trial(sent))
        assert answer.json()["number"] == kept


class TestSizes:
    """1 MB for JSON, 25 MB for uploads, whatever Content-Length says."""

    async def test_a_body_up_to_the_limit_is_taken_and_one_byte_more_is_not(
        self, client: httpx.AsyncClient, trial: Trial
    ) -> None:
        body = json.dumps(trial()).encode()
        limit = 1024 * 1024

        taken = await client.post("/v1/trials", content=body + b" " * (limit - len(body)), headers=JSON)
        refused = await client.post("/v1/trials", content=body + b" " * (limit - len(body) + 1), headers=JSON)

        assert (taken.status_code, refused.status_code) == (201, 413)
        assert refused.json()["limit"] == str(limit)

    @pytest.mark.parametrize("length", ["10", "0", None, "-5", "x", "99999999999999"])
    async def test_content_length_is_not_believed(
        self, client: httpx.AsyncClient, trial: Trial, length: str | None
    ) -> None:
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(64):
                yield b"[" + b" " * 65_535

        headers = {**JSON, **({"Content-Length": length} if length else {}), "Transfer-Encoding": "chunked"}
        answer = await client.post("/v1/trials", content=endless(), headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")

    async def test_an_upload_may_be_larger_and_is_limited_too(self, client: httpx.AsyncClient) -> None:
        taken = await client.post("/v1/files", files={"file": ("a", b"x" * 2 * 1024 * 1024)})
        refused = await client.post("/v1/files", files={"file": ("a", b"x" * 26 * 1024 * 1024)})

        assert (taken.status_code, refused.status_code) == (201, 413)

    @pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "GZIP"])
    async def test_a_packed_body_is_refused_unread(self, client: httpx.AsyncClient, encoding: str) -> None:
        answer = await client.post("/v1/trials", content=b"\x1f\x8b", headers={**JSON, "Content-Encoding": encoding})

        assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")

    @pytest.mark.parametrize(
        "media_type",
        ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/json; charset=shift_jis", ""],
    )
    async def test_another_media_type_is_refused(self, client: httpx.AsyncClient, media_type: str) -> None:
        headers = {"Content-Type": media_type} if media_type else {}
        answer = await client.post("/v1/trials", content=b"{}", headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")

    @pytest.mark.parametrize(
        ("content", "media_type"),
        [
            (
                b"--x\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\nabc",
                "multipart/form-data; boundary=x",
            ),
            (b"garbage", "multipart/form-data; boundary=x"),
            (b"--x--", "multipart/form-data"),
            (b"--x\r\n\xff\xfe: \x00\r\n\r\n--x--", "multipart/form-data; boundary=x"),
            (b"--x--\r\n", "multipart/form-data; boundary=x"),
        ],
    )
    async def test_a_broken_form_is_the_callers(
        self, client: httpx.AsyncClient, content: bytes, media_type: str
    ) -> None:
        answer = await client.post("/v1/files", content=content, headers={"Content-Type": media_type})

        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"

    async def test_a_client_that_goes_away_midway_leaves_no_error(self, app: Any, tokens: Any) -> None:
        messages = iter(
            [{"type": "http.request", "body": b'{"number"', "more_body": True}, {"type": "http.disconnect"}]
        )
        sent: list[Any] = []

        async def receive() -> Any:
            return next(messages)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(name.lower().encode(), value.encode()) for name, value in tokens.of_owner().items()]
        scope = _scope("/v1/trials", [*headers, (b"content-type", b"application/json"), (b"content-length", b"50")])
        await app(scope, receive, send)

        assert sent[0]["status"] == 400

    async def test_a_client_that_never_sends_is_not_waited_for(
        self, app: Any, tokens: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chassis.http.routes._JSON_SECONDS", 0.05)
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(60)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(name.lower().encode(), value.encode()) for name, value in tokens.of_owner().items()]
        scope = _scope("/v1/trials", [*headers, (b"content-type", b"application/json"), (b"content-length", b"50")])
        await app(scope, receive, send)

        assert sent[0]["status"] == 408


def _scope(path: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": headers,
        "root_path": "",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
        "http_version": "1.1",
    }


class TestQueries:
    """Parameters of lists."""

    @pytest.mark.parametrize(
        ("query", "status", "field"),
        [
            ("limit=0", 422, "limit"),
            ("limit=201", 422, "limit"),
            ("limit=1000000000000", 422, "limit"),
            ("limit=-1", 422, "limit"),
            ("limit=x", 422, "limit"),
            ("limit=1&limit=2", 422, "limit"),
            ("offset=5", 422, "offset"),
            ("nmber=A", 422, "nmber"),
            ("state=unknown", 422, "state/0"),
            ("&".join(["state=open"] * 500), 422, "state"),
            ("cursor=garbage", 400, "cursor"),
            ("cursor=%00", 400, "cursor"),
            ("cursor=" + "x" * 5000, 422, "cursor"),
            ("cursor=" + "A" * 900, 400, "cursor"),
            ("number=" + "x" * 51, 422, "number"),
        ],
    )
    async def test_a_wrong_parameter_is_named(
        self, client: httpx.AsyncClient, query: str, status: int, field: str
    ) -> None:
        answer = await client.get(f"/v1/trials?{query}")

        assert answer.status_code == status
        assert answer.json()["errors"][0]["field"] == field

    @pytest.mark.parametrize("id_", ["null", "1", "%00", "x" * 10_000, "'%20or%201=1", "..%2f..%2fetc"])
    async def test_a_wrong_id_is_refused_or_not_found(self, client: httpx.AsyncClient, id_: str) -> None:
        assert (await client.get(f"/v1/trials/{id_}")).status_code in (404, 422)

    async def test_an_id_in_capitals_is_the_same_id(self, client: httpx.AsyncClient, trial: Trial) -> None:
        made = (await client.post("/v1/trials", json=trial())).json()

        assert (await client.get(f"/v1/trials/{made['order_id'].upper()}")).json() == made

    async def test_a_nul_in_a_filter_is_no_500(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/v1/trials?number=%00")).status_code == 422


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN, st.booleans())
def test_ordinary_json_passes(value: object, ascii_only: bool) -> None:
    check_json(json.dumps(value, ensure_ascii=ascii_only).encode())


@given(PLAIN, st.integers(0, 70), st.booleans())
def test_depth_counts_brackets_outside_of_strings(value: object, more: int, objects: bool) -> None:
    body = json.dumps(value).encode()
    opening, closing = (b'{"[{\\"":', b"}") if objects else (b"[", b"]")

    counted = depth(opening * more + body + closing * more)

    expected = more + _depth(value)
    assert counted == expected if expected <= MAX_DEPTH else counted > MAX_DEPTH


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(part) for part in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(part) for part in value), default=0)
    return 0


@given(st.binary(max_size=200))
def test_any_bytes_are_taken_or_refused_and_never_a_surprise(body: bytes) -> None:
    with suppress(BadJson):
        check_json(body)


@pytest.mark.req("GEN-010")
@pytest.mark.parametrize("query", ["status=%ff", "limit=5&status=a%E3%81", "status=%ED%A0%80", "status=+%C0%AF"])
async def test_a_parameter_that_is_no_utf_8_is_refused_by_name(client: httpx.AsyncClient, query: str) -> None:
    """Replaced by U+FFFD it would be a filter that matches nothing: an empty list instead of an answer."""
    answer = await client.get(f"/v1/trials?{query}")
    errors = [(error["code"], error["field"]) for error in answer.json()["errors"]]
    assert (answer.status_code, errors) == (422, [("BAD_PARAMETER", "status")])


async def test_a_name_of_a_parameter_that_is_no_utf_8_is_refused(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/trials?st%fftus=x")
    assert [(error["code"], error["field"]) for error in answer.json()["errors"]] == [("BAD_PARAMETER", "st\ufffdtus")]
