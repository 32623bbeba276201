"""`./oroshi`: one command for everything a person does with the suite on one machine."""

from __future__ import annotations

import sys

from suite.cli.app import app
from suite.cli.screen import complain
from suite.trouble import Trouble

# Importing a module registers its commands.
from suite.cli import lifecycle, proofs, watching  # noqa: F401  # isort: skip

__all__ = ["main"]

INTERRUPTED = 130


def main() -> None:
    """Runs the command of `sys.argv`; explains a Trouble and ends with 1, with 130 after Ctrl-C."""
    try:
        app(prog_name="oroshi", standalone_mode=True)
    except Trouble as trouble:
        complain(trouble)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
