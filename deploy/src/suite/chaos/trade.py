"""What the clients want: shops, articles and orders made up from a seed, and what the work must come to.

The arithmetic is the harness's own, in whole yen and apart from the services: a price without tax is floored per piece
(CAT-051), tax is floored once per rate and invoice, shipping fees contain their tax (GEN-003, INT-055).
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

STANDARD, REDUCED = 10, 8
"""Tax rates in percent."""

HELD_PREFIX = "HELD-"
"""Orders with such a number meet a planted defect: their confirmation fails in fulfillment until it is repaired."""

_ARTICLES = 40
_ORDERS_PER_SHOP = 6
_ORDERS_PER_ROUND = 40
_HELD_SHARE = 12
_FEES = (0, 0, 660)
_RATES = (50, 55, 60, 65)
_SYLLABLES = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝ"


@dataclass(frozen=True, slots=True)
class Article:
    """An SKU: original price in yen without tax, tax rate in percent."""

    code: str
    price: int
    tax: int


@dataclass(frozen=True, slots=True)
class Shop:
    """A customer: wholesale rate in percent, and the name under which its bank sends money."""

    code: str
    rate: int
    payer: str

    @property
    def kana(self) -> str:
        """The payer's name in full-width kana."""
        return unicodedata.normalize("NFKC", self.payer)

    def price(self, article: Article) -> int:
        """Wholesale price of one piece in yen, floored (CAT-051)."""
        return article.price * self.rate // 100


@dataclass(frozen=True, slots=True)
class Line:
    article: Article
    quantity: int


@dataclass(frozen=True, slots=True)
class Order:
    """`ref` is the client's own name for it, sent as the purchase order number; `fee` in yen with its tax."""

    ref: str
    shop: Shop
    lines: tuple[Line, ...]
    fee: int
    round: int
    held: bool = False

    @property
    def number(self) -> str | None:
        """Only held orders ask for a number of their own; the system numbers the others."""
        return f"{HELD_PREFIX}{self.ref}" if self.held else None

    def pieces(self) -> dict[str, int]:
        """Quantity by SKU code."""
        return {line.article.code: line.quantity for line in self.lines}


@dataclass(frozen=True, slots=True)
class Days:
    """The business days of one round: a month of the past, so that no clock makes them days to come."""

    ordered: date
    delivered: date
    closed: date
    paid: date


def days_of(round_: int) -> Days:
    """Rounds are consecutive months from June 2024."""
    month = date(2024 + (5 + round_) // 12, (5 + round_) % 12 + 1, 1)
    following = (month + timedelta(days=32)).replace(day=1)
    return Days(month + timedelta(days=2), month + timedelta(days=9), following - timedelta(days=1), following)


@dataclass(frozen=True)
class Trade:
    """`count` orders; every twelfth meets the planted defect. The same seed and count always give the same trade."""

    seed: int
    count: int

    @cached_property
    def articles(self) -> tuple[Article, ...]:
        chance = self._chance("articles")
        return tuple(
            Article(f"CH-{at:04d}", chance.randrange(300, 20_000), STANDARD if at % 2 else REDUCED)
            for at in range(_ARTICLES)
        )

    @cached_property
    def shops(self) -> tuple[Shop, ...]:
        chance = self._chance("shops")
        number = max(2, -(-self.count // _ORDERS_PER_SHOP))
        return tuple(Shop(f"C{at:05d}", chance.choice(_RATES), f"ｶｵｽ{_name(at)}") for at in range(number))

    @cached_property
    def orders(self) -> tuple[Order, ...]:
        chance = self._chance("orders")
        return tuple(self._order(at, chance) for at in range(self.count))

    @property
    def rounds(self) -> int:
        """Closing rounds of the load; one more follows for what was held."""
        return max(3, min(10, -(-self.count // _ORDERS_PER_ROUND)))

    def by_ref(self) -> dict[str, Order]:
        return {order.ref: order for order in self.orders}

    def _order(self, at: int, chance: random.Random) -> Order:
        lines = tuple(Line(article, chance.randrange(1, 25)) for article in chance.sample(self.articles, 4))
        held = at % _HELD_SHARE == _HELD_SHARE // 2
        in_round = self.rounds if held else at * self.rounds // self.count
        return Order(f"R{at:05d}", chance.choice(self.shops), lines, chance.choice(_FEES), in_round, held)

    def _chance(self, what: str) -> random.Random:
        return random.Random(f"{self.seed}/{what}")


def grand_total(orders: Iterable[Order]) -> int:
    """The total of one invoice over these orders of one bill-to, in yen: per rate, tax is floored once."""
    exclusive = {STANDARD: 0, REDUCED: 0}
    fees = 0
    for order in orders:
        fees += order.fee
        for line in order.lines:
            exclusive[line.article.tax] += order.shop.price(line.article) * line.quantity
    return sum(exclusive.values()) + sum(amount * rate // 100 for rate, amount in exclusive.items()) + fees


def _name(number: int) -> str:
    """Three half-width syllables that no other number has."""
    name = ""
    for _ in range(3):
        number, at = divmod(number, len(_SYLLABLES))
        name = _SYLLABLES[at] + name
    return name
