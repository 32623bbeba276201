"""Fixtures for every test of the workspace."""

from __future__ import annotations

# pytest's importlib mode names test modules after their folders (`kernel/tests/…` → `kernel.tests…`) and would invent
# a package `kernel` for that; with the real packages imported first it hangs the tests below them instead.
import chassis as chassis
import contracts as contracts
import kernel as kernel
