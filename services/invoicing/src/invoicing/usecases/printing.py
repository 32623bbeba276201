"""Printing runs beside everything else: an invoice is whole without its PDF, which follows once the press is free.

A paper is printed outside any transaction and kept in one of its own; whoever comes second finds it kept (ADR 0040).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog

from chassis import failures
from chassis.database import Database, Role
from chassis.tx import NO_MAKER
from invoicing.core.printed import Variant
from invoicing.store import papers
from invoicing.store.papers import Paper
from invoicing.usecases.papers import ready_to_print
from invoicing.views.press import Press, PressFailed

_log = structlog.get_logger("invoicing.printing")

BATCH: Final = 50
_IDLE_SECONDS: Final = 1.0
_AWAY_SECONDS: Final = 2.0


@dataclass(slots=True)
class Printer:
    """Prints what is due, for ever (`run`), once (`print_due`), or one paper at once (`print_now`)."""

    database: Database
    press: Press = field(default_factory=Press)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Something was issued in this process."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled; a database that is away is waited for, a paper that fails is put off."""
        try:
            while True:
                self._woken.clear()
                if not await self._patiently():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._woken.wait(), _IDLE_SECONDS)
        finally:
            await self.press.close()

    async def print_due(self) -> int:
        """Print the papers whose turn has come, at most BATCH; returns how many were tried."""
        async with self.database.transaction(NO_MAKER, role=Role.WORKER, read_only=True) as tx:
            due = await papers.due(tx, BATCH)
        for paper in due:
            await self._print(paper)
        return len(due)

    async def print_now(self, maker_id: UUID, invoice_id: UUID, variant: Variant) -> None:
        """Print one paper unless it is kept already. Raises PressFailed."""
        async with self.database.transaction(maker_id, read_only=True) as tx:
            paper = await papers.find(tx, invoice_id, variant)
        if paper is not None and paper.file_id is None:
            await self._printed(paper)

    async def _patiently(self) -> int:
        try:
            return await self.print_due()
        except Exception as error:
            if not failures.is_infrastructure(error):
                raise
            _log.warning("printing.waiting", error=type(error).__name__)
            await asyncio.sleep(_AWAY_SECONDS)
            return 1

    async def _print(self, paper: Paper) -> None:
        try:
            await self._printed(paper)
        except Exception as error:  # an edge: one paper that cannot be printed must not stop the others
            if failures.is_infrastructure(error):
                raise
            _log.error("paper.failed", invoice_id=str(paper.invoice_id), attempts=paper.attempts, exc_info=error)
            async with self.database.transaction(paper.maker_id, role=Role.WORKER) as tx:
                await papers.put_off(tx, paper, f"{type(error).__name__}: {error}")

    async def _printed(self, paper: Paper) -> None:
        async with self.database.transaction(paper.maker_id, role=Role.WORKER, read_only=True) as tx:
            ready = await ready_to_print(tx, paper.invoice_id, paper.variant)
        if ready is None:
            raise PressFailed("the invoice is gone")
        pdf = await self.press.print(ready.json, ready.day)
        async with self.database.transaction(paper.maker_id, role=Role.WORKER) as tx:
            await papers.keep(tx, paper, pdf, name=ready.name)
        _log.info("paper.printed", invoice_id=str(paper.invoice_id), variant=paper.variant.value, size=len(pdf))
