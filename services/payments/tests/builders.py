"""Values of the trade with defaults: a test spells out only what it is about."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from contracts import customers as published
from contracts.invoicing import InvoiceIssued, InvoiceSource, InvoiceVoided
from contracts.parts import Address
from kernel.money import JPY, Currency, Money
from kernel.refusal import Refusal
from payments.core.bank_line import BankLine, LineEvent
from payments.core.matching import IncomingLine, OpenInvoice
from payments.core.receivable import Receivable, opened
from payments.core.statement import Refusals

TODAY = date(2026, 10, 1)
A = UUID(int=0xA)
B = UUID(int=0xB)
C = UUID(int=0xC)


def yen(amount: int) -> Money:
    return Money.of(amount, JPY)


def ids(start: int = 1_000_000) -> Iterator[UUID]:
    return (UUID(int=number) for number in itertools.count(start))


def invoice_id(number: int) -> UUID:
    return UUID(int=10_000 + number)


def open_invoice(
    number: int,
    amount: int,
    *,
    bill_to: UUID = A,
    due_on: date = date(2026, 9, 30),
    members: Sequence[UUID] = (),
    currency: str = "JPY",
    name: str | None = None,
) -> OpenInvoice:
    return OpenInvoice(
        invoice_id(number),
        name or f"INV-2026-{number:05d}",
        bill_to,
        currency,
        amount,
        date(2026, 8, 31),
        due_on,
        frozenset(members),
    )


def incoming(
    amount: int, payer: str = "ｶ)ﾔﾏﾀﾞ", *texts: str, currency: str = "JPY", cancels: bool = False
) -> IncomingLine:
    return IncomingLine(UUID(int=1), currency, amount, TODAY, payer, texts, cancels)


def receivable(
    number: int = 1,
    total: int = 33_000,
    *,
    bill_to: UUID = A,
    issued_on: date = date(2026, 8, 31),
    due_on: date = date(2026, 9, 30),
    currency: Currency = JPY,
) -> Receivable:
    amount = Money.of(total, currency)
    return opened(invoice_id(number), f"INV-{number}", bill_to, issued_on=issued_on, due_on=due_on, total=amount)


def bank_line(amount: int = 33_000, *, cancels: bool = False, currency: Currency = JPY) -> BankLine:
    return BankLine(UUID(int=1), TODAY, Money.of(amount, currency), cancels)


def done(events: tuple[LineEvent, ...] | Refusals | Refusal) -> tuple[LineEvent, ...]:
    """The events of a deed that must not be refused."""
    assert not isinstance(events, Refusal), events
    happened = tuple(event for event in events if not isinstance(event, Refusal))
    assert len(happened) == len(events), events
    return happened


def codes(outcome: object) -> list[str]:
    """The codes of what must have been refused."""
    refusals = (outcome,) if isinstance(outcome, Refusal) else outcome
    assert isinstance(refusals, tuple)
    assert all(isinstance(one, Refusal) for one in refusals), refusals
    return [one.code for one in refusals]


# -- messages ---------------------------------------------------------------------------------------------------------


def maker_state(
    maker_id: UUID,
    *,
    auto_confirm: bool = True,
    tolerance: str = "880",
    accounts: Sequence[published.BankAccount] | None = None,
    time_zone: str = "Asia/Tokyo",
) -> published.MakerState:
    return published.MakerState(
        maker_id=maker_id,
        name="株式会社おろし",
        time_zone=time_zone,
        default_language="ja",
        default_currency="JPY",
        currencies=("JPY",),
        price_rounding="floor",
        price_tax_mode="exclusive",
        unshipped_creation="automatic",
        bill_from="issued",
        strict_import=False,
        auto_confirm_matches=auto_confirm,
        bank_fee_tolerance=Decimal(tolerance),
        bank_accounts=tuple(accounts) if accounts is not None else (account_part(),),
    )


def account_part(
    number: int = 1, *, code: str = "B1", digits: str = "8235504", currency: str = "JPY"
) -> published.BankAccount:
    return published.BankAccount(
        bank_account_id=UUID(int=500 + number),
        code=code,
        bank_code="9999",
        bank_name="デモギンコウ",
        branch_code="001",
        branch_name="ホンテン",
        account_type="1",
        number=digits,
        holder_kana="カ)オロシ",
        currency=currency,
    )


def customer_state(
    customer_id: UUID = A, *, code: str = "C1", name: str = "株式会社山田", kana: str = "ヤマダ"
) -> published.CustomerState:
    return published.CustomerState(
        customer_id=customer_id,
        code=code,
        kind="company",
        address=Address(name=name, kana=kana),
        email="",
        payment_category="銀行振込",
        shipping_category="宅配便",
        language="ja",
        currency="JPY",
        wholesale_rate=None,
        credit_limit=None,
        on_hold=False,
        active=True,
    )


def invoice_issued(
    number: int = 1,
    total: int | str = 33_000,
    *,
    bill_to: UUID = A,
    name: str | None = None,
    issued_on: date = date(2026, 8, 31),
    due_on: date = date(2026, 9, 30),
    members: Sequence[UUID] = (),
    currency: str = "JPY",
    invoice: UUID | None = None,
) -> InvoiceIssued:
    sources = [
        InvoiceSource(kind="delivery_note", source_id=UUID(int=900 + at), number=f"DN{at}", customer_id=member)
        for at, member in enumerate(members or (bill_to,))
    ]
    return InvoiceIssued(
        bill_to_id=bill_to,
        invoice_id=invoice or invoice_id(number),
        number=name or f"INV-{number}",
        bill_to_code="C1",
        currency=currency,
        issued_on=issued_on,
        closing_date=issued_on,
        due_on=due_on,
        per_rate=(),
        net=Decimal(total),
        tax=Decimal(0),
        payment_points=Decimal(0),
        total=Decimal(total),
        brought_forward=Decimal(0),
        billing_amount=Decimal(total),
        sources=tuple(sources),
        orders=(),
    )


def invoice_voided(number: int = 1, total: int = 33_000, *, bill_to: UUID = A) -> InvoiceVoided:
    return InvoiceVoided(
        bill_to_id=bill_to,
        invoice_id=invoice_id(number),
        number=f"INV-{number}",
        currency="JPY",
        voided_on=date(2026, 10, 20),
        reason="誤り",
        total=Decimal(total),
        sources=(),
        orders=(),
    )


# -- Zengin files -----------------------------------------------------------------------------------------------------


def zengin(
    *transfers: bytes,
    line_break: bytes = b"\r\n",
    count: int | None = None,
    total: int | None = None,
    cancelled: tuple[int, int] = (0, 0),
    header: bytes | None = None,
    end: bytes = b"9",
) -> bytes:
    """A transfer notice of these data records; the trailer tells the truth unless told otherwise."""
    amounts = [_amount_of(one) for one in transfers if one[127:128] != b"1"]
    trailer = f"8{len(amounts) if count is None else count:06d}{sum(amounts) if total is None else total:012d}"
    trailer += f"{cancelled[0]:06d}{cancelled[1]:012d}"
    records = [header or zengin_header(), *transfers, trailer.encode(), *([end] if end else [])]
    return b"".join(one.ljust(200) + line_break for one in records)


def zengin_header(number: str = "8235504", type_code: str = "01") -> bytes:
    head = f"1{type_code}0080904080729080904" + "9999" + "ﾃﾞﾓｷﾞﾝｺｳ".ljust(15) + "001" + "ﾎﾝﾃﾝ".ljust(15) + "1" + number
    return head.encode("cp932") + "ｶ)ｵﾛｼ".encode("cp932").ljust(40)


def transfer(
    amount: int = 33_000,
    payer: str = "ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝ",
    *,
    day: str = "080904",
    value_day: str | None = None,
    reference: str = "000001",
    edi: str = "",
    cancels: bool = False,
    payer_code: str = "0000000000",
) -> bytes:
    """A data record of format A."""
    return _data(f"{amount:010d}", payer, day, value_day, reference, payer_code, cancels) + edi.encode("cp932").ljust(
        20
    )


def long_transfer(amount: int, payer: str = "ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝ", *, edi: str = "", first: int = 0) -> bytes:
    """A data record of format B: the amount in twelve digits behind the cancellation flag."""
    head = _data(f"{first:010d}", payer, "080904", None, "000001", "0000000000", cancels=False)
    return head + f"{amount:012d}{0:012d}".encode() + edi.encode("cp932").ljust(20)


def _data(amount: str, payer: str, day: str, value_day: str | None, reference: str, code: str, cancels: bool) -> bytes:
    head = f"2{reference}{day}{day if value_day is None else value_day}{amount}{0:010d}{code}".encode()
    names = payer.encode("cp932")[:48].ljust(48) + "ﾃﾞﾓﾁﾕｳｵｳ".encode("cp932").ljust(15) + b"".ljust(15)
    return head + names + (b"1" if cancels else b" ")


def _amount_of(record: bytes) -> int:
    long_amount = record[128:140]
    return int(record[19:29]) or (int(long_amount) if long_amount.isdigit() else 0)
