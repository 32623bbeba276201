"""The names customers pay under follow their newest state, whichever way and order it is told in."""

from __future__ import annotations

from uuid import UUID

import pytest

from chassis.database import Database
from payments.core.payer import payer_name
from payments.store import facts
from payments.store.facts import Customer
from services.payments.tests.builders import A


@pytest.mark.req("PAY-032")
async def test_an_answer_that_was_overtaken_does_not_bring_an_old_name_back(database: Database, maker_id: UUID) -> None:
    """The owner's answer is read outside the transaction: a newer state may have arrived by the time it is kept."""
    async with database.transaction(maker_id) as tx:
        await facts.save_customers(tx, [Customer(A, "C1", "株式会社新山田", "シンヤマダ", True, version=2)])
        await facts.save_customers(tx, [Customer(A, "C1", "株式会社山田", "ヤマダ", True, version=1)])
        directory = await facts.load_directory(tx, {"ｼﾝﾔﾏﾀﾞ", "ﾔﾏﾀﾞ"})
    known = {name: [one.customer_id for one in directory.fits(payer_name(name))[1]] for name in ("ｼﾝﾔﾏﾀﾞ", "ﾔﾏﾀﾞ")}
    assert known == {"ｼﾝﾔﾏﾀﾞ": [A], "ﾔﾏﾀﾞ": []}
