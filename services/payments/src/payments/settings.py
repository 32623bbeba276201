"""Payments needs no settings beyond those of every service."""

from __future__ import annotations

from chassis.settings import ServiceSettings


class Settings(ServiceSettings):
    """As the chassis reads them."""
