"""The sample wholesaler's 108 invoices, from the lines of its files, to the yen (samples README, step 5)."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TypedDict
from uuid import UUID

import pytest

from invoicing.core.billable import (
    Billable,
    Charge,
    Line,
    ReturnedFrom,
    SourceKind,
    payment_points_of,
    sums_by_order,
)
from invoicing.core.closing import (
    Account,
    ClosingFacts,
    ClosingPreview,
    RunClosing,
    preview,
    scope_of,
)
from invoicing.core.parties import Party
from invoicing.core.proposal import InvoiceProposal
from kernel.calendar import ClosingTerms
from kernel.money import JPY, Money, Rate, total
from services.invoicing.tests.builders import TAXES, id_of, maker, yen

FILES = Path(__file__).parents[4] / "demo" / "wholesaler"


class ExpectedRate(TypedDict):
    exclusive_sum: int
    inclusive_sum: int
    net: int
    tax: int
    gross: int


class ExpectedInvoice(TypedDict):
    bill_to: str
    due_date: str
    members: list[str]
    notes: list[str]
    late_notes: list[str]
    returns: list[str]
    per_rate: dict[str, ExpectedRate]
    net: int
    tax: int
    payment_points: int
    total: int


def rows(name: str) -> list[dict[str, str]]:
    with (FILES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def expected() -> dict[str, object]:
    loaded: dict[str, object] = json.loads((FILES / "expected.json").read_text(encoding="utf-8"))
    return loaded


def day_number(text: str) -> int:
    return 0 if text == "end" else int(text)


def customers() -> dict[UUID, Party]:
    delegatees = {row["delegator_code"]: row["delegatee_code"] for row in rows("delegations.csv")}
    found = {}
    for row in rows("customers.csv"):
        code = row["customer_code"]
        terms = ClosingTerms(
            day_number(row["closing_day"]), int(row["payment_month_offset"]), day_number(row["payment_day"])
        )
        delegatee = id_of(delegatees[code]) if code in delegatees else None
        found[id_of(code)] = Party(id_of(code), code, row["name"], "JPY", terms=terms, delegatee_id=delegatee)
    return found


def line_prices(orders: Mapping[str, dict[str, object]]) -> dict[tuple[str, str], tuple[int, Rate]]:
    """Unit price and tax rate of every confirmed line by order and SKU."""
    prices = {}
    for number, order in orders.items():
        confirmed = order.get("oc", order)
        assert isinstance(confirmed, dict)
        for sku, _, _, unit_price, _, _, rate in confirmed["lines"]:
            prices[number, sku] = (unit_price, Rate.of(rate))
    return prices


def line_of(row: Mapping[str, str], prices: Mapping[tuple[str, str], tuple[int, Rate]]) -> Line:
    price, rate = prices[row["order_no"], row["sku_code"]]
    quantity = int(row["quantity"])
    return Line(
        order_id=id_of(row["order_no"]),
        order_number=row["order_no"],
        sku_code=row["sku_code"],
        product_name=row["sku_code"],
        option="",
        quantity=quantity,
        unit_price=yen(price),
        amount=yen(price * quantity),
        tax_rate=rate,
        tax_included=False,
        reduced=rate == Rate.of(8),
    )


def charge_of(row: Mapping[str, str]) -> Charge:
    rate = Rate.of(row["tax_rate"]) if row["tax_rate"] else None
    return Charge(row["kind"], "", yen(row["amount"]), rate, True)


def grouped(file_rows: list[dict[str, str]], key: str) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for row in file_rows:
        found.setdefault(row[key], []).append(row)
    return found


def delivered(prices: Mapping[tuple[str, str], tuple[int, Rate]]) -> Iterator[tuple[date, Billable]]:
    """Each note that was really shipped, with the day it was entered."""
    charges = grouped(rows("note_charges.csv"), "note_key")
    for number, lines in grouped(rows("deliveries.csv"), "note_key").items():
        if lines[0]["expect"] != "SHIPPED":
            continue
        charged = [charge_of(row) for row in charges.get(number, [])]
        yield (
            date.fromisoformat(lines[0]["entered_on"]),
            Billable(
                billable_id=id_of(number),
                kind=SourceKind.DELIVERY_NOTE,
                number=number,
                customer_id=id_of(lines[0]["customer_code"]),
                dated_on=date.fromisoformat(lines[0]["delivery_date"]),
                sums=sums_by_order([line_of(row, prices) for row in lines], charged),
                payment_points=payment_points_of(charged, JPY),
            ),
        )


def brought_back(prices: Mapping[tuple[str, str], tuple[int, Rate]]) -> Iterator[tuple[date, Billable]]:
    for number, lines in grouped(rows("returns.csv"), "return_key").items():
        on = date.fromisoformat(lines[0]["date"])
        yield (
            on,
            Billable(
                billable_id=id_of(number),
                kind=SourceKind.RETURN_NOTE,
                number=number,
                customer_id=id_of(lines[0]["customer_code"]),
                dated_on=on,
                sums=sums_by_order([line_of(row, prices) for row in lines], []),
                payment_points=Money.zero(JPY),
                returned_from=ReturnedFrom(id_of(lines[0]["note_key"]), lines[0]["note_key"], on),
            ),
        )


def replay(known: list[tuple[date, Billable]], dates: list[date]) -> dict[date, ClosingPreview]:
    """The closing runs one after the other; each sees what was entered by then and not billed before."""
    parties, issuer = customers(), maker()
    last: dict[Account, date] = {}
    used: set[UUID] = set()
    runs = {}
    for on in dates:
        facts = ClosingFacts(issuer, parties, dict(last), TAXES)
        notes = [note for entered, note in known if entered <= on and note.billable_id not in used]
        command = RunClosing(on, on)
        runs[on] = preview(command, scope_of(command, parties, {}), notes, facts)
        used |= {source.billable.billable_id for one in runs[on].proposals for source in one.sources}
        last.update(dict.fromkeys(runs[on].closes, on))
    return runs


@pytest.fixture(scope="module")
def runs(expected: dict[str, object]) -> dict[date, ClosingPreview]:
    orders, steps = expected["orders"], expected["steps"]
    assert isinstance(orders, dict)
    assert isinstance(steps, dict)
    prices = line_prices(orders)
    known = [*delivered(prices), *brought_back(prices)]
    dates = [date.fromisoformat(run["closing_date"]) for run in steps["5_closing_runs"]["runs"]]
    return replay(known, dates)


def as_expected(proposal: InvoiceProposal) -> ExpectedInvoice:
    """The proposal in the shape of expected.json."""
    notes = [source for source in proposal.sources if not source.billable.is_return]
    amounts = proposal.amounts
    return ExpectedInvoice(
        bill_to=proposal.bill_to.code,
        due_date=proposal.dates.due_on.isoformat(),
        members=sorted(member.code for member in proposal.members),
        notes=sorted(source.billable.number for source in notes),
        late_notes=sorted(source.billable.number for source in notes if source.late),
        returns=sorted(source.billable.number for source in proposal.sources if source.billable.is_return),
        per_rate={
            str(one.taxed.rate): ExpectedRate(
                exclusive_sum=int(one.taxed.exclusive.amount),
                inclusive_sum=int(one.taxed.inclusive.amount),
                net=int(one.taxed.net.amount),
                tax=int(one.taxed.tax.amount),
                gross=int(one.taxed.gross.amount),
            )
            for one in amounts.per_rate
        },
        net=int(amounts.net.amount),
        tax=int(amounts.tax.amount),
        payment_points=int(amounts.payment_points.amount),
        total=int(amounts.total.amount),
    )


def without_alternative(rate: dict[str, int]) -> dict[str, int]:
    """`gross_alt` is the figure of the other reading of INT-055; no invoice depends on it (samples README)."""
    return {name: value for name, value in rate.items() if name != "gross_alt"}


@pytest.mark.req("INV-060", "INV-061", "INV-062", "INV-151", "INV-155", "CUS-051", "GEN-003")
def test_every_invoice_of_the_sample_is_made_to_the_yen(
    expected: dict[str, object], runs: dict[date, ClosingPreview]
) -> None:
    invoices = expected["invoices"]
    assert isinstance(invoices, dict)

    made = {f"{on}/{one.bill_to.code}": as_expected(one) for on, run in runs.items() for one in run.proposals}

    assert made.keys() == invoices.keys()
    for key, invoice in made.items():
        wanted = {name: value for name, value in invoices[key].items() if name in invoice}
        wanted |= {name: sorted(wanted[name]) for name in ("members", "notes", "late_notes", "returns")}
        wanted["per_rate"] = {rate: without_alternative(one) for rate, one in wanted["per_rate"].items()}
        assert invoice == wanted, key


def test_the_control_totals_of_the_closing_runs_agree(
    expected: dict[str, object], runs: dict[date, ClosingPreview]
) -> None:
    steps = expected["steps"]
    assert isinstance(steps, dict)

    counted = [
        {
            "closing_date": on.isoformat(),
            "invoices": len(run.proposals),
            "total": int(total((one.amounts.total for one in run.proposals), JPY).amount),
            "notes": sum(len([s for s in one.sources if not s.billable.is_return]) for one in run.proposals),
        }
        for on, run in runs.items()
    ]

    assert counted == steps["5_closing_runs"]["runs"]


def test_each_invoice_is_shared_over_its_orders_exactly(runs: dict[date, ClosingPreview]) -> None:
    for run in runs.values():
        for proposal in run.proposals:
            assert total((share.amount for share in proposal.orders), JPY) == proposal.amounts.total
