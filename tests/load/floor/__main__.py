"""The floor: what the order-to-cash thread costs when a program does nothing but write its rows and its messages.

`python -m tests.load.floor --database URL --kafka HOST:PORT --orders N` on an empty database of its own; makes tables
and topics, deletes the topics. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from suite.bench.trade import Trade
from tests.load.floor.parts import cases_of
from tests.load.floor.rows import Writer
from tests.load.floor.service import PARTITIONS, Service
from tests.load.floor.thread import LISTENS, NAMES, Thread

_SCHEMA = Path(__file__).with_name("schema.sql")
_SESSIONS = 3
_LOOK_SECONDS = 0.1
_WARM_UP = 100
_TOTALS = """
    select (select count(*) from ordering.orders where state = 'DELIVERED' and invoiced = 'yes') as orders,
        (select sum(total) from invoicing.invoices where state = 'PAID') as invoiced,
        (select sum(allocated) from payments.receivables) as paid,
        (select sum(abs(balance)) from payments.balances) as balance,
        (select sum(abs(posted_amount) + abs(ordered_amount)) from ordering.customer_exposures) as exposed
"""


def main() -> None:
    asked = _parser().parse_args()
    print(json.dumps(asyncio.run(_measured(asked))))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.load.floor", description=__doc__)
    parser.add_argument("--database", required=True, help="URL of an empty database")
    parser.add_argument("--kafka", required=True, help="HOST:PORT")
    parser.add_argument("--orders", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--lanes", type=int, default=2)
    return parser


async def _measured(asked: argparse.Namespace) -> dict[str, Any]:
    """Wall seconds and CPU seconds of this program. The servers' are for the caller to take: it is told when the work
    begins and when it has ended, and answers each time with an empty line."""
    async with AsyncExitStack() as stack:
        services = await _services(stack, asked.database, asked.kafka)
        pool = services["ordering"].pool
        await Thread(services, cases_of(Trade(0, _WARM_UP)), asked.batch, asked.lanes).run()
        await _forget(services)
        thread = Thread(services, cases_of(Trade(asked.seed, asked.orders)), asked.batch, asked.lanes)
        await _tell("begins")
        began, own = time.perf_counter(), sum(os.times()[:2])
        await thread.run()
        seconds, cpu = time.perf_counter() - began, sum(os.times()[:2]) - own
        await _tell("ended")
        return {
            "orders": asked.orders,
            "seconds": seconds,
            "cpu_s": cpu,
            "rows": dict(sum((service.writer.written for service in services.values()), start=Counter[str]())),
            "messages": sum(service.sent for service in services.values()),
            "totals": {name: str(value) for name, value in dict(await pool.fetchrow(_TOTALS) or {}).items()},
        }


async def _tell(what: str) -> None:
    print(json.dumps({"work": what}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)


async def _forget(services: dict[str, Service]) -> None:
    """Empties all tables and counters after the warm-up."""
    tables = {table for service in services.values() for table in service.writer.types}
    await services["ordering"].pool.execute(f"truncate {', '.join(sorted(tables))}")
    for service in services.values():
        service.writer.written.clear()
        service.handled.clear()
        service.sent = 0


async def _services(stack: AsyncExitStack, database: str, kafka: str) -> dict[str, Service]:
    prefix = f"floor-{secrets.token_hex(4)}."
    topics = [f"{prefix}{name}.events" for name in NAMES]
    await stack.enter_async_context(_topics(kafka, topics))
    setting_up = await asyncpg.connect(database)
    await setting_up.execute(_SCHEMA.read_text(encoding="utf-8"))
    types = (await Writer.of(setting_up, NAMES)).types
    await setting_up.close()
    services = {}
    for name in NAMES:
        pool = await stack.enter_async_context(asyncpg.create_pool(database, min_size=_SESSIONS, max_size=_SESSIONS))
        producer = AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True, linger_ms=5)
        await producer.start()
        stack.push_async_callback(producer.stop)
        services[name] = Service(name, pool, Writer(types), producer, prefix)
    for service in services.values():
        await _begin(stack, service, kafka)
    return services


async def _begin(stack: AsyncExitStack, service: Service, kafka: str) -> None:
    """Its relay and its consumer, until the stack ends."""
    topics = [f"{service.prefix}{name}.events" for name in LISTENS[service.name]]
    consumer = AIOKafkaConsumer(
        *topics,
        bootstrap_servers=kafka,
        group_id=f"{service.prefix}{service.name}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    stack.push_async_callback(consumer.stop)
    for work in (service.relay(), service.consume(consumer)):
        stack.push_async_callback(_cancelled, asyncio.create_task(work))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def _topics(kafka: str, names: list[str]) -> AsyncIterator[None]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names])
        await _led(admin, names)
        yield
        await admin.delete_topics(names)
    finally:
        await admin.close()


async def _led(admin: AIOKafkaAdminClient, names: list[str]) -> None:
    """Waits until every partition has a leader: a consumer that comes earlier may ask for ever where there was none."""
    while True:
        found = await admin.describe_topics(names)
        partitions = [one for topic in found for one in topic["partitions"]]
        if len(partitions) == len(names) * PARTITIONS and all(one["leader"] >= 0 for one in partitions):
            return
        await asyncio.sleep(_LOOK_SECONDS)


if __name__ == "__main__":
    main()
