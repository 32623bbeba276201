"""What is stored is what was meant: `load(save(x)) == x`, on real PostgreSQL, for whatever Hypothesis thinks of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.database import Database
from chassis.tx import Stale
from kernel.money import JPY, SUPPORTED, Currency, Money
from kernel.refusal import Refusal
from payments.core.bank_line import Allocated, BankLine, OverpaymentKept, evolved, ignore, propose
from payments.core.bookkeeping import Books, Told
from payments.core.ledger import Balance
from payments.core.matching import Candidate, Lost, Reason, Rule, Share, Verdict
from payments.core.receivable import Receivable
from payments.core.recorded import Method, Proposal, RecordedLine, Source, Words, money_of
from payments.core.settlement import AskedShare, Confirm, Excess, Short, confirm
from payments.core.statement_csv import DateFormat, DecimalSign, Delimiter, Encoding, StatementProfile
from payments.store import ledger, lines, profiles, receivables
from payments.store.profiles import StoredProfile
from payments.usecases.posting import save_money
from services.payments.tests.builders import A, B, C, done, yen

law = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

DAYS = st.integers(0, 900).map(lambda days: date(2025, 1, 1) + timedelta(days))
TEXTS = st.text("ｱｲｳ山田 INV-1'\"\\%_<>𠮷", max_size=20)
CUSTOMERS = st.sampled_from([A, B, C])
CURRENCIES = st.sampled_from([JPY, SUPPORTED["USD"], SUPPORTED["KRW"]])


def _money(currency: Currency, units: st.SearchStrategy[int]) -> st.SearchStrategy[Money]:
    return units.map(lambda one: money_of(one, currency))


@st.composite
def receivables_drawn(draw: st.DrawFn) -> Receivable:
    currency = draw(CURRENCIES)
    total = draw(_money(currency, st.integers(-10_000, 10_000_000)))
    parts = [money_of(0, currency)] * 3
    if total.amount > 0:
        parts = [Money.of((total.amount / draw(st.integers(4, 9))).quantize(currency.unit), currency) for _ in range(3)]
    return Receivable(
        invoice_id=uuid4(),
        number=draw(TEXTS),
        bill_to_id=A,
        issued_on=draw(DAYS),
        due_on=draw(DAYS),
        total=total,
        allocated=parts[0],
        discounted=parts[1],
        slipped=parts[2],
        members=draw(st.frozensets(st.sampled_from([B, C]))),
        voided_on=draw(st.none() | DAYS),
    )


@law
@given(several=st.lists(receivables_drawn(), min_size=1, max_size=4))
async def test_open_items_come_back_as_they_were_kept(
    database: Database, maker_id: UUID, several: list[Receivable]
) -> None:
    async with database.transaction(maker_id) as tx:
        await receivables.insert_receivables(tx, several)
        found = await receivables.load_receivables(tx, [one.invoice_id for one in several])
        assert found == {one.invoice_id: one for one in several}
        changed = [replace(one, voided_on=date(2026, 1, 1)) for one in several]
        await receivables.save_receivables(tx, changed)
        again = await receivables.load_receivables(tx, [one.invoice_id for one in several])
        assert again == {one.invoice_id: replace(one, version=1) for one in changed}


@st.composite
def proposals(draw: st.DrawFn) -> Proposal:
    shares = st.builds(
        Share,
        invoice_id=st.uuids(),
        number=TEXTS,
        bill_to_id=CUSTOMERS,
        amount=st.integers(0, 10**9),
        fee=st.integers(0, 880),
    )
    candidates = st.builds(
        Candidate,
        rule=st.sampled_from(Rule),
        customer_id=st.none() | CUSTOMERS,
        shares=st.lists(shares, max_size=2).map(tuple),
        gap=st.integers(0, 880),
        age_days=st.integers(-99, 99),
        lost=st.none() | st.sampled_from(Lost),
    )
    reasons = st.builds(Reason, code=TEXTS, facts=st.dictionaries(TEXTS, TEXTS, max_size=2))
    return Proposal(
        draw(st.none() | st.sampled_from(Verdict)),
        tuple(draw(st.lists(reasons, max_size=2))),
        tuple(draw(st.lists(candidates, max_size=2))),
    )


@st.composite
def lines_drawn(draw: st.DrawFn) -> tuple[RecordedLine, list[Receivable]]:
    """A line in any state it can get into, and the invoices its money is with."""
    line = BankLine(uuid4(), draw(DAYS), yen(draw(st.integers(1, 5_000))), draw(st.booleans()))
    recorded = RecordedLine(
        line=line,
        method=draw(st.sampled_from(Method)),
        words=draw(st.builds(Words, *[TEXTS] * 6)),
        bank_account_id=draw(st.none() | st.uuids()),
        source=Source(uuid4(), draw(st.integers(1, 99)), str(uuid4())) if draw(st.booleans()) else None,
        proposal=draw(proposals()),
        bill_to_id=draw(st.none() | CUSTOMERS),
    )
    match draw(st.sampled_from(["new", "suggested", "ignored", "confirmed"])):
        case "suggested":
            return replace(recorded, line=evolved(line, done(propose(line, found=True, customer_id=A)))), []
        case "ignored":
            after = evolved(line, done(ignore(line, reason="x", on=line.value_date)))
            return replace(recorded, line=after, ignore_reason="x"), []
        case "confirmed" if not line.cancels:
            return _confirmed(draw, recorded)
        case _:
            return recorded, []


def _confirmed(draw: st.DrawFn, recorded: RecordedLine) -> tuple[RecordedLine, list[Receivable]]:
    owed = [_open_invoice(amount) for amount in draw(st.lists(st.integers(1, 4_000), max_size=3))]
    command = Confirm(
        tuple(AskedShare(one.invoice_id, None, draw(st.sampled_from(Short))) for one in owed),
        draw(st.sampled_from(Excess)),
        draw(st.none() | CUSTOMERS),
        A,
    )
    ids = iter(sorted(uuid4() for _ in range(10)))
    open_items = {one.invoice_id: one for one in owed}
    outcome = confirm(recorded.line, command, open_items, fee_tolerance=yen(880), ids=ids)
    events = [one for one in outcome if not isinstance(one, Refusal)]
    return replace(recorded, line=evolved(recorded.line, events)), owed


def _open_invoice(amount: int) -> Receivable:
    nothing = yen(0)
    day = date(2026, 1, 1)
    return Receivable(uuid4(), "N", A, day, day, yen(amount), nothing, nothing, nothing)


async def _keep(database: Database, maker_id: UUID, recorded: RecordedLine, owed: Sequence[Receivable]) -> RecordedLine:
    async with database.transaction(maker_id) as tx:
        await receivables.insert_receivables(tx, owed)
        await lines.insert_lines(tx, [recorded])
        books = Books({recorded.line.line_id: recorded.line}, {one.invoice_id: one for one in owed})
        books.told.extend(_told(recorded))
        await save_money(tx, books)
        return (await lines.load_lines(tx, [recorded.line.line_id]))[recorded.line.line_id]


def _told(recorded: RecordedLine) -> list[Told]:
    line = recorded.line
    told = [Told(Allocated(one), yen(0)) for one in line.allocations]
    return told + ([Told(OverpaymentKept(line.line_id, line.overpayment))] if line.overpayment else [])


@law
@given(drawn=lines_drawn())
async def test_lines_come_back_with_what_became_of_their_money(
    database: Database, maker_id: UUID, drawn: tuple[RecordedLine, list[Receivable]]
) -> None:
    recorded, owed = drawn
    assert await _keep(database, maker_id, recorded, owed) == recorded


@pytest.mark.req("GEN-006")
async def test_a_line_changed_by_somebody_else_is_not_overwritten(database: Database, maker_id: UUID) -> None:
    recorded = RecordedLine(BankLine(uuid4(), date(2026, 9, 4), yen(1)), Method.CASH, Words())
    async with database.transaction(maker_id) as tx:
        await lines.insert_lines(tx, [recorded])
        await lines.save_lines(tx, [recorded])
        with pytest.raises(Stale):
            await lines.save_lines(tx, [recorded])


@law
@given(
    currency=CURRENCIES,
    sides=st.tuples(st.integers(-9_999, 9_999), *[st.integers(0, 9_999)] * 3),
    version=st.integers(0, 99),
)
async def test_balances_come_back_as_they_were_kept(
    database: Database, maker_id: UUID, currency: Currency, sides: tuple[int, int, int, int], version: int
) -> None:
    owed, slips, notes, held = (money_of(side, currency) for side in sides)
    balance = Balance(uuid4(), owed, slips, notes, held, version)
    async with database.transaction(maker_id) as tx:
        await ledger.save_balances(tx, [balance])
        key = (balance.customer_id, currency)
        assert await ledger.load_balances(tx, [key]) == {key: balance}


COLUMNS = st.none() | st.integers(1, 9) | TEXTS


@law
@given(
    mapping=st.builds(
        StatementProfile,
        value_date=st.integers(1, 9) | TEXTS,
        amount=COLUMNS,
        amount_in=COLUMNS,
        amount_out=COLUMNS,
        payer=COLUMNS,
        description=COLUMNS,
        reference=COLUMNS,
        balance=COLUMNS,
        skip_rows=st.integers(0, 9),
        header=st.booleans(),
        encoding=st.sampled_from(Encoding),
        delimiter=st.sampled_from(Delimiter),
        date_format=st.sampled_from(DateFormat),
        decimal_sign=st.sampled_from(DecimalSign),
    )
)
async def test_profiles_come_back_as_they_were_kept(
    database: Database, maker_id: UUID, mapping: StatementProfile
) -> None:
    profile = StoredProfile(uuid4(), str(uuid4()), A, mapping)
    async with database.transaction(maker_id) as tx:
        await profiles.insert_profiles(tx, [profile])
        assert profile in await profiles.load_profiles(tx)
        assert await profiles.choose_profile(tx, profile.name, None) == profile
        await profiles.save_profiles(tx, [profile])
        assert await profiles.choose_profile(tx, profile.profile_id, None) == replace(profile, version=1)
