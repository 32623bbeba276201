"""The service, said once, and its process: worker and all-in-one processes print papers beside consuming (ADR 0040)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from pydantic import ValidationError

from chassis import logs
from chassis.main import main
from chassis.process import Part, Process
from chassis.service import Service
from invoicing.api import billables, closings, credit_notes, invoices
from invoicing.consumers import LISTENS
from invoicing.usecases.printing import Printer

service = Service(
    name="invoicing",
    routers=[billables.router, invoices.router, closings.router, credit_notes.router],
    listens=LISTENS,
    problems="problems.toml",
    topics=["invoicing.events"],
)


class PrintingProcess(Process):
    """A process of the chassis that also prints; its press is stopped before anything else."""

    def _start(self) -> None:
        super()._start()
        if self._has(Part.WORKER):
            printer = Printer(self.database)
            self.database.on_announced(printer.wake)
            self._begin("printer", printer.run())

    async def _stop(self) -> None:
        await self._cancelled("printer")
        await super()._stop()


def run(arguments: Sequence[str]) -> None:
    """What `python -m invoicing` does: the chassis's command line, with the printer in the roles that consume."""
    role = arguments[0] if arguments else Part.ALL.value
    if role in (Part.WORKER, Part.ALL) and not arguments[1:]:
        _run_printing(Part(role))
    main(service, arguments)


def _run_printing(part: Part) -> None:
    try:
        settings = service.settings.of(service.name)
    except ValidationError:
        return  # the chassis's own command line says what is wrong
    logs.configure(service.name, settings.log_level, role=part.value)
    sys.exit(asyncio.run(PrintingProcess(service, settings, part).run()))
