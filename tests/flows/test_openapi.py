"""The merged OpenAPI document is true: generated calls through the proxy find no 5xx and no undocumented answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as budget
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from suite.demo.client import Json
from tests.flows.running import Suite
from tests.flows.wholesaler import Wholesaler

_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_SEED = 20261122
_WAITS = "/v1/quiet"
"""Waits as long as it is asked to, which generated calls would do at length."""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_few_generated_calls_of_every_operation_are_answered_as_documented(
    suite: Suite, document: Json, shared_maker: Wholesaler, rich: dict[str, str]
) -> None:
    assert _attacked(suite, document, shared_maker, rich, examples=5) == []


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_many_generated_calls_of_every_operation_are_answered_as_documented(
    suite: Suite, document: Json, shared_maker: Wholesaler, rich: dict[str, str]
) -> None:
    assert _attacked(suite, document, shared_maker, rich, examples=300) == []


def _attacked(suite: Suite, document: Json, maker: Wholesaler, ids: dict[str, str], *, examples: int) -> list[str]:
    """What went wrong, by operation; one wrong operation does not hide the next."""
    schema = schemathesis.openapi.from_dict(json.loads(json.dumps(document)))
    schema.config.update(base_url=suite.url)
    headers = {"Authorization": maker.http.headers["Authorization"]}
    wrong = []
    for result in schema.get_all_operations():
        assert isinstance(result, Ok), result.err()
        operation = result.ok()
        if operation.path == _WAITS:
            continue
        try:
            _attack(operation, headers, ids, examples)
        except FailureGroup as found:
            wrong.append(f"{operation.label}: {[str(one)[:600] for one in found.exceptions]}")
    return wrong


def _attack(operation: Any, headers: dict[str, str], ids: dict[str, str], examples: int) -> None:
    """Ids in the path are real ones, so that calls get past "not found"."""

    @seed(_SEED)
    @budget(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def call(case: Any) -> None:
        case.path_parameters = {name: ids.get(name, value) for name, value in (case.path_parameters or {}).items()}
        case.call_and_validate(headers=headers, checks=_CHECKS)

    call()
