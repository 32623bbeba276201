"""What the gateway was told, and transactions that commit although the answer is no: failures are counted."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from fastapi import Request

from chassis.http.answers import request_id_of
from chassis.http.shell import shell_of
from chassis.tx import NO_MAKER, Tx
from gateway.settings import GatewaySettings


def settings_of(request: Request) -> GatewaySettings:
    """What this gateway was told at its start."""
    settings = shell_of(request.app).settings
    if not isinstance(settings, GatewaySettings):
        raise TypeError("the gateway's routes need GatewaySettings")
    return settings


def transaction(request: Request, actor: str) -> AbstractAsyncContextManager[Tx]:
    """A transaction that belongs to no maker; commits at the end of the block."""
    database = shell_of(request.app).database
    return database.transaction(NO_MAKER, actor=actor, correlation_id=request_id_of(request.scope))
