"""What goes wrong around the suite, told so that a person can act.

Trouble            anything the launcher can explain: what happened, and what to do about it
"""

from __future__ import annotations


class Trouble(Exception):
    """A failure with its remedy. `what` names the thing and the reason, `remedy` what the reader may do."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}\n{remedy}")
        self.what = what
        self.remedy = remedy
