"""How callers name a customer: by id, or by the code that people and files use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from chassis.tx import Tx
from customers.core.customer import code_key
from customers.store import customers as store
from kernel.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Ref:
    """Exactly one of id and code; `path` says which request field it came from."""

    customer_id: UUID | None = None
    code: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """Ids and codes of the customers a deed names."""

    codes: Mapping[UUID, str] = field(default_factory=dict)
    ids: Mapping[str, UUID] = field(default_factory=dict)

    def find(self, ref: Ref) -> UUID | Refusal:
        """The customer's id. UNKNOWN_CUSTOMER for a code, NOT_FOUND for an id that this maker does not have."""
        if ref.customer_id is not None:
            known = ref.customer_id in self.codes
            return ref.customer_id if known else Refusal("NOT_FOUND", {}, ref.path, value=str(ref.customer_id))
        code = ref.code or ""
        found = self.ids.get(code_key(code))
        return found if found is not None else Refusal("UNKNOWN_CUSTOMER", {"code": code}, ref.path, value=code)


async def look_up(tx: Tx, refs: Iterable[Ref]) -> Directory:
    """One query for all of them."""
    asked = list(refs)
    ids = {ref.customer_id for ref in asked if ref.customer_id is not None}
    codes = {ref.code for ref in asked if ref.code is not None}
    codes_by_id = await store.codes_of(tx, ids, codes)
    return Directory(codes_by_id, {code_key(code): customer_id for customer_id, code in codes_by_id.items()})
