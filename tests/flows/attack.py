"""Generated calls at every operation of an API document, and what was wrong with the answers.

Two generators: Schemathesis's boundary cases (each keyword of each schema kept and broken, once) and random ones, both
with valid and with invalid data. Ids in the path are real ones, so that calls get past "not found".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as budget
from hypothesis.errors import Unsatisfiable
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
"""Not among them, each for its reason:

positive_data_acceptance   a valid call may be refused by the state of things or by a rule over several fields, with the
                           codes that single fields have; what it found was gone through by hand, see the history
unsupported_method,        paths overlap (`/closing-runs/preview` is also a `/closing-runs/{run_id}`), and the proxy
allow_header_conformance   knows methods of some paths only; chassis/tests/http tries both on paths that do not
"""
_Case = Case[Any]
_SEED = 20261122
_UNKNOWN_HEADER = "x-schemathesis-unknown"
_BOTH = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]


@dataclass
class Attack:
    """One round over all operations; `wrong` fills up, one operation does not hide the next."""

    headers: Mapping[str, str]
    """With a token or without one. A round that is shut out would find nothing, so a token not taken is wrong too."""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Path parameter → an id that exists."""
    valid_boundaries: int | None = None
    invalid_boundaries: int | None = None
    """How many boundary cases of an operation, evenly spread; None for all. Valid ones get further in."""
    examples: int = 0
    """How many random calls of an operation, of valid and of invalid data each."""
    skipped: frozenset[str] = frozenset()
    """Paths that are left alone."""
    calls: int = 0
    wrong: dict[str, str] = field(default_factory=dict)

    def carry_out(self, schema: Any) -> Attack:
        schema.config.checks.negative_data_rejection.expected_statuses.append("431")  # an address too long to be read
        for result in schema.get_all_operations():
            assert isinstance(result, Ok), result.err()
            operation = result.ok()
            if operation.path not in self.skipped:
                self._carry_out(operation)
        return self

    def _carry_out(self, operation: Any) -> None:
        for mode, most in zip(_BOTH, (self.valid_boundaries, self.invalid_boundaries), strict=True):
            for case in _spread(list(_boundary_cases(operation, mode)), most):
                self._call(self._with_real_ids(case))
        for mode in _BOTH if self.examples else ():
            self._random(operation, mode)

    def _random(self, operation: Any, mode: GenerationMode) -> None:
        real = {one.name: self.ids[one.name] for one in operation.path_parameters if one.name in self.ids}
        fixed = {"path_parameters": real} if real and mode.is_positive else {}

        @seed(_SEED)
        @budget(
            max_examples=self.examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode, **fixed))
        def call(case: _Case) -> None:
            self._call(case)

        try:
            call()
        except Unsatisfiable:  # an operation that takes nothing cannot be given anything wrong
            assert not mode.is_positive

    def _with_real_ids(self, case: _Case) -> _Case:
        """The case, its path untouched where the path is what it is about."""
        about = getattr(case.meta.phase.data, "parameter", None) if case.meta else None
        if about not in case.path_parameters:
            case.path_parameters.update({name: self.ids[name] for name in case.path_parameters if name in self.ids})
        return case

    def _call(self, case: _Case) -> None:
        self.calls += 1
        headers = dict(self.headers)
        answer = case.call(headers=headers)
        if self.headers and answer.status_code == 401 and "UNAUTHENTICATED" in answer.text:
            self.wrong.setdefault(case.operation.label, f"the token is not taken: {answer.text[:300]}")
        try:
            case.validate_response(answer, checks=_checks_of(case), headers=headers)
        except FailureGroup as found:
            told = "; ".join(f"{one.title}: {one.message}"[:400] for one in found.exceptions)
            shown = f"{told}\n{case.as_curl_command()[:600]}\n{answer.status_code} {answer.text[:300]}"
            self.wrong.setdefault(case.operation.label, shown)


def _checks_of(case: _Case) -> list[Any]:
    """A header that nobody knows is no wrong call: HTTP wants it passed over."""
    harmless = any(name.lower().startswith(_UNKNOWN_HEADER) for name in case.headers or ())
    return [check for check in CHECKS if not (harmless and check is negative_data_rejection)]


def _boundary_cases(operation: Any, mode: GenerationMode) -> Iterator[_Case]:
    schema = operation.schema
    generation = schema.config.generation_for(operation=operation)
    yield from schema.iter_coverage_cases(operation, generation_modes=[mode], generation_config=generation)


def _spread(cases: list[_Case], most: int | None) -> list[_Case]:
    if most is None or len(cases) <= most:
        return cases
    return [cases[index * len(cases) // most] for index in range(most)]
