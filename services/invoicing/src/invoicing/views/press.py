"""The press: typst in a process of its own, because a compiler may not be shared and its memory only grows (ADR 0041).

One child per press, started at the first paper, replaced after many papers, after a failure and when it takes too long.
The same paper and day always give the same bytes.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

import typst

PAPER: Final = Path(__file__).parent.parent / "pdf"
TEMPLATE: Final = PAPER / "invoice.typ"
FONTS: Final = PAPER / "fonts"

_PRINTED: Final = b"+"
_FAILED: Final = b"-"


class PressFailed(Exception):
    """The paper could not be printed; the text says why. `TimedOut` is the case of a child that did not answer."""


class TimedOut(PressFailed):
    """The child was stopped because it took too long."""


@dataclass(slots=True)
class Press:
    """`await press.print(paper, day)` → PDF. Papers wait for each other; `close` ends the child."""

    seconds: float = 120.0
    papers_per_child: int = 500
    large_paper: int = 300_000
    """After a paper of more letters than this (some 25 pages) the child's memory is large, and it is replaced."""
    _child: _Child | None = None
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def print(self, paper: str, day: date) -> bytes:
        """The PDF of this JSON, dated that day. Raises PressFailed."""
        async with self._turn:
            printing = asyncio.create_task(asyncio.to_thread(self._print, paper, day))
            try:
                return await asyncio.shield(printing)
            except asyncio.CancelledError:
                await self._given_up(printing)
                raise

    async def close(self) -> None:
        async with self._turn:
            await asyncio.to_thread(self._end)

    async def _given_up(self, printing: asyncio.Task[bytes]) -> None:
        """The caller left, its thread did not: the next paper must not find it at the pipe."""
        if self._child is not None:
            self._child.process.kill()
        with suppress(PressFailed):
            await printing
        self._end()  # its answer may have come before its end

    def _print(self, paper: str, day: date) -> bytes:
        child = self._child = self._child or _started()
        try:
            pdf = child.print(paper, day, self.seconds)
        except PressFailed:
            self._end()
            raise
        if child.papers >= self.papers_per_child or len(paper) > self.large_paper:
            self._end()
        return pdf

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


@dataclass(slots=True)
class _Child:
    process: SpawnProcess
    pipe: Connection
    papers: int = 0

    def print(self, paper: str, day: date, seconds: float) -> bytes:
        try:
            self.pipe.send((paper, day))
            if not self.pipe.poll(seconds):
                raise TimedOut(f"printing took longer than {seconds:.0f} s")
            answer = self.pipe.recv_bytes()
        except (OSError, EOFError) as error:
            raise PressFailed(f"the press stopped: {type(error).__name__}") from error
        self.papers += 1
        if answer[:1] == _FAILED:
            raise PressFailed(answer[1:].decode())
        return answer[1:]

    def end(self) -> None:
        self.pipe.close()
        self.process.join(0.5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.process.close()


def _started() -> _Child:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), name="invoicing-press", daemon=True)
    process.start()
    theirs.close()
    return _Child(process, ours)


def serve(pipe: Connection) -> None:
    """What the child does until the other end of the pipe is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        while True:
            paper, day = pipe.recv()
            pipe.send_bytes(_answer(paper, day))


def _answer(paper: str, day: date) -> bytes:
    try:
        return _PRINTED + compiled(paper, day)
    except typst.TypstError as error:
        return _FAILED + str(error).encode()


def compiled(paper: str, day: date) -> bytes:
    """The PDF, set in this very process: what the child does, and what tests may do without one."""
    stamp = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    pdf = _compiler().compile(format="pdf", sys_inputs={"document": paper}, timestamp=stamp, pdf_tags=False)
    if not isinstance(pdf, bytes):
        raise PressFailed("typst answered no PDF")
    return pdf


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    return typst.Compiler(str(TEMPLATE), root=str(PAPER), font_paths=[str(FONTS)], ignore_system_fonts=True)
