"""What a test finds already there: makers and customers, made by the use cases themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from chassis.database import Database
from chassis.tx import Tx
from customers.core.address import AddressChange
from customers.core.customer import Profile, ProfileChange
from customers.core.maker import Preferences
from customers.core.terms import SetTerms
from customers.usecases import makers, registering
from customers.usecases.desk import Rights
from customers.usecases.makers import NewMaker
from customers.usecases.registering import Entered, Entry
from services.customers.tests.builders import a_profile


async def create_maker(database: Database, maker_id: UUID, **chosen: object) -> None:
    """A maker with yen and dollars, its owner, and other preferences where the test says so."""
    async with database.transaction(maker_id) as tx:
        await makers.create(tx, [NewMaker("株式会社おろし商事", "owner@maker.example", "山田")])
    wanted = {"currencies": ("JPY", "USD"), **chosen}

    def change(preferences: Preferences) -> Preferences:
        return replace(preferences, **wanted)  # type: ignore[arg-type]  # a builder for tests

    async with database.transaction(maker_id) as tx:
        await makers.change_preferences(tx, change, expected=None)


def an_entry(code: str | None = "K101X", *, profile: Profile | None = None, terms: SetTerms | None = None) -> Entry:
    """A registration of a whole profile."""
    wanted = profile or a_profile()
    fields = {name: getattr(wanted, name) for name in ProfileChange.__slots__ if name != "address"}
    address = AddressChange(**{name: getattr(wanted.address, name) for name in AddressChange.__slots__})
    return Entry(code, ProfileChange(address=address, **fields), terms=terms)


async def register(tx: Tx, *entries: Entry) -> list[UUID]:
    """Registers customers and returns their ids."""
    outcomes = await registering.register(tx, entries, Rights())
    assert all(isinstance(one, Entered) for one in outcomes), outcomes
    return [one.customer.customer_id for one in outcomes if isinstance(one, Entered)]


async def registered(database: Database, maker_id: UUID, codes: Sequence[str]) -> dict[str, UUID]:
    """Customers of these codes, names and e-mails apart."""
    entries = [
        an_entry(code, profile=replace(a_profile(f"株式会社{code}"), email=f"{code.lower()}@shop.example"))
        for code in codes
    ]
    async with database.transaction(maker_id) as tx:
        return dict(zip(codes, await register(tx, *entries), strict=True))
