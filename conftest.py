"""Fixtures for every package: real infrastructure from `suite.testing`, a service's world from `chassis.testing`."""

from __future__ import annotations

pytest_plugins = ["suite.testing", "chassis.testing"]
