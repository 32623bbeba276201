"""What all tests of customers share. The builders are a module, because rule machines take no fixtures."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

settings.register_profile("oroshi", deadline=None)
settings.load_profile("oroshi")
