"""The stored evidence of a decision: enough to decide the line again and get the same answer (DOMAIN_RULES 2.1).

Only facts that took part are kept: the names that fitted, the delegation of their customers, and the invoices that
stand in a candidate. Leaving out the others changes nothing, for an invoice that is in no set that adds up cannot
make another set add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeAlias
from uuid import UUID

from payments.core.matching.decide import decide
from payments.core.matching.facts import (
    Directory,
    IncomingLine,
    KnownName,
    MatchingRules,
    OpenBook,
    OpenInvoice,
    Proof,
)
from payments.core.matching.outcome import Decision
from payments.core.payer import payer_name

Json: TypeAlias = "Mapping[str, Json] | list[Json] | str | int | bool | None"


def replayed(proof: Proof) -> Decision:
    """The decision that the evidence gives."""
    book = OpenBook(proof.invoices)
    directory = Directory(proof.names, proof.delegatee_of)
    decision, _ = next(decide([proof.line], book, directory, proof.rules))
    return decision


def to_json(proof: Proof) -> dict[str, Json]:
    """As stored and shown; amounts in minor units."""
    line = proof.line
    return {
        "rule_version": proof.rules.version,
        "fee_tolerance": dict(proof.rules.fee_tolerance),
        "auto_confirm": proof.rules.auto_confirm,
        "line": {
            "id": str(line.line_id),
            "currency": line.currency,
            "amount": line.amount,
            "value_date": line.value_date.isoformat(),
            "payer": line.payer,
            "payer_key": payer_name(line.payer).key,
            "texts": list(line.texts),
            "cancels": line.cancels,
        },
        "names": [
            {"customer_id": str(one.customer_id), "name": one.name, "learned": one.learned} for one in proof.names
        ],
        "delegatees": {str(one): str(to) for one, to in proof.delegatee_of.items()},
        "invoices": [_invoice_json(one) for one in proof.invoices],
    }


def _invoice_json(invoice: OpenInvoice) -> dict[str, Json]:
    return {
        "id": str(invoice.invoice_id),
        "number": invoice.number,
        "bill_to_id": str(invoice.bill_to_id),
        "currency": invoice.currency,
        "open": invoice.open,
        "issued_on": invoice.issued_on.isoformat(),
        "due_on": invoice.due_on.isoformat(),
        "members": [str(one) for one in sorted(invoice.members, key=str)],
    }


def from_json(stored: Mapping[str, object]) -> Proof:
    """The evidence as it was stored. Raises KeyError, TypeError or ValueError on anything `to_json` did not write."""
    line = _mapping(stored["line"])
    rules = MatchingRules(
        {str(code): _int(units) for code, units in _mapping(stored["fee_tolerance"]).items()},
        bool(stored["auto_confirm"]),
        str(stored["rule_version"]),
    )
    return Proof(
        line=IncomingLine(
            line_id=UUID(str(line["id"])),
            currency=str(line["currency"]),
            amount=_int(line["amount"]),
            value_date=date.fromisoformat(str(line["value_date"])),
            payer=str(line["payer"]),
            texts=tuple(map(str, _list(line["texts"]))),
            cancels=bool(line["cancels"]),
        ),
        names=tuple(_name(_mapping(one)) for one in _list(stored["names"])),
        delegatee_of={UUID(one): UUID(str(to)) for one, to in _mapping(stored["delegatees"]).items()},
        invoices=tuple(_invoice(_mapping(one)) for one in _list(stored["invoices"])),
        rules=rules,
    )


def _name(stored: Mapping[str, object]) -> KnownName:
    return KnownName(UUID(str(stored["customer_id"])), str(stored["name"]), bool(stored["learned"]))


def _invoice(stored: Mapping[str, object]) -> OpenInvoice:
    return OpenInvoice(
        invoice_id=UUID(str(stored["id"])),
        number=str(stored["number"]),
        bill_to_id=UUID(str(stored["bill_to_id"])),
        currency=str(stored["currency"]),
        open=_int(stored["open"]),
        issued_on=date.fromisoformat(str(stored["issued_on"])),
        due_on=date.fromisoformat(str(stored["due_on"])),
        members=frozenset(UUID(str(one)) for one in _list(stored["members"])),
    )


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("an object was stored here")
    return value


def _list(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError("a list was stored here")
    return value


def _int(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a whole number was stored here")
    return value
