"""`./oroshi contracts`: everything people and tools read about the messages, generated from the classes themselves.

Golden JSON Schemas and the topic list under `contracts/`, the AsyncAPI document, and `docs/events.md` with who
listens to what. `--check` finds drift from what is committed and changes that would break a consumer.
"""

from suite.published.command import main

__all__ = ["main"]
