"""The command line of every service: `python -m <svc> [api|worker|relay|all|migrate|parked]`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from pydantic import ValidationError

from chassis import failures, kafka, logs, parked
from chassis.database import Database
from chassis.process import Part, Process
from chassis.service import Service
from chassis.settings import ServiceSettings

_USAGE: Final = 2
_PATIENCE_SECONDS: Final = 60.0


def main(service: Service, arguments: Sequence[str] | None = None) -> None:
    """Runs one role and ends the process with its status."""
    asked = _parser(service).parse_args(arguments)
    try:
        settings = service.settings.of(service.name)
    except ValidationError as error:
        print(f"{service.name}: settings are not usable:", file=sys.stderr)
        for problem in error.errors():
            print(f"  {'.'.join(map(str, problem['loc']))}: {problem['msg']}", file=sys.stderr)
        sys.exit(_USAGE)
    logs.configure(service.name, settings.log_level, role=asked.role)
    sys.exit(asyncio.run(_run(service, settings, asked)))


def _parser(service: Service) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {service.name}", description=f"The service {service.name}.")
    roles = parser.add_subparsers(dest="role", metavar="role")
    parser.set_defaults(role="all")
    roles.add_parser("api", help="answer HTTP calls; never touches Kafka")
    roles.add_parser("worker", help="consume messages")
    roles.add_parser("relay", help="publish the outbox")
    roles.add_parser("all", help="api, worker and relay in one process (default)")
    migrate = roles.add_parser("migrate", help="bring the database up to date and make the topics, then end")
    migrate.add_argument("--without-topics", action="store_true", help="leave Kafka alone")
    held = roles.add_parser("parked", help="messages that could not be dealt with").add_subparsers(
        dest="deed", metavar="deed", required=True
    )
    listing = held.add_parser("list", help="all of them, one per line")
    listing.add_argument("--subject", help="only this one, such as order/0190…")
    held.add_parser("show", help="one of them, whole").add_argument("id", type=int)
    which = held.add_parser("replay", help="try again after a fix").add_mutually_exclusive_group(required=True)
    which.add_argument("--id", type=int)
    which.add_argument("--subject")
    which.add_argument("--all", action="store_true")
    return parser


async def _run(service: Service, settings: ServiceSettings, asked: argparse.Namespace) -> int:
    match asked.role:
        case "migrate":
            return await _migrate(service, settings, topics=not asked.without_topics)
        case "parked":
            return await _parked(service, settings, asked)
        case role:
            return await Process(service, settings, Part(role)).run()


async def _migrate(service: Service, settings: ServiceSettings, *, topics: bool) -> int:
    from chassis import migrations  # alembic costs a tenth of a second that no other role needs

    database = Database(settings)
    try:
        await _patiently(lambda: migrations.migrate(service, database))
    finally:
        await database.close()
    if topics:
        await _patiently(lambda: kafka.create_topics(settings, service.topics))
    logs.log.info("migrate.done", topics=list(service.topics) if topics else [])
    return 0


async def _patiently(work: Callable[[], Awaitable[None]]) -> None:
    """Servers that are just starting get a minute."""
    loop = asyncio.get_running_loop()
    until = loop.time() + _PATIENCE_SECONDS
    while True:
        try:
            await work()
            return
        except Exception as error:
            if not failures.is_away(error) or loop.time() > until:
                raise
            logs.log.warning("migrate.waiting", error=type(error).__name__)
            await asyncio.sleep(1)


async def _parked(service: Service, settings: ServiceSettings, asked: argparse.Namespace) -> int:
    database = Database(settings)
    try:
        match asked.deed:
            case "list":
                for row in await parked.listed(database, subject=asked.subject):
                    print(parked.line(row))
                return 0
            case "show":
                found = await parked.shown(database, asked.id)
                print(parked.document(found) if found else f"no held message {asked.id}")
                return 0 if found else 1
            case _:
                tried, left = await parked.replayed(
                    database, service.name, service.listens, id_=asked.id, subject=asked.subject
                )
                print(f"{tried} tried again, {left} failed again")
                return 0 if left == 0 else 1
    finally:
        await database.close()
