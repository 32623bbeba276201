"""The exception that carries refusals from anywhere below a route to the answer, rolling the transaction back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.exceptions import HTTPException

from kernel.refusal import Refusal


class Refused(HTTPException):
    """One or more refusals; becomes problem+json with the status of the first. Raised at the edge, not in use cases.

    `errors` are shown instead of the refusals themselves where one refusal sums up many. An HTTPException, because
    FastAPI turns anything else that is raised while a body is read into its own 400.
    """

    def __init__(
        self,
        *refusals: Refusal,
        headers: Mapping[str, str] | None = None,
        facts: Mapping[str, object] | None = None,
        errors: Sequence[Refusal] | None = None,
    ) -> None:
        super().__init__(status_code=400, detail=refusals[0].code, headers=dict(headers or {}))
        self.refusals = refusals
        self.facts = facts or {}
        self.errors = refusals if errors is None else errors


class WrongFields(Refused):
    """Wrong fields or parameters of one request, told together under the one code VALIDATION."""

    def __init__(self, *refusals: Refusal) -> None:
        super().__init__(Refusal("VALIDATION"), errors=refusals)
