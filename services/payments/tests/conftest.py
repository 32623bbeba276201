"""Makes `services.payments.tests.builders` importable whatever pytest's import mode is, and calms Hypothesis."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

settings.register_profile("oroshi", deadline=None)
settings.load_profile("oroshi")
