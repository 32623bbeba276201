"""PDFs: printed beside everything else, kept for good, the same bytes for the same invoice (INV-063, INV-171)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
import pytest_asyncio
import typst
from prometheus_client import REGISTRY
from sqlalchemy import select

from chassis.database import Database, Role
from chassis.depths import Depths
from chassis.process import Part, Process
from chassis.settings import ServiceSettings
from chassis.tables import stored_files
from chassis.testing.messages import Deliver
from invoicing import tables
from invoicing.app import service
from invoicing.core.printed import Variant
from invoicing.store import papers
from invoicing.tables import columns
from invoicing.usecases.papers import ready_to_print
from invoicing.usecases.printing import Printer
from invoicing.views.press import FONTS, PAPER, TEMPLATE, Press, PressFailed, TimedOut, compiled
from services.invoicing.tests import messages
from services.invoicing.tests.builders import id_of

DAY = date(2026, 6, 30)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def press() -> AsyncIterator[Press]:
    """One press for all tests of this file: starting its process takes longer than printing."""
    own = Press()
    yield own
    await own.close()


@pytest.fixture
def printer(database: Database, press: Press) -> Printer:
    return Printer(database, press)


async def issued(client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID) -> str:
    lines = [messages.delivered(9_324, 8, "W-1"), messages.delivered(25_534, 10, "W-1", quantity=2)]
    charges = [messages.charge(660), messages.charge(-300, "payment_points", None)]
    await deliver(
        *messages.world(maker_id, "P", A="P"),
        messages.note("DN1", "A", lines=lines, charges=charges),
        messages.note("DN2", "P"),
        messages.returned("RT1", of="DN1", customer="A", lines=[messages.delivered(12_767, 10, "W-1")]),
    )
    answer = await client.post("/v1/closing-runs", json={"closing_date": "2026-06-30"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["invoices"][0]["invoice_id"])


async def pdf_of(client: httpx.AsyncClient, invoice_id: str, **params: str) -> bytes:
    answer = await client.get(f"/v1/invoices/{invoice_id}/pdf", params=params)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    return answer.content


async def detail(client: httpx.AsyncClient, invoice_id: str) -> Any:
    return (await client.get(f"/v1/invoices/{invoice_id}")).json()


async def kept_files(database: Database, maker_id: UUID) -> int:
    async with database.transaction(maker_id) as tx:
        return len(await tx.rows(select(stored_files.c.file_id).where(stored_files.c.maker_id == maker_id)))


async def test_papers_that_wait_for_the_press_are_told_to_who_operates_it(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, database: Database, printer: Printer
) -> None:
    await issued(client, deliver, maker_id)
    await Depths(database, service.depths).refresh()
    waiting = REGISTRY.get_sample_value("oroshi_papers_pending", {"service": "invoicing"})
    overdue = REGISTRY.get_sample_value("oroshi_papers_overdue_seconds", {"service": "invoicing"})

    await printer.print_due()
    await Depths(database, service.depths).refresh()

    assert (waiting, overdue is not None and overdue < 600) == (1, True)
    assert REGISTRY.get_sample_value("oroshi_papers_pending", {"service": "invoicing"}) == 0
    assert REGISTRY.get_sample_value("oroshi_papers_failing", {"service": "invoicing"}) == 0


async def test_an_invoice_is_issued_before_its_paper_is_printed(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, printer: Printer
) -> None:
    invoice_id = await issued(client, deliver, maker_id)
    assert ((await detail(client, invoice_id))["pdf"], await printer.print_due()) == ("pending", 1)

    found = await detail(client, invoice_id)
    pdf = await pdf_of(client, invoice_id)

    assert pdf.startswith(b"%PDF-")
    assert (found["pdf"], found["pdf_sha256"]) == ("ready", hashlib.sha256(pdf).hexdigest())
    assert await printer.print_due() == 0


@pytest.mark.req("INV-171")
async def test_a_paper_that_is_still_pending_is_printed_when_asked_for_and_never_again(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, printer: Printer, database: Database
) -> None:
    invoice_id = await issued(client, deliver, maker_id)

    first = await pdf_of(client, invoice_id)

    assert await printer.print_due() == 0
    assert await pdf_of(client, invoice_id) == first
    assert await kept_files(database, maker_id) == 1


@pytest.mark.req("INV-171")
async def test_two_presses_at_once_keep_one_paper(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, printer: Printer, database: Database
) -> None:
    await issued(client, deliver, maker_id)
    other = Printer(database, printer.press)

    await asyncio.gather(printer.print_due(), other.print_due())

    assert await kept_files(database, maker_id) == 1


@pytest.mark.req("INV-171")
async def test_the_same_invoice_always_gives_the_same_bytes(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, database: Database
) -> None:
    invoice_id = await issued(client, deliver, maker_id)
    async with database.transaction(maker_id) as tx:
        ready = await ready_to_print(tx, UUID(invoice_id), Variant.ORIGINAL)

    assert ready is not None
    assert compiled(ready.json, ready.day) == compiled(ready.json, ready.day) == await pdf_of(client, invoice_id)


@pytest.mark.req("INV-081", "INV-171")
async def test_the_template_uses_our_fonts_and_warns_of_nothing(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, database: Database
) -> None:
    invoice_id = await issued(client, deliver, maker_id)
    async with database.transaction(maker_id) as tx:
        ready = await ready_to_print(tx, UUID(invoice_id), Variant.ORIGINAL)
    assert ready is not None

    compiler = typst.Compiler(str(TEMPLATE), root=str(PAPER), font_paths=[str(FONTS)], ignore_system_fonts=True)
    pdf, warnings = compiler.compile_with_warnings(format="pdf", sys_inputs={"document": ready.json})

    assert warnings == []
    assert isinstance(pdf, bytes)
    assert b"BIZUDPGothic" in pdf


@pytest.mark.req("INV-171")
async def test_a_voided_invoice_has_its_original_and_a_copy_that_says_so(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, printer: Printer
) -> None:
    invoice_id = await issued(client, deliver, maker_id)
    original = await pdf_of(client, invoice_id)
    assert (await client.get(f"/v1/invoices/{invoice_id}/pdf", params={"variant": "void"})).status_code == 404

    await client.post(f"/v1/invoices/{invoice_id}/voiding", json={"reason": "宛先違い"})
    assert await printer.print_due() == 1

    assert await pdf_of(client, invoice_id) == original
    assert await pdf_of(client, invoice_id, variant="void") != original


async def test_a_paper_that_cannot_be_printed_is_put_off_and_the_others_go_on(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, database: Database, printer: Printer
) -> None:
    invoice_id = await issued(client, deliver, maker_id)
    slow = Printer(database, Press(seconds=0))

    assert await slow.print_due() == 1
    await slow.press.close()

    async with database.transaction(maker_id) as tx:
        p = columns(tables.InvoicePaper)
        row = await tx.one_or_none(select(p.state, p.attempts, p.error, p.retry_at).where(p.maker_id == maker_id))
        assert row is not None
        assert (row.state, row.attempts, row.error) == ("pending", 1, "TimedOut: printing took longer than 0 s")
        assert row.retry_at > tx.now
    assert await printer.print_due() == 0
    assert (await pdf_of(client, invoice_id)).startswith(b"%PDF-")


async def test_the_printer_prints_what_is_issued_while_it_runs(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, printer: Printer
) -> None:
    task = asyncio.create_task(printer.run())
    invoice_id = await issued(client, deliver, maker_id)
    printer.wake()

    async with asyncio.timeout(60):
        while (await detail(client, invoice_id))["pdf"] != "ready":
            pass  # every look is a call that lets the printer go on

    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_worker_process_prints_until_it_is_told_to_end(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, settings: ServiceSettings
) -> None:
    process = Process(service, settings.model_copy(update={"drain_seconds": 30.0}), Part.WORKER)
    running = asyncio.create_task(process.run())
    invoice_id = await issued(client, deliver, maker_id)

    async with asyncio.timeout(60):
        while (await detail(client, invoice_id))["pdf"] != "ready":
            pass

    process.end()
    assert await running == 0


async def test_papers_of_all_makers_are_due_but_each_is_kept_in_its_own(
    client: httpx.AsyncClient, deliver: Deliver, maker_id: UUID, database: Database
) -> None:
    await issued(client, deliver, maker_id)

    async with database.transaction(id_of("another"), role=Role.API, read_only=True) as tx:
        assert await papers.due(tx, 10) == []
    async with database.transaction(id_of("another"), role=Role.WORKER, read_only=True) as tx:
        assert [paper.maker_id for paper in await papers.due(tx, 10)] == [maker_id]


# ---- The press itself ----


async def test_a_broken_paper_fails_alone(press: Press) -> None:
    with pytest.raises(PressFailed, match="dictionary"):
        await press.print("{}", DAY)

    assert (await press.print(a_paper(), DAY)).startswith(b"%PDF-")


async def test_a_press_that_takes_too_long_is_stopped() -> None:
    slow = Press(seconds=0)

    with pytest.raises(TimedOut):
        await slow.print(a_paper(), DAY)
    slow.seconds = 60

    assert (await slow.print(a_paper(), DAY)).startswith(b"%PDF-")
    await slow.close()


async def test_a_press_is_replaced_after_so_many_papers() -> None:
    short = Press(papers_per_child=1)

    assert await short.print(a_paper(), DAY) == await short.print(a_paper(), DAY)
    await short.close()


async def test_a_caller_who_leaves_does_not_stay_at_the_pipe(press: Press) -> None:
    left = a_paper().replace("AP-1001", "AP-2002")
    for _ in range(5):  # two threads at one pipe do not get into each other's way every time
        await press.print(left, DAY)  # the child is there
        leaving = asyncio.create_task(press.print(left, DAY))
        await asyncio.sleep(0.001)  # it has the turn, and its thread runs
        leaving.cancel()

        async with asyncio.timeout(60):
            assert await press.print(a_paper(), DAY) == compiled(a_paper(), DAY)
        assert leaving.cancelled()


def a_paper() -> str:
    """A paper of one group, as `core.printed` would make it."""
    row = {
        "code": "AP-1001",
        "name": "Tシャツ 白 / M",
        "quantity": "1",
        "unit": "点",
        "price": "1,000",
        "amount": "1,000",
        "rate": "10%",
    }
    note = {
        "date": "2026年6月15日",
        "label": "納品書",
        "number": "DN1",
        "remark": "",
        "subtotal": "1,000",
        "rows": [row],
    }
    group = {"heading": "納品先", "subtotal_label": "小計", "subtotal": "1,000", "notes": [{**note, "rows": [row]}]}
    return orjson.dumps(
        {
            "title": "請求書",
            "qualified": "",
            "watermark": "",
            "number": "INV1",
            "facts": [{"label": "発行日", "value": "2026年6月30日"}],
            "recipient": {"postal": "", "address": [], "name": "髙﨑商店", "department": "", "honorific": "御中"},
            "issuer": {"name": "おろし", "rows": [], "registration": ""},
            "greeting": [],
            "header_comment": "",
            "footer_comment": [],
            "claim": {"label": "今回ご請求額", "amount": "¥1,100", "remark": "", "due": "2026年7月31日"},
            "balance": [{"label": "今回ご請求額", "value": "1,100", "strong": True}],
            "rates": [],
            "rate_total": {"net": "1,000", "tax": "100", "gross": "1,100"},
            "bank": [],
            "transfer_fee": "",
            "groups": [group],
            "sum": [{"label": "ご請求金額", "value": "1,100"}],
            "legend": [],
        }
    ).decode()
