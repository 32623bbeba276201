"""Benches: a fresh suite does a wholesaler's work through the public API, and is held against a floor program.

Figures never fail a bench; work that came out wrong does (PERFORMANCE.md).
"""

from __future__ import annotations

from suite.bench.command import main

__all__ = ["main"]
