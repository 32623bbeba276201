"""What the gateway's routes take and answer."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from chassis.http import RequestModel, Text, View
from gateway.core.login import Login
from gateway.usecases.logins import Attempt, NewLogin
from gateway.usecases.makers import WantedMaker
from gateway.usecases.suite import ServiceState


class Owner(RequestModel):
    """Who will own a new maker."""

    email: Annotated[str, Text(254)]
    name: Annotated[str, Text(100)]
    password: Annotated[str, Text(128)]


class MakerRequest(RequestModel):
    """A new maker. `reference` is the operator's own key: asked twice, the same maker comes back."""

    reference: Annotated[str, Text(100)]
    name: Annotated[str, Text(255)]
    owner: Owner


class MakerView(View):
    """A maker on its way: CREATING until `customers` has made it, then ACTIVE."""

    maker_id: UUID
    reference: str
    name: str
    owner_email: str
    state: str

    @staticmethod
    def of(wanted: WantedMaker) -> MakerView:
        return MakerView(
            maker_id=wanted.maker_id,
            reference=wanted.reference,
            name=wanted.name,
            owner_email=wanted.owner_email,
            state=wanted.state,
        )


class TokenRequest(RequestModel):
    """E-mail and password; `maker_id` where the login belongs to several makers."""

    email: Annotated[str, Text(254)]
    password: Annotated[str, Text(128)]
    maker_id: UUID | None = None

    def attempt(self) -> Attempt:
        return Attempt(self.email, self.password, self.maker_id)


class TokenView(View):
    """An access token for the header `Authorization: Bearer …`; `expires_in` in seconds."""

    access_token: str
    token_type: str
    expires_in: int
    maker_id: UUID | None
    roles: list[str]
    permissions: list[str]


class LoginRequest(RequestModel):
    """A way in for one person; which makers they belong to is said by memberships."""

    email: Annotated[str, Text(254)]
    name: Annotated[str, Text(100)]
    password: Annotated[str, Text(128)]

    def command(self) -> NewLogin:
        return NewLogin(self.email, self.name, self.password)


class LoginView(View):
    """A login, without its secret."""

    login_id: UUID
    email: str
    name: str

    @staticmethod
    def of(login: Login) -> LoginView:
        return LoginView(login_id=login.login_id, email=login.email, name=login.name)


class ServiceView(View):
    """One service: does it answer, what is on its way out, what waits, what is parked, how far it is behind."""

    name: str
    answers: bool
    quiet: bool
    outbox: int
    pending: int
    parked: int
    lag: int

    @staticmethod
    def of(state: ServiceState) -> ServiceView:
        return ServiceView(
            name=state.name,
            answers=state.answers,
            quiet=state.quiet,
            outbox=state.outbox,
            pending=state.pending,
            parked=state.parked,
            lag=state.lag,
        )


class QuietView(View):
    """Quiet: every outbox is empty and every listener has dealt with all that was published to it."""

    quiet: bool
    services: list[ServiceView]
