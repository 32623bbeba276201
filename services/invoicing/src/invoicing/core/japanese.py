"""How dates, amounts and rates look on Japanese business paper."""

from __future__ import annotations

from datetime import date
from typing import Final

from kernel.calendar import Period
from kernel.money import JPY, Money, Rate, Rounding

NEGATIVE: Final = "▲"
REDUCED: Final = "※"

ROUNDINGS: Final = {Rounding.FLOOR: "切捨て", Rounding.HALF_UP: "四捨五入", Rounding.CEIL: "切上げ"}
ACCOUNT_TYPES: Final = {"1": "普通", "2": "当座", "4": "貯蓄"}
CHARGE_NAMES: Final = {
    "shipping": "発送料",
    "fee": "手数料",
    "other_cost": "その他費用",
    "coupon": "クーポン割引",
    "points": "ポイント利用",
    "payment_points": "支払ポイント",
}
"""What a charge is called when the order gave it no name."""


def day(when: date) -> str:
    """2026年6月10日"""
    return f"{when.year}年{when.month}月{when.day}日"


def period(span: Period) -> str:
    """2026年5月11日～2026年6月10日"""
    return day(span.first) if span.first == span.last else f"{day(span.first)}～{day(span.last)}"


def figure(amount: Money) -> str:
    """1,000, or ▲1,000 below zero; as many decimals as the currency has."""
    digits = f"{abs(amount.amount):,.{amount.currency.minor_units}f}"
    return f"{NEGATIVE}{digits}" if amount.is_negative else digits


def price(amount: Money) -> str:
    """The figure with its currency: ¥1,000 or USD 1,000.00."""
    return f"¥{figure(amount)}" if amount.currency == JPY else f"{amount.currency.code} {figure(amount)}"


def count(quantity: int) -> str:
    """A quantity; returned ones are negative."""
    return f"{NEGATIVE}{-quantity:,}" if quantity < 0 else f"{quantity:,}"


def rate(percent: Rate, *, reduced: bool, tax_included: bool) -> str:
    """10%, ※8% at the reduced rate, 10%込 for an amount with tax."""
    return f"{REDUCED if reduced else ''}{percent}%{'込' if tax_included else ''}"
