"""Duplicates and poison in the topics: a record that is there already sent again byte for byte, or damaged.

Every poisoned record carries a header of its own, by which the checker finds in the topics what was really written.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from contracts.wire import MAX_BYTES, PARTITIONS
from suite.chaos.schedule import Deed, Fault
from suite.chaos.topics import POISON_HEADER, POISONED

Headers = list[tuple[str, bytes]]
_PATIENCE = 90.0
_PAUSE = 0.5


def carry_out(fault: Fault, bootstrap: str, name: str) -> str:
    """Does it, or says why not: a broker that is away for long, or a topic without records, is let be."""
    try:
        return asyncio.run(asyncio.wait_for(_patiently(fault, bootstrap, name), _PATIENCE))
    except TimeoutError:
        return f"{fault} → the broker was away, or the topic stayed empty"


async def _patiently(fault: Fault, bootstrap: str, name: str) -> str:
    while True:
        try:
            return await _carry_out(fault, bootstrap, name)
        except (KafkaError, OSError):
            await asyncio.sleep(_PAUSE)


async def _carry_out(fault: Fault, bootstrap: str, name: str) -> str:
    record = await _some_record(fault, bootstrap)
    while record is None:
        await asyncio.sleep(_PAUSE * 4)
        record = await _some_record(fault, bootstrap)
    headers, value = _changed(fault.deed, list(record.headers), record.value, fault.target, name)
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, enable_idempotence=True, max_request_size=MAX_BYTES * 2)
    try:
        await producer.start()
        sent = await producer.send_and_wait(
            fault.target, value, key=record.key, headers=headers, partition=record.partition
        )
    finally:
        await producer.stop()
    return f"{fault} → [{sent.partition}]@{sent.offset}"


async def _some_record(fault: Fault, bootstrap: str) -> Any:
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, max_partition_fetch_bytes=65_536)
    try:
        await consumer.start()
        places = [TopicPartition(fault.target, partition) for partition in range(PARTITIONS)]
        first, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        filled = [place for place in places if ends[place] > first[place]]
        if not filled:
            return None
        place = filled[int(fault.pick * len(filled)) % len(filled)]
        consumer.assign([place])
        consumer.seek(place, first[place] + int(fault.pick * 7919) % (ends[place] - first[place]))
        return await asyncio.wait_for(consumer.getone(), 5)
    finally:
        await consumer.stop()


def _changed(
    deed: Deed, headers: Headers, value: bytes | None, topic: str, name: str
) -> tuple[Sequence[tuple[str, bytes]], bytes | None]:
    """Poison has an id and a subject of its own: it stands in nobody's sequence."""
    if deed is Deed.DUPLICATE:
        return headers, value
    own = {
        "ce_id": str(uuid.uuid4()),
        "ce_subject": f"chaos/{uuid.uuid4()}",
        "ce_sequence": "1",
        "ce_type": POISONED[topic],
        POISON_HEADER: name,
    }
    if deed is Deed.UNKNOWN_VERSION:
        own["ce_type"] = own["ce_type"].removesuffix(".v1") + ".v99"
    kept = [(header, held) for header, held in headers if header not in own]
    written = [(header, text.encode()) for header, text in own.items()]
    if deed is Deed.MISSING_ID:
        written = [(header, held) for header, held in written if header != "ce_id"]
    body = b'{"order_id": "' + (value or b"")[:40] if deed is Deed.BAD_JSON else value
    return [*kept, *written], body
