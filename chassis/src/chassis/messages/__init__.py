"""What a consumer writes (`services/<svc>/consumers.py`) and what it is given.

Exceptions: whatever a handler raises is tried again, narrowed to the one message, and parks it; see `messages.batch`.
"""

from chassis.messages.incoming import Incoming, Run, Wait
from chassis.messages.listens import Handler, Listens

__all__ = ["Handler", "Incoming", "Listens", "Run", "Wait"]
