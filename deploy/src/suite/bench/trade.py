"""A wholesaler's trade made up from a seed: the same seed and number always give the same articles, shops and orders.

It also knows what the work must come to. That arithmetic is done here in whole yen, apart from the services: prices
without tax are floored per piece, taxes once per rate and invoice, shipping fees contain their tax (GEN-003, INT-055).
"""

from __future__ import annotations

import random
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

STANDARD, REDUCED = 10, 8
"""Tax rates in percent."""

LINES_PER_ORDER = 5
_ARTICLES = 200
ORDERS_PER_CUSTOMER = 20
"""As in the closing run of the budgets: 1,000 invoices from 20,000 notes."""

_FEES = (0, 0, 660)
_RATES = (50, 55, 60, 65)
_SYLLABLES = "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜﾝ"
_SYLLABLES_PER_NAME = 4


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
    """`fee` is the shipping fee in yen, its tax of the standard rate included."""

    number: str
    shop: Shop
    lines: tuple[Line, ...]
    fee: int


@dataclass(frozen=True)
class Trade:
    """`count` orders, as a rule of five lines each: three at the standard rate and two at the reduced one."""

    seed: int
    count: int
    lines_per_order: int = LINES_PER_ORDER
    orders_per_customer: int = ORDERS_PER_CUSTOMER

    @cached_property
    def articles(self) -> tuple[Article, ...]:
        chance = self._chance("articles")
        return tuple(
            Article(f"BN-{at:04d}", chance.randrange(300, 20_000), STANDARD if at % 2 else REDUCED)
            for at in range(_ARTICLES)
        )

    @cached_property
    def shops(self) -> tuple[Shop, ...]:
        chance = self._chance("shops")
        number = max(1, -(-self.count // self.orders_per_customer))
        return tuple(Shop(f"B{at:06d}", chance.choice(_RATES), f"ﾍﾞﾝﾁ{_name(at)}") for at in range(number))

    @cached_property
    def orders(self) -> tuple[Order, ...]:
        return tuple(self._orders())

    def totals(self, orders: Sequence[Order] | None = None) -> dict[str, int]:
        """What each customer's one consolidated invoice over these orders must come to, in yen with tax."""
        by_shop: dict[str, list[Order]] = defaultdict(list)
        for order in self.orders if orders is None else orders:
            by_shop[order.shop.code].append(order)
        return {code: grand_total(theirs) for code, theirs in by_shop.items()}

    def _orders(self) -> Iterator[Order]:
        chance = self._chance("orders")
        standard = [article for article in self.articles if article.tax == STANDARD]
        reduced = [article for article in self.articles if article.tax == REDUCED]
        plain = -(-self.lines_per_order * 3 // 5)
        for at in range(self.count):
            chosen = (*chance.sample(standard, plain), *chance.sample(reduced, self.lines_per_order - plain))
            lines = tuple(Line(article, chance.randrange(1, 25)) for article in chosen)
            yield Order(f"BN{at:07d}", self.shops[at % len(self.shops)], lines, chance.choice(_FEES))

    def _chance(self, what: str) -> random.Random:
        return random.Random(f"{self.seed}/{what}")


def grand_total(orders: Sequence[Order]) -> int:
    """The total of one document over these orders of one customer: per rate, tax is floored once."""
    exclusive = {STANDARD: 0, REDUCED: 0}
    for order in orders:
        for line in order.lines:
            exclusive[line.article.tax] += order.shop.price(line.article) * line.quantity
    tax = sum(amount * rate // 100 for rate, amount in exclusive.items())
    return sum(exclusive.values()) + tax + sum(order.fee for order in orders)


def _name(number: int) -> str:
    """Four half-width syllables that no other number has."""
    name = ""
    for _ in range(_SYLLABLES_PER_NAME):
        number, at = divmod(number, len(_SYLLABLES))
        name = _SYLLABLES[at] + name
    return name
