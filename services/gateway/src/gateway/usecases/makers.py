"""New makers: a login for the owner here, and an ask to `customers` to make the maker itself (ARCHITECTURE §7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from chassis.tx import Tx
from gateway import announce, store
from gateway.core import login as rules
from gateway.core.login import Login, email_key
from gateway.store import MakerRequest, Membership
from kernel.refusal import Refusal

CREATING: Final = "CREATING"
"""Until `customers` has told of the maker."""
ACTIVE: Final = "ACTIVE"


@dataclass(frozen=True, slots=True)
class NewMaker:
    """A maker an operator wants, and who will own it. `password_hash` is made before the transaction."""

    reference: str
    maker_id: UUID
    name: str
    owner_email: str
    owner_name: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class WantedMaker:
    """What came of it, and its state."""

    maker_id: UUID
    reference: str
    name: str
    owner_email: str
    state: str


async def known_request(tx: Tx, reference: str) -> UUID | None:
    """The maker that was asked for under this reference before."""
    return await store.requested_maker(tx, reference)


async def want(tx: Tx, command: NewMaker) -> WantedMaker | Refusal:
    """Asks for a maker, once per reference; the owner can log in at once.

    A login that exists keeps its password. Refuses CONFLICT when the reference was taken a moment ago.
    """
    email = email_key(command.owner_email)
    kept = await store.request_of(tx, MakerRequest(command.reference, command.maker_id, command.name, email))
    if kept.maker_id != tx.maker_id:
        return Refusal("CONFLICT")
    if kept.owner_email != email or kept.name != command.name:
        return Refusal("REFERENCE_TAKEN", {"reference": command.reference}, "reference", value=command.reference)
    await store.add_login(tx, Login(tx.new_id(), email, command.owner_name, command.password_hash))
    owner = Membership(kept.maker_id, email, command.owner_name, ["owner"], active=True, version=0)
    await store.copy_memberships(tx, [owner])
    known = await store.known_makers(tx, [kept.maker_id])
    if not known:
        names = {"name": command.name, "owner_email": email, "owner_name": command.owner_name}
        tx.announce([announce.maker_wanted(kept.maker_id, **names)])
    state = ACTIVE if known else CREATING
    return WantedMaker(kept.maker_id, kept.reference, kept.name, email, state)


async def states(tx: Tx, maker_ids: Sequence[UUID]) -> dict[UUID, str]:
    """How far these makers are."""
    known = await store.known_makers(tx, maker_ids)
    return {maker_id: ACTIVE if maker_id in known else CREATING for maker_id in maker_ids}


def problems(email: str, password: str) -> Sequence[Refusal]:
    """What is wrong with the owner's login."""
    return rules.problems(email, password, path="owner.")
