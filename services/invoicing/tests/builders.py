"""Billing facts with defaults; a test spells out only what matters to it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from invoicing.core.billable import (
    Billable,
    BillableState,
    Charge,
    Line,
    OrderSums,
    ReturnedFrom,
    SourceKind,
)
from invoicing.core.closing import ClosingFacts
from invoicing.core.parties import (
    BankAccount,
    BillFrom,
    Location,
    Maker,
    Party,
    PostalAddress,
    TaxRule,
    TaxRules,
)
from kernel.calendar import ClosingTerms
from kernel.money import JPY, Currency, Money, Rate, Rounding
from kernel.tax import TaxSums

NAMES: Final = UUID("01900000-0000-7000-8000-000000000000")
MONTH_END: Final = ClosingTerms(0, 1, 0)
TAXES: Final = TaxRules((TaxRule(Rate.of(10)), TaxRule(Rate.of(8), Rounding.FLOOR, reduced=True)))
HEAD_OFFICE: Final = Location(
    UUID(int=1), "本社", PostalAddress("100-0000", "東京都千代田区見本町1-2-3", "", "03-0000-0001"), "T8700110005901"
)
ACCOUNT: Final = BankAccount(UUID(int=2), "9999", "デモギンコウ", "001", "ホンテン", "1", "8235504", "カ)オロシ", "JPY")


def id_of(name: str) -> UUID:
    """The same id for the same name, everywhere."""
    return uuid5(NAMES, name)


def yen(amount: int | str | Decimal) -> Money:
    return Money.of(amount, JPY)


def sums(rate: int | str, exclusive: int = 0, inclusive: int = 0, *, currency: Currency = JPY) -> TaxSums:
    return TaxSums(
        Rate.of(rate), Money.of(exclusive, currency), Money.of(inclusive, currency), reduced=str(rate) == "8"
    )


def party(
    code: str,
    *,
    terms: ClosingTerms | None = MONTH_END,
    billed_to: str | None = None,
    individual: bool = False,
    currency: str = "JPY",
) -> Party:
    return Party(
        customer_id=id_of(code),
        code=code,
        name=f"{code}商店",
        currency=currency,
        individual=individual,
        address=PostalAddress("980-4994", "宮城県仙台市青葉区見本町4-26-6"),
        terms=terms,
        delegatee_id=id_of(billed_to) if billed_to else None,
    )


def maker(
    *,
    bill_from: BillFrom = BillFrom.ISSUED,
    locations: tuple[Location, ...] = (HEAD_OFFICE,),
    bank_accounts: tuple[BankAccount, ...] = (ACCOUNT,),
) -> Maker:
    return Maker(id_of("maker"), "株式会社おろし商事", "Asia/Tokyo", bill_from, locations, bank_accounts)


def note(
    number: str,
    customer: str = "K1",
    dated_on: date = date(2026, 6, 15),
    amounts: Mapping[int | str, int] | None = None,
    *,
    inclusive: Mapping[int | str, int] | None = None,
    points: int = 0,
    order: str = "",
    currency: Currency = JPY,
    location_id: UUID | None = HEAD_OFFICE.location_id,
    shipped_on: date | None = None,
    state: BillableState = BillableState.UNBILLED,
    deferred_past: date | None = None,
    kind: SourceKind = SourceKind.DELIVERY_NOTE,
) -> Billable:
    """A delivery note of one order over `amounts` (rate → yen without tax) and `inclusive` (rate → yen with tax)."""
    excluded, included = amounts if amounts is not None else {10: 1_000}, inclusive or {}
    rates = sorted({*excluded, *included}, key=lambda rate: -Decimal(rate))
    entered = [
        OrderSums(
            id_of(order or f"order of {number}"),
            sums(rate, excluded.get(rate, 0), included.get(rate, 0), currency=currency),
        )
        for rate in rates
    ]
    return Billable(
        billable_id=id_of(number),
        kind=kind,
        number=number,
        customer_id=id_of(customer),
        dated_on=dated_on,
        sums=tuple(entered),
        payment_points=Money.of(points, currency),
        shipped_on=shipped_on,
        location_id=location_id,
        returned_from=ReturnedFrom(id_of("sold"), "DN0", dated_on) if kind is SourceKind.RETURN_NOTE else None,
        state=state,
        deferred_past=deferred_past,
    )


def line(amount: int, rate: int | str = 10, order: str = "A", *, tax_included: bool = False) -> Line:
    """One piece for that much."""
    return Line(
        order_id=id_of(order),
        order_number=order,
        sku_code="TEA-1",
        product_name="煎茶",
        option="50g",
        quantity=1,
        unit_price=yen(amount),
        amount=yen(amount),
        tax_rate=Rate.of(rate),
        tax_included=tax_included,
        reduced=str(rate) == "8",
    )


def charge(amount: int, rate: int | str | None = 10, kind: str = "shipping", *, order: str = "") -> Charge:
    """A charge entered with tax; without a rate it must be payment points."""
    owner = id_of(order) if order else None
    return Charge(kind, "", yen(amount), None if rate is None else Rate.of(rate), True, owner)


def returned(
    number: str,
    customer: str = "K1",
    dated_on: date = date(2026, 6, 20),
    amounts: Mapping[int | str, int] | None = None,
) -> Billable:
    return note(number, customer, dated_on, amounts, kind=SourceKind.RETURN_NOTE)


def facts(
    *parties: Party,
    last: Mapping[tuple[str, str], date] | None = None,
    issuer: Maker | None = None,
) -> ClosingFacts:
    """Closing facts over these customers; `last` is keyed by customer code and currency."""
    return ClosingFacts(
        maker=issuer or maker(),
        parties={one.customer_id: one for one in parties},
        last_closings={(id_of(code), currency): day for (code, currency), day in (last or {}).items()},
        rules=TAXES,
    )
