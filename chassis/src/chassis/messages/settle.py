"""Dealing with a batch of messages inside ONE transaction: duplicates out, order kept, handlers called, places moved.

Nothing here commits or catches what a handler raises; `messages.intake` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database import wake
from chassis.housekeeping import INBOX_KEPT
from chassis.kafka import TopicKind
from chassis.messages import shelf
from chassis.messages.envelope import Received, SubjectKey
from chassis.messages.incoming import Incoming, Run, Wait
from chassis.messages.listens import Listens
from chassis.messages.runs import Cut, cut
from chassis.messages.shelf import Hold, Reason
from chassis.outbox import Origin, Outgoing
from chassis.tx import Tx
from contracts.wire import Body, Message


class MustWaitFirst(Exception):
    """A handler asked to wait for a message whose followers are in the same batch: roll back, hold it, try again."""

    def __init__(self, waits: Mapping[UUID, str]) -> None:
        super().__init__("followers must be held behind a waiting message")
        self.waits = waits


class Verdict(Enum):
    """What becomes of one message."""

    APPLY = auto()
    SKIP = auto()
    HOLD = auto()
    """Its turn has not come: an earlier number of its subject is missing, or its subject is blocked."""
    PARK = auto()
    REUSED = auto()
    WAIT = auto()


@dataclass(slots=True)
class Places:
    """Where each subject stands while a batch is judged, message by message."""

    before: Mapping[SubjectKey, int]
    blocked: set[SubjectKey]
    forgotten: datetime
    """Messages told before this instant may have left the inbox."""
    now: dict[SubjectKey, int] = field(init=False)

    def __post_init__(self) -> None:
        self.now = dict(self.before)

    def judge(self, message: Received, waits: Mapping[UUID, str]) -> Verdict:
        """Moves the subject on, unless the message stays where it is."""
        match message.kind:
            case TopicKind.EVENTS:
                verdict = self._event(message)
            case TopicKind.STATE:
                verdict = self._state(message)
            case TopicKind.COMMANDS:
                verdict = self._command(message)
        if verdict is Verdict.APPLY and message.event_id in waits:
            self._stay(message)
            return Verdict.WAIT
        return verdict

    def _event(self, message: Received) -> Verdict:
        if message.sequence < 1 or not message.subject:
            return _unplaced(message)
        last = self.now.get(message.subject_key, 0)
        if message.sequence > last + 1:
            return Verdict.HOLD
        if message.sequence <= last:
            return _late(message, self.forgotten)
        self.now[message.subject_key] = message.sequence
        return _unplaced(message)

    def _state(self, message: Received) -> Verdict:
        if not message.known:
            return _unplaced(message)
        if message.sequence <= self.now.get(message.subject_key, 0):
            return Verdict.SKIP
        self.now[message.subject_key] = message.sequence
        return Verdict.APPLY

    def _command(self, message: Received) -> Verdict:
        if not message.known:
            return _unplaced(message)
        blocked = message.held is None and message.subject_key in self.blocked
        return Verdict.HOLD if blocked else Verdict.APPLY

    def _stay(self, message: Received) -> None:
        """A waiting message keeps its subject's place: later events are held, later commands are blocked."""
        self.blocked.add(message.subject_key)
        before = self.before.get(message.subject_key, 0)
        if before < message.sequence:  # a replayed one, long passed, moves nothing
            events = message.kind is TopicKind.EVENTS
            self.now[message.subject_key] = message.sequence - 1 if events else before

    def has_followers(self, message: Received) -> bool:
        """Whether something after this message may have been applied in the same transaction."""
        match message.kind:
            case TopicKind.EVENTS:
                passed = self.before.get(message.subject_key, 0) >= message.sequence
                return not passed and self.now.get(message.subject_key, 0) > message.sequence
            case TopicKind.STATE:
                return False  # the newer state counts; the waiting one will be found old
            case TopicKind.COMMANDS:
                return True

    def give_back(self, message: Received) -> None:
        """A message that turned out to wait, without followers."""
        if self.now.get(message.subject_key) == message.sequence:
            self._stay(message)

    def moved(self) -> dict[SubjectKey, int]:
        return {subject: at for subject, at in self.now.items() if at > self.before.get(subject, 0)}


def _unplaced(message: Received) -> Verdict:
    if message.problem is not None:
        return Verdict.PARK
    return Verdict.APPLY if message.known else Verdict.SKIP


def _late(message: Received, forgotten: datetime) -> Verdict:
    """An event whose number was passed: unreadable, asked for by an operator, so old that the inbox forgot it, or used
    twice. What cannot be read may be a second copy of itself, so that is said and not that its number was used."""
    if message.problem is not None:
        return Verdict.PARK
    if message.held is not None and message.held.reason in (Reason.FAILED, Reason.UNREADABLE):
        return _unplaced(message)
    if message.incoming is not None and message.incoming.time < forgotten:
        return Verdict.SKIP
    return Verdict.REUSED if message.concerns_us else Verdict.SKIP


@dataclass(slots=True)
class Settlement:
    """What one transaction did, for logs and metrics."""

    outcomes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """How many messages, by topic, type and what became of them; one that goes on waiting is not counted again."""
    announced: int = 0
    woke: bool = False
    any_held: bool = False
    """Messages are held, and the turn of some may have come."""

    def count(self, message: Received, outcome: str, messages: int = 1) -> None:
        self.outcomes[*message.labels, outcome] += messages

    def by_outcome(self) -> Counter[str]:
        total: Counter[str] = Counter()
        for (_, _, outcome), count in self.outcomes.items():
            total[outcome] += count
        return total


async def settle(
    connection: AsyncConnection,
    messages: Sequence[Received],
    *,
    listens: Listens,
    outgoing: Outgoing,
    now: datetime,
    waits: Mapping[UUID, str],
) -> Settlement:
    """All of a batch but the commit. Raises whatever a handler raises, and MustWaitFirst."""
    work = _Work(connection, listens, outgoing, now, dict(waits))
    fresh = await work.without_duplicates(messages)
    await work.judge(fresh)
    for run in cut(work.to_apply):
        await work.call(run)
    await work.write(messages)
    return work.done


@dataclass(slots=True)
class _Work:
    connection: AsyncConnection
    listens: Listens
    outgoing: Outgoing
    now: datetime
    waits: dict[UUID, str]
    arrived: set[tuple[UUID, str]] = field(default_factory=set)
    to_apply: list[Received] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    to_stay: set[int] = field(default_factory=set)
    """Held messages whose turn has not come after all."""
    places: Places = field(init=False)
    done: Settlement = field(default_factory=Settlement)

    async def without_duplicates(self, messages: Sequence[Received]) -> list[Received]:
        """Held messages are in the inbox already; messages without id are told apart by their offset when parked."""
        ids = [m.event_id for m in messages if m.held is None and m.concerns_us and m.event_id]
        new = await shelf.add_to_inbox(self.connection, ids, self.now)
        fresh: list[Received] = []
        for message in messages:
            if message.held is None and message.concerns_us and message.event_id:
                if message.event_id not in new:
                    self.done.count(message, "duplicate")
                    continue
                new.remove(message.event_id)
            fresh.append(message)
        return fresh

    async def judge(self, messages: Sequence[Received]) -> None:
        placed = {m.subject_key for m in messages if m.kind is not TopicKind.COMMANDS and m.subject}
        asked = {m.subject_key for m in messages if m.kind is TopicKind.COMMANDS and m.known}
        self.places = Places(
            await shelf.positions(self.connection, placed),
            await shelf.blocked(self.connection, asked),
            self.now - INBOX_KEPT,
        )
        late: list[Received] = []
        for message in messages:
            match self.places.judge(message, self.waits):
                case Verdict.APPLY:
                    self.to_apply.append(message)
                case Verdict.SKIP:
                    self.done.count(message, "skipped")
                case Verdict.HOLD:
                    late.append(message)
                case Verdict.PARK:
                    self.holds.append(Hold(message, Reason.UNREADABLE, error=message.problem))
                case Verdict.REUSED:
                    self.holds.append(Hold(message, Reason.FAILED, error=_reused(message)))
                case Verdict.WAIT:
                    self.holds.append(_waiting(message, self.waits))
        await self._hold_late(late)
        self._keep_newest_states()

    def _keep_newest_states(self) -> None:
        """Of several states of one aggregate only the newest is called for: a tombstone may stand between two."""
        newest = {m.subject_key: m.sequence for m in self.to_apply if m.kind is TopicKind.STATE}
        applied, self.to_apply = self.to_apply, []
        for message in applied:
            if newest.get(message.subject_key, message.sequence) == message.sequence:
                self.to_apply.append(message)
            else:
                self.done.count(message, "superseded")

    async def _hold_late(self, late: Sequence[Received]) -> None:
        """Behind a message that failed or waits, or after a gap; one that is held already stays as it is."""
        new = [message for message in late if message.held is None]
        behind = await shelf.blocked(self.connection, {m.subject_key for m in new}) | self.places.blocked
        for message in new:
            blocked = message.subject_key in behind
            error = None if blocked else f"an earlier message of {message.subject} is missing"
            self.holds.append(Hold(message, Reason.BEHIND if blocked else Reason.GAP, error=error))
        self.to_stay = {message.held.id for message in late if message.held}

    async def call(self, run: Cut) -> None:
        """One use-case call; messages it wants to wait are held, unless something after them has run already."""
        handler = self.listens.handlers[run.type]
        incoming = [message.incoming for message in run.messages if message.incoming is not None]
        wants = await handler.call(self._tx(run, incoming), Run(run.maker_id, incoming)) or ()
        self._keep_waiting(run, wants)
        self.done.count(run.messages[0], "applied", len(run.messages))

    def _keep_waiting(self, run: Cut, wants: Iterable[Wait]) -> None:
        wanted = {wait.incoming.event_id: wait.for_ for wait in wants}
        if not wanted:
            return
        waiting = [message for message in run.messages if message.event_id in wanted]
        if any(self.places.has_followers(message) for message in waiting):
            raise MustWaitFirst({**self.waits, **wanted})
        for message in waiting:
            self.places.give_back(message)
            self.holds.append(_waiting(message, wanted))
        self.done.count(run.messages[0], "applied", -len(waiting))

    def _tx(self, run: Cut, incoming: Sequence[Incoming[Body]]) -> Tx:
        first = _origin(incoming[0])
        by_key = {message.key: _origin(message) for message in incoming}

        def origin_of(message: Message) -> Origin:
            return by_key.get(message.body.key(), first)

        return Tx(
            self.connection,
            maker_id=run.maker_id,
            outgoing=self.outgoing,
            arrived=self.arrived,
            now=self.now,
            actor="system",
            origin=first,
            origins=origin_of,
        )

    async def write(self, messages: Sequence[Received]) -> None:
        """Places and held messages first, outgoing messages last: their subjects stay locked until the commit."""
        moved = self.places.moved()
        kept = {held.message.held.id for held in self.holds if held.message.held} | self.to_stay
        settled = [message.held.id for message in messages if message.held and message.held.id not in kept]
        await shelf.drop(self.connection, settled)
        await shelf.hold(self.connection, self.holds, self.now)
        await wake(self.connection, self.arrived)
        await shelf.advance(self.connection, moved)
        self.done.any_held = await shelf.consumed(self.connection, messages, self.now)
        self.done.announced = await self.outgoing.write(self.connection, self.now)
        for held in self.holds:
            if held.message.held is None:
                self.done.count(held.message, held.reason.value)
        self.done.woke = bool(self.arrived)


def _origin(incoming: Incoming[Body]) -> Origin:
    return Origin(incoming.correlation_id, str(incoming.event_id))


def _waiting(message: Received, waits: Mapping[UUID, str]) -> Hold:
    assert message.event_id is not None
    return Hold(message, Reason.WAITING, waits_for=waits[message.event_id])


def _reused(message: Received) -> str:
    return f"number {message.sequence} of {message.subject} was used by another message"
