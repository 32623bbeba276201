"""What the figures were measured with, and how busy others kept the machine meanwhile."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from suite.bench.figures import ratio
from suite.bench.meter import Used

_LIBRARIES = ("sqlalchemy", "asyncpg", "aiokafka", "faststream", "fastapi", "pydantic", "uvicorn")


def versions(of_servers: Mapping[str, str]) -> dict[str, str]:
    """The servers' as the suite says them, our own and those of the libraries that do the work."""
    own = {"oroshi": importlib.metadata.version("oroshi-suite")}
    return {**own, **of_servers, **{name: importlib.metadata.version(name) for name in _LIBRARIES}}


@dataclass(frozen=True, slots=True)
class Noise:
    """Where the noise stood when a measurement began: the run queue, and what this very program had used."""

    load: float
    own: float

    @classmethod
    def now(cls) -> Noise:
        return cls(os.getloadavg()[0], sum(os.times()[:2]))

    def machine(self, used: Used, seconds: float) -> dict[str, Any]:
        """Processors, memory and load; `others` is the share of all processors that neither suite nor bench used."""
        others = used.machine - used.total - (sum(os.times()[:2]) - self.own)
        share = ratio(max(0.0, others), seconds * (os.cpu_count() or 1))
        return {
            "processors": os.cpu_count(),
            "model": _model(),
            "memory_gb": round(psutil.virtual_memory().total / 1024**3, 1),
            "system": platform.platform(),
            "load_before": round(self.load, 2),
            "others": None if share is None else round(share, 3),
        }


def _model() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
