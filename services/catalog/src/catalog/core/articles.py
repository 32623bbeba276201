"""Field rules of brands, products and SKUs: what a value may look like, every problem of a value at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from kernel.money import SUPPORTED
from kernel.refusal import Refusal

BRAND_CODE: Final = re.compile(r"[A-Z0-9_-]{1,20}")
ARTICLE_CODE: Final = re.compile(r"[A-Za-z0-9_-]{1,30}")
"""Must fit 商品コード of the NextEngine file (CAT-023)."""
AXIS: Final = re.compile(r"[a-z0-9_]{1,30}")
HS_CODE: Final = re.compile(r"[0-9]{6,10}")
COUNTRY: Final = re.compile(r"[A-Z]{2}")

LANGUAGES: Final = ("ja", "en", "zh")
HIGHEST_PRICE: Final = Decimal(1_000_000_000)
"""The limit of 商品価格 (CAT-050)."""

_CENT: Final = Decimal("0.01")


def bad_code(pattern: re.Pattern[str], code: str, *, path: str, allowed: str) -> Iterator[Refusal]:
    """BAD_FORMAT where a code is blank, too long or uses other characters."""
    if not pattern.fullmatch(code):
        yield Refusal("BAD_FORMAT" if code else "REQUIRED", {"expected": allowed}, path, value=code)


def bad_length(text: str, *, shortest: int, longest: int, path: str) -> Iterator[Refusal]:
    """REQUIRED or TOO_LONG where a text does not fit, counted in characters."""
    if len(text) < shortest:
        yield Refusal("REQUIRED", {}, path)
    elif len(text) > longest:
        yield Refusal("TOO_LONG", {"limit": str(longest)}, path, value=text)


def bad_names(names: Mapping[str, str], *, default_language: str, path: str = "/names") -> Iterator[Refusal]:
    """The default language is mandatory, others fall back to it (CAT-003); 255 characters each (CAT-031)."""
    if not names.get(default_language):
        yield Refusal("REQUIRED", {"language": default_language}, f"{path}/{default_language}")
    for language, name in names.items():
        if language not in LANGUAGES:
            yield Refusal("BAD_CHOICE", {"allowed": ", ".join(LANGUAGES)}, f"{path}/{language}", value=language)
        yield from bad_length(name, shortest=0, longest=255, path=f"{path}/{language}")


def bad_prices(prices: Mapping[str, Decimal], *, path: str) -> Iterator[Refusal]:
    """CURRENCY_UNSUPPORTED, OUT_OF_RANGE or TOO_MANY_DECIMALS for original prices by currency (CAT-050, GEN-001)."""
    for code, price in prices.items():
        where = f"{path}/{code}"
        if code not in SUPPORTED:
            yield Refusal("CURRENCY_UNSUPPORTED", {"currency": code}, where, value=code)
        elif not 0 <= price <= HIGHEST_PRICE:
            yield Refusal("OUT_OF_RANGE", {"range": f"0 – {HIGHEST_PRICE}"}, where, value=str(price))
        elif price % SUPPORTED[code].unit:
            decimals = str(SUPPORTED[code].minor_units)
            yield Refusal("TOO_MANY_DECIMALS", {"limit": decimals}, where, value=str(price))


def bad_percent(percent: Decimal | None, *, path: str, finest: Decimal = _CENT) -> Iterator[Refusal]:
    """OUT_OF_RANGE or TOO_MANY_DECIMALS where a rate is not 0 to 100 percent, or finer than allowed (GEN-018)."""
    if percent is None:
        return
    if not 0 <= percent <= 100:
        yield Refusal("OUT_OF_RANGE", {"range": "0 – 100"}, path, value=str(percent))
    elif percent % finest:
        yield Refusal("TOO_MANY_DECIMALS", {"limit": str(len(str(finest)) - 2)}, path, value=str(percent))
