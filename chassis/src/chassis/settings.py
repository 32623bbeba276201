"""What a process is told from outside: addresses, pool sizes and time limits, read from the environment once at start.

Names carry no prefix of their own: `DATABASE_URL_<SERVICE>`, `OROSHI_PORT_<SERVICE>` and `OROSHI_URL_<SERVICE>` name
the service, everything else is shared by all of them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

_SHARED = {
    "kafka_bootstrap_servers": "KAFKA_BOOTSTRAP_SERVERS",
    "host": "OROSHI_HOST",
    "jwks_file": "OROSHI_JWKS_FILE",
    "jwks_url": "OROSHI_JWKS_URL",
    "service_token_file": "OROSHI_SERVICE_TOKEN_FILE",
    "log_level": "OROSHI_LOG_LEVEL",
    "environment": "OROSHI_ENVIRONMENT",
    "database_pool": "OROSHI_DATABASE_POOL",
    "drain_seconds": "OROSHI_DRAIN_SECONDS",
    "drain_notice_seconds": "OROSHI_DRAIN_NOTICE_SECONDS",
    "health_port": "OROSHI_HEALTH_PORT",
    "session_seconds": "OROSHI_KAFKA_SESSION_SECONDS",
    "replication_factor": "OROSHI_KAFKA_REPLICATION",
}
_PEER = "OROSHI_URL_"


class ServiceSettings(BaseModel):
    """Settings every service has; a service adds its own fields in `settings.py`, read as `OROSHI_<FIELD>`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: str
    database_url: SecretStr
    """`postgresql://…` of this service's database; the login owns the schema or may take the roles `<service>_…`."""
    kafka_bootstrap_servers: str = "127.0.0.1:9092"
    host: str = "127.0.0.1"
    port: int = 0
    jwks_file: Path | None = None
    jwks_url: str | None = None
    service_token_file: Path | None = None
    peers: Mapping[str, str] = Field(default_factory=dict)
    log_level: str = "INFO"
    environment: str = "local"
    database_pool: int = Field(default=6, ge=1, le=50)
    """Connections per process and role; all processes together stay below PostgreSQL's max_connections."""
    drain_seconds: float = Field(default=20.0, gt=0)
    """Everything ends within this time after SIGTERM; keep it below the supervisor's kill."""
    drain_notice_seconds: float = Field(default=0.0, ge=0)
    """How long `/readyz` says 503 before the listening socket closes, so that the proxy sends new calls elsewhere."""
    health_port: int = 0
    """Where worker and relay processes answer `/healthz` and `/metrics`; 0 = nowhere."""
    session_seconds: float = Field(default=30.0, ge=6)
    """After so long without a heartbeat a consumer's partitions go to another; handlers must stay well below."""
    replication_factor: int = Field(default=1, ge=1)
    """Of the topics that `migrate` makes; 3 in production."""

    @classmethod
    def of(cls, service: str, environment: Mapping[str, str] | None = None) -> Self:
        """The settings of one service from the environment. Raises pydantic.ValidationError naming what is wrong."""
        given = os.environ if environment is None else environment
        upper = service.upper()
        names = {**_SHARED, "database_url": f"DATABASE_URL_{upper}", "port": f"OROSHI_PORT_{upper}"}
        own = {
            field: f"OROSHI_{field.upper()}" for field in cls.model_fields.keys() - ServiceSettings.model_fields.keys()
        }
        values: dict[str, object] = {
            field: given[name] for field, name in {**names, **own}.items() if given.get(name, "") != ""
        }
        peers = {name.removeprefix(_PEER).lower(): url for name, url in given.items() if name.startswith(_PEER) and url}
        return cls.model_validate({**values, "service": service, "peers": peers})
