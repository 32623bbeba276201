"""Fixtures for every package: real infrastructure from `suite.testing`, a service's world from `chassis.testing`."""

from __future__ import annotations

import importlib.util

pytest_plugins = ["suite.testing", *(["chassis.testing"] if importlib.util.find_spec("chassis.testing") else [])]
