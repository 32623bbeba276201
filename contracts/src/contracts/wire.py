"""What every message of the suite has in common: how a type names itself, where it goes and how it is keyed.

The body is JSON (decimals as strings, dates ISO 8601); everything else travels in CloudEvents headers
(ARCHITECTURE §4). Three kinds: `Event` (a business fact, ordered per key), `State` (the newest full state of one
aggregate, compacted, deletion = tombstone) and `Command` (asks one named service).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

PARTITIONS = 12
MAX_BYTES = 4 * 1024 * 1024

_DECIMAL = r"^-?\d{1,18}(\.\d{1,6})?$"
_STRING = PlainSerializer(lambda value: format(value, "f"), return_type=str, when_used="json")

Amount = Annotated[Decimal, _STRING, WithJsonSchema({"type": "string", "pattern": _DECIMAL})]
"""Exact money in the currency named beside it; at most that currency's minor units; a JSON string."""

Percent = Annotated[Decimal, _STRING, WithJsonSchema({"type": "string", "pattern": _DECIMAL})]
"""A rate in percent (10 means 10 %), 0 to 100; a JSON string."""


class Part(BaseModel):
    """A piece of a message body. Producers are strict, consumers ignore what they do not know (STYLE 2.8)."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Body(Part):
    """The data of one message; subclasses name their type and topic once, as class keywords."""

    TYPE: ClassVar[str] = ""
    TOPIC: ClassVar[str] = ""

    def __init_subclass__(cls, *, type: str = "", topic: str = "") -> None:  # noqa: A002  # CloudEvents' own word
        super().__init_subclass__()
        cls.TYPE, cls.TOPIC = type or cls.TYPE, topic or cls.TOPIC

    def subject(self) -> str:
        """The aggregate this message is about, `<aggregate>/<id>`; order and gaps are judged per subject."""
        raise NotImplementedError(self.TYPE)

    def key(self) -> str:
        """The Kafka key: order is promised per key within one topic, nowhere else."""
        raise NotImplementedError(self.TYPE)

    def encode(self) -> bytes:
        return self.model_dump_json().encode()

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises pydantic.ValidationError on a body that is not of this type."""
        return cls.model_validate_json(body)


class Event(Body):
    """A business fact of its owner, past tense, never changed afterwards."""


class State(Body):
    """The full present state of one aggregate on a compacted topic; the newer version wins, gaps are normal."""


class Command(Body):
    """An ask of one named service."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message on its way out: the body and the envelope facts that only the announcing service knows.

    `version` is the aggregate's own version on state topics; on event topics the outbox numbers the subject's events
    itself, gap-free, and this field is left at 0. `tombstone` deletes the key of a state topic; the body then
    only lends subject and key.
    """

    maker_id: UUID
    body: Body
    version: int = 0
    tombstone: bool = False
