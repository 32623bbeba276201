"""Logins and tokens: `POST /v1/tokens` is how everybody comes in."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import orjson
from fastapi import Request
from starlette.responses import Response

from chassis.http import Edge, Refused, Router, WrongFields, anyone, needs
from chassis.http import problem_responses as problems
from gateway.api.access import settings_of, transaction
from gateway.api.models import LoginRequest, LoginView, TokenRequest, TokenView
from gateway.core import login as rules
from gateway.core.roles import OPERATOR
from gateway.usecases import keys, logins
from gateway.usecases.keys import Holder
from kernel.refusal import Refusal

_LOGIN_CODES = ("LOGIN_FAILED", "LOGIN_LOCKED", "NO_MAKER", "MAKER_REQUIRED", "SIGNING_KEY_MISSING")


router = Router()


@router.post("/v1/tokens", status_code=201, responses=problems(*_LOGIN_CODES))
async def log_in(body: TokenRequest, request: Request, edge: Annotated[Edge, anyone()]) -> TokenView:
    """Exchanges e-mail and password for an access token."""
    settings = settings_of(request)
    async with transaction(request, edge.actor) as tx:
        holder = await logins.log_in(tx, body.attempt(), operator_file=settings.operator_file)
        now = tx.now
    if isinstance(holder, Refusal):
        raise Refused(holder)
    lifetime = timedelta(minutes=settings.token_minutes)
    token = keys.token_for(holder, key_file=settings.signing_key_file, now=now, lifetime=lifetime)
    return _view(holder, token, lifetime)


@router.post("/v1/logins", status_code=201, responses=problems("BAD_EMAIL", "PASSWORD_LENGTH", "EMAIL_TAKEN"))
async def add_login(body: LoginRequest, edge: Annotated[Edge, needs(OPERATOR)]) -> LoginView:
    """Gives a person a login; which makers they belong to is said by memberships."""
    wrong = rules.problems(body.email, body.password)
    if wrong:
        raise WrongFields(*wrong)
    return await edge.one(lambda tx: logins.add(tx, [body.command()]), view=LoginView.of)


@router.get("/.well-known/jwks.json", include_in_schema=False)
async def published_keys(request: Request, edge: Annotated[Edge, anyone()]) -> Response:
    """The public keys by which tokens are checked."""
    settings = settings_of(request)
    document = orjson.dumps(dict(keys.public_keys(settings.signing_key_file, settings.jwks_file)))
    return Response(document, media_type="application/json", headers={"Cache-Control": "public, max-age=300"})


def _view(holder: Holder, token: str, lifetime: timedelta) -> TokenView:
    return TokenView(
        access_token=token,
        token_type="Bearer",  # noqa: S106  # the scheme's name
        expires_in=int(lifetime.total_seconds()),
        maker_id=holder.maker_id,
        roles=list(holder.roles),
        permissions=list(holder.permissions),
    )
