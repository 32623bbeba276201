"""What stands on the paper: every text finished, figures that add up (INV-013, INV-081, INV-083, INV-171, R4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicing.core import japanese
from invoicing.core.billable import Billable, ReturnedFrom
from invoicing.core.document import InvoiceDocument, Issue, Replaced, Wording, document_of
from invoicing.core.invoice import Voiding
from invoicing.core.parties import Location, Party
from invoicing.core.printed import NoteDetail, PrintedLine, paper_of
from invoicing.core.proposal import BilledSource, Dates, Fee, FeeKind, Terms, propose
from kernel.calendar import Period
from kernel.money import Currency, Money, Rate, Rounding
from services.invoicing.tests.builders import ACCOUNT, HEAD_OFFICE, TAXES, id_of, maker, note, party, returned, yen

JUNE = Dates(date(2026, 6, 30), date(2026, 7, 31), date(2026, 6, 30), Period(date(2026, 6, 1), date(2026, 6, 30)))


def document(
    *notes: Billable,
    bill_to: Party | None = None,
    office: Location = HEAD_OFFICE,
    fees: tuple[Fee, ...] = (),
    dates: Dates = JUNE,
    wording: Wording | None = None,
    late: bool = False,
) -> InvoiceDocument:
    issuer = maker(locations=(office,))
    buyer = bill_to or party("K1")
    customers = {id_of(code): party(code) for code in ("A", "B", "K1")} | {buyer.customer_id: buyer}
    sources = [BilledSource(one, customers[one.customer_id], late) for one in notes]
    content = propose(
        buyer, sources, fees, dates=dates, terms=Terms(issuer, TAXES, ACCOUNT), currency=notes[0].currency
    )
    return document_of(Issue(id_of("INV1"), "INV202606-00001", issuer, content, wording or Wording()))


def details(*notes: Billable) -> dict[UUID, NoteDetail]:
    """Each note's sums as its lines, inclusive ones as charges."""
    found = {}
    for one in notes:
        lines = []
        for order in one.sums:
            rate = order.sums.rate
            lines.append(PrintedLine("品", order.sums.exclusive, rate, False, "AP-1", 1, order.sums.exclusive))
            if order.sums.inclusive:
                lines.append(PrintedLine("発送料", order.sums.inclusive, rate, True))
        if one.payment_points:
            lines.append(PrintedLine("支払ポイント", -one.payment_points, None, True))
        origin = ReturnedFrom(id_of("DN0"), "DN0", date(2026, 6, 9)) if one.is_return else None
        found[one.billable_id] = NoteDetail(
            tuple(lines), () if one.is_return else ("W-1",), origin, "誤納品" if one.is_return else ""
        )
    return found


def paper(*notes: Billable, voiding: Voiding | None = None, **more: Any) -> Mapping[str, Any]:
    return paper_of(document(*notes, **more), details(*notes), voiding)


@pytest.mark.req("INV-081")
def test_a_qualified_invoice_prints_every_required_item() -> None:
    printed = paper(note("DN1", amounts={10: 12_350, 8: 4_980}))

    assert (printed["title"], printed["qualified"]) == ("合計請求書", "適格請求書")
    assert printed["issuer"]["registration"] == "登録番号 T8700110005901"
    assert printed["recipient"]["name"] == "K1商店"
    assert {"label": "お取引期間", "value": "2026年6月1日～2026年6月30日"} in printed["facts"]
    assert printed["rates"] == [
        {"label": "10%対象", "net": "12,350", "tax": "1,235", "gross": "13,585"},
        {"label": "※8%対象", "net": "4,980", "tax": "398", "gross": "5,378"},
    ]
    assert [(row["name"], row["rate"]) for row in printed["groups"][0]["notes"][0]["rows"]] == [
        ("品", "10%"),
        ("※ 品", "※8%"),
    ]
    assert printed["legend"][0].startswith("※は軽減税率（8%）対象です。")
    assert printed["claim"]["amount"] == "¥18,963"


@pytest.mark.req("INV-081")
def test_without_a_registration_number_neither_number_nor_the_word_qualified_is_printed() -> None:
    printed = paper(note("DN1"), office=replace(HEAD_OFFICE, registration_number=None))

    assert (printed["qualified"], printed["issuer"]["registration"]) == ("", "")


@pytest.mark.req("INV-083")
def test_a_return_is_printed_negative_with_the_day_of_its_delivery_and_its_tax() -> None:
    printed = paper(note("DN1", amounts={10: 315}), returned("RT1", amounts={10: 105}))

    goods, back = printed["groups"][0]["notes"]
    assert (goods["subtotal"], back["subtotal"]) == ("315", "▲105")
    assert back["remark"] == "納品書 DN0（2026年6月9日）分　誤納品"
    assert (back["rows"][0]["quantity"], back["rows"][0]["amount"]) == ("▲1", "▲105")
    assert [(row["label"], row["tax"]) for row in printed["rates"]] == [
        ("10%対象", "21"),
        ("　うちお買上", "31"),
        ("　うちご返品", "▲10"),
    ]
    assert printed["qualified"] == "適格請求書 兼 適格返還請求書"


@pytest.mark.req("INV-013")
def test_notes_of_delegators_stand_under_their_names_with_subtotals() -> None:
    printed = paper(note("DN1", "A", amounts={10: 100}), note("DN2", "B", amounts={10: 200}))

    assert [(group["heading"], group["subtotal"]) for group in printed["groups"]] == [
        ("納品先：A商店 様（A）", "100"),
        ("納品先：B商店 様（B）", "200"),
    ]


def test_a_customer_billed_for_itself_alone_needs_no_heading() -> None:
    (group,) = paper(note("DN1"))["groups"]

    assert (group["heading"], group["subtotal"]) == ("", "")


@pytest.mark.req("CUS-020")
@pytest.mark.parametrize(("individual", "honorific"), [(False, "御中"), (True, "様")])
def test_companies_and_people_are_addressed_as_is_proper(individual: bool, honorific: str) -> None:
    assert paper(note("DN1"), bill_to=party("K1", individual=individual))["recipient"]["honorific"] == honorific


@pytest.mark.req("INV-138", "INV-139", "INV-137")
def test_comments_are_printed_and_the_internal_note_never() -> None:
    printed = paper(note("DN1"), wording=Wording("頭書き", "一行目\n二行目", "社内用の覚え"))

    assert (printed["header_comment"], printed["footer_comment"]) == ("頭書き", ["一行目", "二行目"])
    assert "社内用の覚え" not in str(printed)


@pytest.mark.req("INV-171")
def test_a_voided_invoice_bears_a_watermark_and_the_day() -> None:
    printed = paper(note("DN1"), voiding=Voiding(date(2026, 7, 1), "宛先違い"))

    assert printed["watermark"] == "無効"
    assert {"label": "取消日", "value": "2026年7月1日"} in printed["facts"]


@pytest.mark.req("INV-132")
def test_a_deducted_bank_fee_changes_the_remark_and_is_printed_as_a_line() -> None:
    plain = paper(note("DN1"))
    fee = Fee(FeeKind.BANK_FEE, "振込手数料（弊社負担）", yen(-400), Rate.of(10))
    borne = paper(note("DN1"), fees=(fee,))

    assert plain["transfer_fee"] != borne["transfer_fee"]
    assert borne["groups"][-1]["notes"][0]["rows"][0]["amount"] == "▲400"


@pytest.mark.req("INV-062")
def test_a_late_note_is_marked() -> None:
    assert "【前回締切分】" in paper(note("DN1"), late=True)["groups"][0]["notes"][0]["remark"]


@pytest.mark.req("INV-170")
def test_a_replacement_names_what_it_replaces() -> None:
    one = note("DN1")
    replacing = replace(document(one), replaces=Replaced(id_of("old"), "INV202606-00099"))

    printed: Mapping[str, Any] = paper_of(replacing, details(one))
    assert {"label": "差替元番号", "value": "INV202606-00099"} in printed["facts"]


def test_an_invoice_of_one_note_without_closing_is_plainly_an_invoice() -> None:
    printed = paper(note("DN1"), dates=Dates(date(2026, 6, 16), date(2026, 7, 31)))

    assert printed["title"] == "請求書"
    assert {"label": "お取引期間", "value": "2026年6月15日"} in printed["facts"]


def test_dollars_are_printed_as_dollars() -> None:
    printed = paper(note("DN1", amounts={0: 1_234}, currency=Currency.of("USD")))

    assert printed["claim"]["amount"] == "USD 1,234.00"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (yen(0), "0"),
        (yen(1_234_567), "1,234,567"),
        (yen(-500), "▲500"),
        (Money.of("-1.5", Currency.of("USD")), "▲1.50"),
    ],
)
def test_amounts_are_printed_with_commas_and_a_triangle_below_zero(amount: Money, text: str) -> None:
    assert japanese.figure(amount) == text


def figure_of(text: str) -> int:
    return int(text.replace(",", "").replace("▲", "-"))


amounts = st.dictionaries(st.sampled_from([0, 8, 10]), st.integers(0, 10**6), min_size=1)
some_notes = st.builds(
    lambda number, customer, excluded, included, points, back: (
        returned(f"RT{number}", customer, amounts=excluded)
        if back
        else note(f"DN{number}", customer, amounts=excluded, inclusive=included, points=points)
    ),
    st.integers(1, 10**6),
    st.sampled_from(["A", "B"]),
    amounts,
    amounts,
    st.integers(0, 500),
    st.booleans(),
)


@given(st.lists(some_notes, min_size=1, max_size=8, unique_by=lambda one: one.number))
def test_what_is_printed_adds_up(notes: list[Billable]) -> None:
    ordered = sorted(notes, key=lambda one: (one.customer_id != id_of("A"), one.number))
    made = document(*ordered)
    printed: Mapping[str, Any] = paper_of(made, details(*ordered))

    for group in printed["groups"]:
        for one in group["notes"]:
            assert figure_of(one["subtotal"]) == sum(figure_of(row["amount"]) for row in one["rows"])
        assert figure_of(group["subtotal"]) == sum(figure_of(one["subtotal"]) for one in group["notes"])
    lines, tax, asked = (figure_of(row["value"]) for row in printed["sum"])
    assert lines == sum(figure_of(group["subtotal"]) for group in printed["groups"])
    assert lines + tax == asked == int(made.amounts.total.amount)
    of_rates = [row for row in printed["rates"] if not row["label"].startswith("　")]
    for name in ("net", "tax", "gross"):
        assert figure_of(printed["rate_total"][name]) == sum(figure_of(row[name]) for row in of_rates)


def test_every_rounding_has_its_word() -> None:
    assert set(japanese.ROUNDINGS) == set(Rounding)
    assert japanese.rate(Rate.of("7.5"), reduced=True, tax_included=True) == "※7.5%込"
