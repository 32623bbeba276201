"""Payments entered by hand: cash, cash on delivery, cheques, and what no statement file brings (PAY-020)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from chassis.tx import Tx
from kernel.calendar import business_date
from kernel.money import Currency, Money, UnknownCurrency
from kernel.refusal import Refusal
from payments.core.bank_line import BankLine
from payments.core.maker import BankAccount, Maker
from payments.core.recorded import Method, RecordedLine, Words
from payments.core.statement import Refusals
from payments.store import facts
from payments.usecases.hearsay import Told, Unheard, take
from payments.usecases.taking_in import take_in


@dataclass(frozen=True, slots=True)
class RecordPayment:
    """`account` is an id or a code; `currency` None is the account's, else the maker's default."""

    value_date: date
    amount: Decimal
    method: Method
    account: UUID | str | None = None
    currency: str | None = None
    payer: str = ""
    memo: str = ""


async def record_payments(
    tx: Tx, commands: Sequence[RecordPayment], told: Told | None = None
) -> list[RecordedLine | Refusals]:
    """Each accepted payment becomes a line, decided like a line of a file. UNKNOWN_BANK_ACCOUNT, UNKNOWN_CURRENCY,
    CURRENCY_MISMATCH, BAD_AMOUNT. Raises Unheard for an account nobody has told of, once."""
    await take(tx, told)
    maker, accounts = await facts.load_maker(tx), await facts.load_accounts(tx)
    known = {ref for one in accounts for ref in (one.bank_account_id, one.code)}
    if told is None and any(one.account is not None and one.account not in known for one in commands):
        raise Unheard(maker=True)
    ids = tx.new_ids(len(commands))
    made = [_line(one, line_id, maker, accounts) for one, line_id in zip(commands, ids, strict=True)]
    accepted = [one for one in made if isinstance(one, RecordedLine)]
    today = business_date(tx.now, maker.time_zone)
    kept = {one.line.line_id: one for one in await take_in(tx, maker, accepted, today)}
    return [kept[one.line.line_id] if isinstance(one, RecordedLine) else one for one in made]


def _line(
    command: RecordPayment, line_id: UUID, maker: Maker, accounts: Sequence[BankAccount]
) -> RecordedLine | Refusals:
    account = next((one for one in accounts if command.account in (one.bank_account_id, one.code)), None)
    if command.account is not None and account is None:
        return (Refusal("UNKNOWN_BANK_ACCOUNT", {"account": str(command.account)}, field="/bank_account"),)
    currency = _currency(command, account, maker)
    if isinstance(currency, Refusal):
        return (currency,)
    amount = Money.of(command.amount, currency)
    if not amount.is_whole or not amount.amount > 0:
        return (
            Refusal("BAD_AMOUNT", {"decimals": str(currency.minor_units)}, field="/amount", value=str(command.amount)),
        )
    words = Words(payer=command.payer, memo=command.memo)
    account_id = account.bank_account_id if account else None
    return RecordedLine(BankLine(line_id, command.value_date, amount), command.method, words, account_id)


def _currency(command: RecordPayment, account: BankAccount | None, maker: Maker) -> Currency | Refusal:
    own = account.currency if account else maker.default_currency
    if command.currency is None:
        return own
    try:
        currency = Currency.of(command.currency)
    except UnknownCurrency:
        return Refusal("UNKNOWN_CURRENCY", {"currency": command.currency}, field="/currency")
    if account is not None and currency != own:
        given = {"currency": currency.code, "line_currency": own.code}
        return Refusal("CURRENCY_MISMATCH", given, field="/currency")
    return currency
