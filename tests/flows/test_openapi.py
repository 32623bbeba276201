"""The merged OpenAPI document is true: generated calls through the proxy find no 5xx and no undocumented answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis

from suite.demo.client import Api, Json
from tests.flows.attack import Attack
from tests.flows.running import Suite
from tests.flows.wholesaler import Wholesaler

_WAITS = frozenset({"/v1/quiet"})
"""Waits as long as it is asked to, which generated calls would do at length."""


@pytest.mark.timeout(900)
@pytest.mark.req("INT-080")
def test_boundary_and_random_calls_of_every_operation_are_answered_as_documented(
    suite: Suite, document: Json, operator: Api, shared_maker: Wholesaler, rich: dict[str, str]
) -> None:
    parked = _parked(operator)
    attack = Attack(_token(shared_maker), rich, valid_boundaries=15, invalid_boundaries=8, examples=2, skipped=_WAITS)

    attack.carry_out(_schema(suite, _without_security(document)))

    assert attack.wrong == {}
    assert attack.calls > 10 * len(document["paths"])
    assert _parked(operator) == parked


@pytest.mark.req("INT-080", "GEN-014")
def test_a_stranger_is_answered_as_documented(suite: Suite, document: Json) -> None:
    attack = Attack({}, valid_boundaries=1, invalid_boundaries=1)

    attack.carry_out(_schema(suite, document))

    assert attack.wrong == {}


@pytest.mark.slow
@pytest.mark.timeout(4 * 3_600)
@pytest.mark.req("INT-080")
def test_all_boundaries_and_many_random_calls_of_every_operation_are_answered_as_documented(
    suite: Suite, document: Json, operator: Api, shared_maker: Wholesaler, rich: dict[str, str]
) -> None:
    parked = _parked(operator)
    attack = Attack(_token(shared_maker), rich, examples=100, skipped=_WAITS)

    attack.carry_out(_schema(suite, _without_security(document)))

    assert attack.wrong == {}
    assert _parked(operator) == parked


def _parked(operator: Api) -> dict[str, int]:
    """Messages parked by service: what one service takes from a caller, the others must be able to read."""
    operator.wait_until_quiet()
    return {service["name"]: service["parked"] for service in operator.get("/v1/quiet")["services"]}


def _without_security(document: Json) -> Json:
    """Every call of the round carries the token, so none can be wrong for want of one."""
    paths = {
        path: {method: {**operation, "security": []} for method, operation in operations.items()}
        for path, operations in document["paths"].items()
    }
    return {**document, "paths": paths}


def _schema(suite: Suite, document: Json) -> Any:
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document)))
    schema.config.update(base_url=suite.url)
    return schema


def _token(maker: Wholesaler) -> dict[str, str]:
    return {"Authorization": maker.http.headers["Authorization"]}
