"""Where the checkout keeps what the launcher works with, and which services the suite consists of."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
"""The checkout: `deploy/src/suite/places.py` lies three folders below it."""

DEFAULT_HOME = ROOT / ".oroshi"
"""Where a suite lives unless `--home` or OROSHI_HOME says otherwise."""

ROUTES = ROOT / "deploy" / "gateway" / "routes.yaml"

SERVICES = ("catalog", "customers", "ordering", "fulfillment", "invoicing", "payments", "gateway")
"""All services, in the order in which they are shown."""
