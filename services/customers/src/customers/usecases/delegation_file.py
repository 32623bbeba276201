"""The delegation file: who is billed instead of whom; `#CLEAR` as delegatee revokes (CUS-075, INT-011)."""

from __future__ import annotations

from typing import Final

from chassis.imports import Cleared, Column, Layout, Need, Row, code
from customers.core.fields import CODE_LENGTH
from customers.usecases.delegating import Wish
from customers.usecases.refs import Ref
from kernel.refusal import Refusal

_CODE: Final = code(CODE_LENGTH, "[A-Za-z0-9]+", "A-Z a-z 0-9")

DELEGATIONS: Final = Layout(
    columns=[
        Column("delegator_code", ("委任元コード", "委任者コード"), _CODE, Need.ROW, sample="C000124"),
        Column("delegatee_code", ("請求先コード", "受任者コード"), _CODE, sample="C000123"),
    ],
    key=["delegator_code"],
)


def wish_of(row: Row) -> Wish | Refusal:
    """What the row asks for."""
    delegatee = row.values.get("delegatee_code")
    if delegatee is None:
        return row.refusal("REQUIRED", "delegatee_code")
    delegator = Ref(code=str(row.values["delegator_code"]), path="delegator_code")
    if delegatee is Cleared.CLEARED:
        return Wish(delegator, None)
    return Wish(delegator, Ref(code=str(delegatee), path="delegatee_code"))
