"""The complete list of messages the gateway reacts to."""

from __future__ import annotations

from chassis.messages import Listens, Run
from chassis.tx import Tx
from contracts.customers import MakerState, MembershipState
from gateway import store
from gateway.store import KnownMaker, Membership

LISTENS = Listens()


@LISTENS.on(MembershipState)
async def copy_memberships(tx: Tx, run: Run[MembershipState]) -> None:
    await store.copy_memberships(
        tx,
        [
            Membership(body.maker_id, body.email, body.name, body.roles, body.active, message.version)
            for message in run
            if (body := message.body) is not None
        ],
    )


@LISTENS.on(MakerState)
async def copy_makers(tx: Tx, run: Run[MakerState]) -> None:
    known = [KnownMaker(body.maker_id, body.name, m.version) for m in run if (body := m.body) is not None]
    await store.copy_makers(tx, known)
