"""The one place where snapshots become JSON and come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from kernel.money import Currency, Money, Rate
from kernel.tax import TaxBreakdown, TaxedSums
from ordering.core.buyer import Buyer, MasterFields
from ordering.core.content import ChargeEntry, ChargeKind, Totals
from ordering.core.market import Address
from ordering.core.order import Heading, Signature
from ordering.core.order_warning import OrderWarning
from ordering.core.standing import Standing
from ordering.tables import Json, Row

_MASTER_FIELDS = tuple(field.name for field in fields(MasterFields))


def rate_of(percent: Decimal | None) -> Rate | None:
    """A rate column; None stays None."""
    return None if percent is None else Rate.of(percent)


def address_json(address: Address) -> Json:
    return {
        "postal_code": address.postal_code,
        "address1": address.address1,
        "address2": address.address2,
        "name": address.name,
        "department": address.department,
        "kana": address.kana,
        "phone": address.phone,
    }


def address_of(stored: Mapping[str, Any]) -> Address:
    return Address(**stored)


def buyer_json(buyer: Buyer) -> Json:
    return {
        "customer_id": str(buyer.customer_id),
        "code": buyer.code,
        "fields": {name: getattr(buyer.fields, name) for name in _MASTER_FIELDS},
        "ship_to": address_json(buyer.ship_to),
    }


def buyer_of(stored: Mapping[str, Any]) -> Buyer:
    return Buyer(
        customer_id=UUID(stored["customer_id"]),
        code=stored["code"],
        fields=MasterFields(**stored["fields"]),
        ship_to=address_of(stored["ship_to"]),
    )


def heading_json(heading: Heading) -> Json:
    """What is not a column of its own."""
    return {
        "time_slot": heading.time_slot,
        "remark": heading.remark,
        "worker_memo": heading.worker_memo,
        "medium": heading.medium,
        "customer_class": heading.customer_class,
        "gift": heading.gift,
        "price_is_net": heading.price_is_net,
    }


def heading_of(stored: Mapping[str, Any], *, purchase_order_number: str, wished_on: date | None) -> Heading:
    return Heading(purchase_order_number=purchase_order_number, wished_on=wished_on, **stored)


def entry_json(entry: ChargeEntry) -> Json:
    return {
        "kind": entry.kind.value,
        "amount": str(entry.amount.amount),
        "rate": None if entry.rate is None else str(entry.rate),
        "prorated": entry.prorated,
    }


def entry_of(stored: Mapping[str, Any], currency: Currency) -> ChargeEntry:
    rate = None if stored["rate"] is None else Rate.of(stored["rate"])
    return ChargeEntry(ChargeKind(stored["kind"]), Money(Decimal(stored["amount"]), currency), rate, stored["prorated"])


def warning_json(warning: OrderWarning) -> Json:
    return {"code": warning.code, "facts": dict(warning.facts)}


def warning_of(stored: Mapping[str, Any]) -> OrderWarning:
    return OrderWarning(stored["code"], stored["facts"])


def signature_json(signature: Signature | None) -> Json | None:
    if signature is None:
        return None
    return {"by": signature.by, "at": signature.at.isoformat(), "note": signature.note}


def signature_of(stored: Mapping[str, Any] | None) -> Signature | None:
    return None if stored is None else _signed(stored)


def signed_of(stored: Mapping[str, Any]) -> Signature:
    """A signature that is always there."""
    return _signed(stored)


def standing_row(standing: Standing, exposed: Money) -> Json:
    """The columns that deliveries and invoices change."""
    return {
        "ordered_quantity": standing.ordered,
        "shipped_quantity": standing.shipped,
        "closed_quantity": standing.closed,
        "billed_quantity": standing.billed_quantity,
        "expected_amount": standing.expected.amount,
        "billed_amount": standing.billed.amount,
        "exempt_quantity": standing.exempt_quantity,
        "waived_amount": standing.waived.amount,
        "exposed_amount": exposed.amount,
        "invoiced": standing.invoiced.value,
    }


def standing_of(head: Row, currency: Currency) -> Standing:
    return Standing(
        ordered=head.ordered_quantity,
        shipped=head.shipped_quantity,
        closed=head.closed_quantity,
        billed_quantity=head.billed_quantity,
        expected=Money(head.expected_amount, currency),
        billed=Money(head.billed_amount, currency),
        exempt_quantity=head.exempt_quantity,
        waived=Money(head.waived_amount, currency),
    )


def totals_json(totals: Totals) -> Json:
    return {
        "items": str(totals.items.amount),
        "payment_points": str(totals.payment_points.amount),
        "per_rate": [_taxed_json(taxed) for taxed in totals.breakdown.per_rate],
    }


def totals_of(stored: Mapping[str, Any], currency: Currency) -> Totals:
    per_rate: Sequence[Mapping[str, Any]] = stored["per_rate"]
    return Totals(
        breakdown=TaxBreakdown(tuple(_taxed_of(taxed, currency) for taxed in per_rate), currency),
        items=Money(Decimal(stored["items"]), currency),
        payment_points=Money(Decimal(stored["payment_points"]), currency),
    )


def _signed(stored: Mapping[str, Any]) -> Signature:
    return Signature(stored["by"], datetime.fromisoformat(stored["at"]), stored["note"])


_SUMS = ("exclusive", "inclusive", "net", "tax", "gross")


def _taxed_json(taxed: TaxedSums) -> Json:
    sums: Json = {name: str(getattr(taxed, name).amount) for name in _SUMS}
    return {"rate": str(taxed.rate), "reduced": taxed.reduced, **sums}


def _taxed_of(stored: Mapping[str, Any], currency: Currency) -> TaxedSums:
    exclusive, inclusive, net, tax, gross = (Money(Decimal(stored[name]), currency) for name in _SUMS)
    return TaxedSums(Rate.of(stored["rate"]), stored["reduced"], exclusive, inclusive, net, tax, gross)
