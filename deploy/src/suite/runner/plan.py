"""What one `up` starts: which servers of its own, which services, on which ports and with which environment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from suite.infra.children import Launch
from suite.infra.folders import write_private
from suite.infra.kafka import EmbeddedKafka
from suite.infra.ports import LOOPBACK
from suite.infra.postgres import EmbeddedPostgres
from suite.infra.traefik import EmbeddedTraefik
from suite.places import SERVICES
from suite.runner.home import PUBLIC, Home
from suite.runner.secrets import Secrets
from suite.trouble import Trouble

BROKER_VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"
_ROLES = ("api", "worker", "relay")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person asked of `up`; travels to the supervisor as JSON."""

    home: str
    services: tuple[str, ...] = SERVICES
    public_port: int | None = None
    split: bool = False

    @property
    def roles(self) -> tuple[str, ...]:
        return _ROLES if self.split else ("all",)

    def process_names(self) -> tuple[str, ...]:
        return tuple(process_name(service, role) for service in self.services for role in self.roles)

    def to_json(self) -> str:
        return json.dumps({name: getattr(self, name) for name in self.__slots__})

    @classmethod
    def from_json(cls, text: str) -> Wish:
        facts = json.loads(text)
        return cls(**{**facts, "services": tuple(facts["services"])})


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that follows from a wish once the ports are chosen."""

    wish: Wish
    home: Home
    secrets: Secrets
    ports: Mapping[str, int]
    given: Mapping[str, str]

    @classmethod
    def make(cls, wish: Wish, given: Mapping[str, str] | None = None) -> Plan:
        """Makes the home and its secrets and chooses the ports. Raises Trouble."""
        home = Home(Path(wish.home))
        home.create()
        secrets = Secrets(home.secrets)
        secrets.make(wish.services)
        names = (PUBLIC, "problems", "postgres", "kafka", "kafka-controller", *wish.process_names())
        ports = home.ports(names, public=wish.public_port)
        return cls(wish, home, secrets, ports, os.environ if given is None else given)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports[PUBLIC]}"

    @property
    def own_databases(self) -> tuple[str, ...]:
        """Services without a `DATABASE_URL_<SERVICE>` of the user's."""
        return tuple(service for service in self.wish.services if not self.given.get(_database(service)))

    @property
    def own_broker(self) -> bool:
        return not self.given.get(BROKER_VARIABLE)

    def postgres(self) -> EmbeddedPostgres:
        return EmbeddedPostgres(self.home.postgres, self.home.secrets / "postgres", self.ports["postgres"])

    def kafka(self) -> EmbeddedKafka:
        return EmbeddedKafka(self.home.kafka, self.ports["kafka"], self.ports["kafka-controller"])

    def traefik(self) -> EmbeddedTraefik:
        problems = {"OROSHI_URL_PROBLEMS": f"http://{LOOPBACK}:{self.ports['problems']}"}
        return EmbeddedTraefik(self.ports[PUBLIC], {**self._addresses(), **problems})

    def launch(self, service: str, role: str) -> Launch:
        """`python -m <service> <role>`; worker and relay answer for their health on a port of their own."""
        name = process_name(service, role)
        health = {"OROSHI_HEALTH_PORT": str(self.ports[name])} if role in ("worker", "relay") else {}
        return Launch(name, (sys.executable, "-m", service, role), {**self.environment(service), **health})

    def environment(self, service: str) -> dict[str, str]:
        """What one service is told: the shared settings, its own token and, for the gateway, the signing key."""
        own = {"OROSHI_SERVICE_TOKEN_FILE": str(self.secrets.token(service)), "PYTHONDONTWRITEBYTECODE": ""}
        if service == "gateway":
            own["OROSHI_SIGNING_KEY_FILE"] = str(self.secrets.signing_key)
            own["OROSHI_OPERATOR_FILE"] = str(self.secrets.operator)
        return {**self.shared_environment(), **own}

    def shared_environment(self) -> dict[str, str]:
        databases = {_database(service): self._database_url(service) for service in self.wish.services}
        ports = {f"OROSHI_PORT_{service.upper()}": str(self.port(service)) for service in self.wish.services}
        broker = self.given.get(BROKER_VARIABLE) or self.kafka().server().bootstrap
        return {
            **databases,
            **ports,
            **self._addresses(),
            BROKER_VARIABLE: broker,
            "NO_PROXY": ",".join(filter(None, (self.given.get("NO_PROXY"), LOOPBACK, "localhost"))),
            "OROSHI_HOST": LOOPBACK,
            "OROSHI_JWKS_FILE": str(self.secrets.jwks),
            "OROSHI_ENVIRONMENT": self.given.get("OROSHI_ENVIRONMENT", "local"),
            "OROSHI_LOG_LEVEL": self.given.get("OROSHI_LOG_LEVEL", "INFO"),
        }

    def write_environment(self) -> None:
        """For tools that act as a service or beside one (chaos, bench, `python -m ordering parked`)."""
        if not self.wish.services:
            raise Trouble("No service was named.", f"Name some of: {', '.join(SERVICES)}")
        write_private(self.home.environment, json.dumps(self.shared_environment(), indent=1))

    def port(self, service: str) -> int:
        """Where the service answers HTTP calls."""
        return self.ports[process_name(service, self.wish.roles[0])]

    def _addresses(self) -> dict[str, str]:
        return {
            f"OROSHI_URL_{service.upper()}": f"http://{LOOPBACK}:{self.port(service)}" for service in self.wish.services
        }

    def _database_url(self, service: str) -> str:
        given = self.given.get(_database(service))
        if given:
            return given
        password = self.secrets.database_password(service)
        return self.postgres().server().url(service, user=service, password=password)


def process_name(service: str, role: str) -> str:
    return service if role == "all" else f"{service}-{role}"


def _database(service: str) -> str:
    return f"DATABASE_URL_{service.upper()}"
