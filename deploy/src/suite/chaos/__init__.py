"""Chaos: order-to-cash under load while everything is killed and paused at random, and a checker that trusts nobody."""

from __future__ import annotations

from suite.chaos.command import main

__all__ = ["main"]
