"""Decisions as they are stored and shown: reasons and candidates, amounts in minor units."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from payments.core.matching.outcome import Candidate, Decision, Lost, Reason, Rule, Share

Stored: TypeAlias = "Mapping[str, Stored] | Sequence[Stored] | str | int | bool | None"


def reasons_json(reasons: Iterable[Reason]) -> list[Stored]:
    return [{"code": one.code, "facts": dict(one.facts)} for one in reasons]


def candidates_json(candidates: Iterable[Candidate]) -> list[Stored]:
    return [
        {
            "rule": one.rule.value,
            "customer_id": _text(one.customer_id),
            "shares": [_share_json(share) for share in one.shares],
            "gap": one.gap,
            "age_days": one.age_days,
            "lost": one.lost.value if one.lost else None,
        }
        for one in candidates
    ]


def decision_json(decision: Decision) -> dict[str, Stored]:
    """The whole answer, to compare with what the stored evidence gives."""
    return {
        "verdict": decision.verdict.value,
        "reasons": reasons_json(decision.reasons),
        "customer_id": _text(decision.customer_id),
        "bill_to_id": _text(decision.bill_to_id),
        "candidates": candidates_json(decision.candidates),
    }


def candidates_of(stored: Sequence[Mapping[str, object]]) -> tuple[Candidate, ...]:
    """Candidates as `candidates_json` wrote them. Raises KeyError, TypeError or ValueError on anything else."""
    return tuple(_candidate(one) for one in stored)


def _candidate(stored: Mapping[str, object]) -> Candidate:
    lost = stored["lost"]
    return Candidate(
        rule=Rule(str(stored["rule"])),
        customer_id=_id(stored["customer_id"]),
        shares=tuple(_share(one) for one in _list(stored["shares"])),
        gap=_int(stored["gap"]),
        age_days=_int(stored["age_days"]),
        lost=None if lost is None else Lost(str(lost)),
    )


def _share_json(share: Share) -> Stored:
    return {
        "invoice_id": str(share.invoice_id),
        "number": share.number,
        "bill_to_id": str(share.bill_to_id),
        "amount": share.amount,
        "fee": share.fee,
    }


def _share(stored: object) -> Share:
    if not isinstance(stored, dict):
        raise TypeError("a share was stored here")
    ids = UUID(str(stored["invoice_id"])), str(stored["number"]), UUID(str(stored["bill_to_id"]))
    return Share(*ids, _int(stored["amount"]), _int(stored["fee"]))


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _id(value: object) -> UUID | None:
    return None if value is None else UUID(str(value))


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a whole number was stored here")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a list was stored here")
    return value
