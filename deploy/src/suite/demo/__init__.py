"""Replays a wholesaler's files through the public API and compares every step with what the files expect.

The client only sends facts and deeds and compares answers: it computes no amount.
"""

from __future__ import annotations

from suite.demo.replay import main

__all__ = ["main"]
