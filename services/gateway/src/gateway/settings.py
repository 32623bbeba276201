"""What only the gateway is told: where its signing key and the operator's login are."""

from __future__ import annotations

from pathlib import Path

from chassis.settings import ServiceSettings


class GatewaySettings(ServiceSettings):
    """Files are made by `./oroshi up` (mode 0600) or mounted as secrets."""

    signing_key_file: Path | None = None
    """The private Ed25519 JWK; its public half is what every service knows."""
    operator_file: Path | None = None
    """`{"email", "password"}` of the platform operator."""
    token_minutes: int = 720
    """How long an access token is good for (CON-003: idle 12 h)."""
