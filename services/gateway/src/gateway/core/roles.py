"""Roles and what they may do (CUS-004, CON-030), as data. Everything not named is denied (GEN-014)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

OPERATOR: Final = "operator"
"""The platform's own people: they make makers and see health, and belong to no maker."""

_READS: Final = frozenset(
    {
        "maker.read",
        "member.read",
        "customer.read",
        "catalog.read",
        "order.read",
        "delivery.read",
        "invoice.read",
        "payment.read",
    }
)
_SALES: Final = frozenset({"customer.write", "catalog.write", "order.write", "order.price", "oc.write"})
_WAREHOUSE: Final = frozenset({"delivery.write", "return.write"})
_ACCOUNTING: Final = frozenset(
    {
        "terms.write",
        "customer.write",
        "credit.hold",
        "credit.override",
        "invoice.create",
        "invoice.issue",
        "invoice.void",
        "payment.write",
        "payment.writeoff",
    }
)
_ADMIN: Final = (
    _READS | _SALES | _WAREHOUSE | _ACCOUNTING | {"maker.write", "member.manage", "delivery.price", "cost.read"}
)

PERMISSIONS: Final = {
    "owner": _ADMIN | {"maker.own"},
    "admin": _ADMIN,
    "sales": _READS | _SALES,
    "warehouse": _READS | _WAREHOUSE,
    "accounting": _READS | _ACCOUNTING,
    "read-only": _READS,
}
"""Permissions by role. Roles not named here (buyers, partners) get none on the maker's side."""


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """What several roles together may do."""
    return frozenset().union(*(PERMISSIONS.get(role, frozenset()) for role in roles))
