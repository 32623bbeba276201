"""The generated calls can fail: each kind of lie in a document is found on an app that tells it."""

from __future__ import annotations

import pytest
import schemathesis
from fastapi import FastAPI, Query, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from pydantic import BaseModel

from tests.flows.attack import Attack


class Answer(BaseModel):
    total: int


app = FastAPI()
_ANSWER = {"total": 1}


@app.get("/true")
def true(limit: int = Query(1, ge=1, le=200)) -> Answer:
    return Answer(total=limit)


@app.get("/breaks")
def breaks() -> Answer:
    return JSONResponse(_ANSWER, status_code=500)  # type: ignore[return-value]


@app.get("/undocumented")
def undocumented() -> Answer:
    return JSONResponse(_ANSWER, status_code=409)  # type: ignore[return-value]


@app.get("/plain")
def plain() -> Answer:
    return PlainTextResponse("1")  # type: ignore[return-value]


@app.get("/other-shape")
def other_shape() -> Answer:
    return JSONResponse({"total": "one"})  # type: ignore[return-value]


@app.get("/takes-anything", openapi_extra={"parameters": [{"name": "n", "in": "query", "schema": {"type": "integer"}}]})
def takes_anything() -> Answer:
    return Answer(total=1)


@app.get("/token")
def token(response: Response) -> Answer:
    return JSONResponse({"code": "UNAUTHENTICATED"}, status_code=401)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def wrong() -> dict[str, str]:
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    return Attack({"Authorization": "Bearer x"}, examples=5).carry_out(schema).wrong


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/breaks", "Server error"),
        ("/undocumented", "Undocumented status code"),
        ("/plain", "Undocumented Content-Type"),
        ("/other-shape", "Response violates schema"),
        ("/takes-anything", "Schema-violating request accepted"),
        ("/token", "the token is not taken"),
    ],
)
def test_a_lie_of_the_document_is_told(wrong: dict[str, str], path: str, told: str) -> None:
    assert told in wrong[f"GET {path}"]


def test_a_document_that_is_true_is_not_blamed(wrong: dict[str, str]) -> None:
    assert "GET /true" not in wrong
