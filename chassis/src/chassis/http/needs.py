"""Which permission a route asks for, said in its signature: `edge: Annotated[Edge, needs("order.write")]`.

Deny by default: a route without `needs` or `anyone` does not start (GEN-014). The caller is checked before the body is
read, so that a stranger learns nothing and costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastapi import Depends, Request

from chassis.auth import SERVICE, Caller, KeysAway, Unauthenticated
from chassis.http.edge import CALLER, Edge
from chassis.http.refused import Refused
from chassis.http.shell import shell_of
from chassis.logs import log
from kernel.refusal import Refusal

_NOBODY: Final = Caller(actor="anonymous", maker_id=None, permissions=frozenset())
_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class EdgeFor:
    """The dependency behind `needs`: the edge of an admitted caller."""

    permissions: tuple[str, ...]

    async def __call__(self, request: Request) -> Edge:  # async: FastAPI sends plain functions through a thread
        return Edge(request, request.scope[CALLER])

    async def admit(self, request: Request) -> None:
        """Raises Refused: 401 without a valid token, 403 without the permission or without a maker."""
        if not self.permissions:
            request.scope[CALLER] = _NOBODY
            return
        caller = await _caller(request)
        if not any(caller.may(permission) for permission in self.permissions):
            raise Refused(Refusal("FORBIDDEN"))
        if caller.maker_id is None and not caller.crosses_makers:
            raise Refused(Refusal("FORBIDDEN"))
        request.scope[CALLER] = caller


def needs(*permissions: str) -> Any:
    """The route's edge for callers whose token grants any of these permissions."""
    if not permissions:
        raise ValueError("needs() names at least one permission; anyone() is for routes without a token")
    return Depends(EdgeFor(permissions))


def needs_service() -> Any:
    """The edge of an internal route: service tokens only, the maker taken from the header `Oroshi-Maker`."""
    return Depends(EdgeFor((SERVICE,)))


def anyone() -> Any:
    """The edge of a route that needs no token (a login); its path stands in the service's `open_paths`."""
    return Depends(EdgeFor(()))


async def _caller(request: Request) -> Caller:
    shell = shell_of(request.app)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refused(Refusal("UNAUTHENTICATED"), headers=_CHALLENGE)
    try:
        return await shell.verifier.caller(token.strip(), request.headers.get("oroshi-maker"))
    except Unauthenticated as refused:
        log.info("token.refused", kind=refused.kind)
        raise Refused(Refusal("UNAUTHENTICATED"), headers=_CHALLENGE) from refused
    except KeysAway as away:
        log.warning("token.keys-away")
        raise Refused(Refusal("UNAVAILABLE"), headers={"Retry-After": "2"}) from away
