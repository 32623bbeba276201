"""Products, SKUs and customer rates from files: one row per SKU, product columns repeated (INT-010, CAT-097)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final, TypeVar
from uuid import UUID

from catalog.core.articles import HIGHEST_PRICE
from catalog.core.brand import Brand, Tax
from catalog.core.product import SEPARATOR, Product, Sku
from catalog.core.rate import CustomerRate
from catalog.store import masters, products
from catalog.usecases import products as putting
from catalog.usecases import rates
from catalog.usecases.products import PutProduct
from catalog.usecases.rates import PutRate
from chassis.imports import Change, Column, Layout, Need, Row, code, day, decimal, percent, text, whole
from chassis.tx import Tx
from kernel.refusal import Refusal

V = TypeVar("V")

MOST_AXES_IN_A_FILE: Final = 5
HOME: Final = "JP"
_MONEY: Final = decimal(0, HIGHEST_PRICE, decimals=2)
_ARTICLE: Final = code(30, r"[A-Za-z0-9_-]+", "A-Z a-z 0-9 _ -")
_NOBODY: Final = UUID(int=0)

_AXES: Final = [
    column
    for at in range(1, MOST_AXES_IN_A_FILE + 1)
    for column in (
        Column(f"axis{at}", (f"階層{at}",), code(30), sample="color" if at == 1 else ""),
        Column(f"axis{at}_code", (f"階層{at}コード",), code(30), sample="RD" if at == 1 else ""),
        Column(f"axis{at}_ja", (f"階層{at}(日本語)",), text(100), sample="赤" if at == 1 else ""),
        Column(f"axis{at}_en", (f"階層{at}(英語)",), text(100), sample="Red" if at == 1 else ""),
    )
]

PRODUCTS: Final = Layout(
    columns=[
        Column("brand_code", ("ブランドコード",), code(20), Need.ROW, sample="KOGANE"),
        Column("model_number", ("品番",), code(30), Need.ROW, sample="AP-1001"),
        Column("product_name_ja", ("製品名", "製品名(日本語)"), text(255), Need.NEW, sample="花筏 Tシャツ"),
        Column("product_name_en", ("製品名(英語)",), text(255), sample="Hanaikada T-shirt"),
        Column("sku_template", ("SKUテンプレート",), text(100), Need.NEW, sample="color"),
        Column("sku_code", ("SKUコード", "商品コード"), _ARTICLE, Need.ROW, sample="AP-1001-RD"),
        *_AXES,
        Column("original_price", ("上代",), _MONEY, Need.NEW, sample="6200"),
        Column("currency", ("通貨",), code(3), sample="JPY"),
        Column("partition_price", ("仕切り値",), _MONEY, sample="2170"),
        Column("tax_rate", ("消費税率", "消費税率(%)"), percent(decimals=3), sample="10"),
        Column("wholesale_rate", ("卸掛率",), percent(), sample="60"),
        Column("hs_code", ("HSコード",), code(14), sample="6109.10"),
        Column("material", ("素材",), text(500), sample="綿 100%"),
        Column("country_of_origin", ("原産国",), code(2), sample="JP"),
        Column("net_weight_g", ("正味重量(g)",), whole(0, 10_000_000), sample="160"),
        Column("gross_weight_g", ("総重量(g)",), whole(0, 10_000_000), sample="200"),
        Column("planned_from", ("納期(開始)",), day),
        Column("planned_to", ("納期(終了)",), day),
    ],
    key=["sku_code"],
)

CUSTOMER_RATES: Final = Layout(
    columns=[
        Column("brand_code", ("ブランドコード",), code(20)),
        Column("model_number", ("品番",), code(30), Need.ROW, sample="AP-1001"),
        Column("customer_code", ("顧客コード", "卸先コード"), code(10), Need.ROW, sample="C000123"),
        Column("wholesale_rate", ("卸掛率", "掛率"), percent(), sample="55"),
    ],
    key=["brand_code", "model_number", "customer_code"],
)

_COLUMNS: Final = {
    "/brand": "brand_code",
    "/brand_id": "brand_code",
    "/model_number": "model_number",
    "/names/ja": "product_name_ja",
    "/names/en": "product_name_en",
    "/axes": "sku_template",
    "/prices": "original_price",
    "/wholesale_rate": "wholesale_rate",
    "/hs_code": "hs_code",
    "/material": "material",
    "/country_of_origin": "country_of_origin",
    "/net_weight_g": "net_weight_g",
    "/gross_weight_g": "gross_weight_g",
    "/planned_to": "planned_to",
    "/taxes": "tax_rate",
    "/customer_code": "customer_code",
}
_PRODUCT_COLUMNS: Final = (
    "product_name_ja", "product_name_en", "sku_template", "currency", "tax_rate", "wholesale_rate", "hs_code",
    "material", "country_of_origin", "planned_from", "planned_to",
)  # fmt: skip
"""What the rows of one product must agree on; prices and weights may differ and are then the SKU's own (CAT-050)."""


@dataclass(slots=True)
class _Group:
    """The rows of one product, in file order."""

    rows: list[Row] = field(default_factory=list)
    at: list[int] = field(default_factory=list)

    @property
    def first(self) -> Row:
        return self.rows[0]


@dataclass(frozen=True, slots=True)
class _Facts:
    brands: Mapping[str, Brand]
    taxes: Sequence[Tax]
    preferences: masters.Preferences
    before: Mapping[tuple[str, str], Product]


Outcome = Change | Refusal | Sequence[Refusal]


async def import_products(tx: Tx, rows: Sequence[Row]) -> Sequence[Outcome]:
    """One outcome per row; a wrong row refuses all rows of its product."""
    groups = _grouped(rows)
    facts = await _facts(tx, groups)
    outcomes: list[Outcome] = [()] * len(rows)
    commands: dict[tuple[str, str], PutProduct] = {}
    for key, group in groups.items():
        wrong = _lacking(group, facts.before.get(key)) or _disagreeing(group)
        command = wrong or _command(group, facts, facts.before.get(key))
        if isinstance(command, PutProduct):
            commands[key] = command
        else:
            _refuse(outcomes, group, command)
    for key, done in zip(commands, await putting.put(tx, list(commands.values())), strict=True):
        _settle(outcomes, groups[key], done, facts.before.get(key))
    return outcomes


async def import_customer_rates(tx: Tx, rows: Sequence[Row]) -> Sequence[Outcome]:
    """One outcome per row. A blank or `#CLEAR` rate takes the rate away."""
    commands = [
        PutRate(
            wholesale_rate=row.value("wholesale_rate", keep=None, empty=None),
            brand=row.value("brand_code", keep=None, empty=None),
            model_number=row.value("model_number", keep="", empty=""),
            customer_code=row.value("customer_code", keep="", empty=""),
        )
        for row in rows
    ]
    done = await rates.put(tx, commands)
    return [_rate_outcome(row, one) for row, one in zip(rows, done, strict=True)]


def _rate_outcome(row: Row, done: CustomerRate | Refusal | tuple[Refusal, ...]) -> Outcome:
    if isinstance(done, CustomerRate):
        return Change.NEW if done.version <= 1 else Change.CHANGED
    return [_placed(row, refusal) for refusal in ([done] if isinstance(done, Refusal) else done)]


def _grouped(rows: Sequence[Row]) -> dict[tuple[str, str], _Group]:
    groups: dict[tuple[str, str], _Group] = {}
    for at, row in enumerate(rows):
        key = (row.value("brand_code", keep="", empty=""), row.value("model_number", keep="", empty=""))
        group = groups.setdefault(key, _Group())
        group.rows.append(row)
        group.at.append(at)
    return groups


async def _facts(tx: Tx, groups: Mapping[tuple[str, str], _Group]) -> _Facts:
    brands = {brand.code: brand for brand in await masters.brands(tx)}
    ids = await products.ids_by_model_number(tx, {model for _, model in groups})
    loaded = await products.load_products(tx, set(ids.values()))
    codes = {brand.brand_id: code for code, brand in brands.items()}
    return _Facts(
        brands=brands,
        taxes=[tax for tax in await masters.taxes(tx) if tax.active and tax.country == HOME],
        preferences=await masters.preferences(tx),
        before={(codes[brand_id], model): loaded[found] for (brand_id, model), found in ids.items()},
    )


def _lacking(group: _Group, before: Product | None) -> list[Refusal]:
    if before is not None:
        return []
    return [problem for row in group.rows for problem in PRODUCTS.lacking(row)]


def _disagreeing(group: _Group) -> list[Refusal]:
    return [
        row.refusal("PRODUCT_ROWS_DIFFER", name, first_row=str(group.first.number))
        for row in group.rows[1:]
        for name in _PRODUCT_COLUMNS
        if row.values.get(name) != group.first.values.get(name)
    ]


def _command(group: _Group, facts: _Facts, before: Product | None) -> PutProduct | list[Refusal]:
    row, present = group.first, before or _new_product()
    axes = tuple(row.value("sku_template", keep=SEPARATOR.join(present.axes), empty="").split(SEPARATOR))
    taxes, wrong = _taxes(row, facts, present)
    skus = [_sku(each, axes, before) for each in group.rows]
    wrong += [problem for problem in skus if isinstance(problem, Refusal)]
    if wrong:
        return wrong
    draft = _draft(row, facts, present)
    named = [sku for sku in skus if isinstance(sku, Sku)]
    return PutProduct(
        draft=replace(draft, axes=axes, skus=tuple(_own_prices(named, draft))),
        brand_code=row.value("brand_code", keep="", empty=""),
        taxes=taxes,
        upsert=True,
        labels=[label for each in group.rows for label in _labels(each, axes)],
    )


def _new_product() -> Product:
    return Product(_NOBODY, _NOBODY, "", {}, ())


def _draft(row: Row, facts: _Facts, present: Product) -> Product:
    currency = row.value("currency", keep="JPY", empty="JPY")
    price = row.value("original_price", keep=present.prices.get(currency), empty=None)
    names = {
        "ja": row.value("product_name_ja", keep=present.names.get("ja", ""), empty=""),
        "en": row.value("product_name_en", keep=present.names.get("en", ""), empty=""),
    }
    return replace(
        present,
        model_number=row.value("model_number", keep=present.model_number, empty=""),
        names={**present.names, **{language: name for language, name in names.items() if name}},
        prices={**present.prices, **({} if price is None else {currency: price})},
        wholesale_rate=row.value("wholesale_rate", keep=present.wholesale_rate, empty=None),
        partition_price=row.value("partition_price", keep=present.partition_price, empty=None),
        hs_code=row.value("hs_code", keep=present.hs_code, empty=""),
        material=row.value("material", keep=present.material, empty=""),
        country_of_origin=row.value("country_of_origin", keep=present.country_of_origin, empty=""),
        net_weight_g=row.value("net_weight_g", keep=present.net_weight_g, empty=None),
        gross_weight_g=row.value("gross_weight_g", keep=present.gross_weight_g, empty=None),
        planned_from=row.value("planned_from", keep=present.planned_from, empty=None),
        planned_to=row.value("planned_to", keep=present.planned_to, empty=None),
    )


def _taxes(row: Row, facts: _Facts, present: Product) -> tuple[dict[str, str], list[Refusal]]:
    """Tax codes by country: those of the product, and the one of the file's rate at home."""
    codes = {tax.tax_id: tax.code for tax in facts.taxes}
    kept = {country: codes[tax] for country, tax in present.taxes.items() if tax in codes}
    rate: Decimal | None = row.value("tax_rate", keep=None, empty=None)
    if rate is None:
        return kept, []
    found = next((tax.code for tax in facts.taxes if tax.rate == rate), None)
    if found is None:
        return kept, [row.refusal("BAD_TAX_RATE", "tax_rate", rate=format(rate, "f"))]
    return {**kept, HOME: found}, []


def _sku(row: Row, axes: Sequence[str], before: Product | None) -> Sku | Refusal:
    sku_code = row.value("sku_code", keep="", empty="")
    known = {sku.code.upper(): sku for sku in before.skus} if before else {}
    present = known.get(sku_code.upper())
    given = [(row.value(f"axis{at}", keep="", empty=""), at) for at in range(1, MOST_AXES_IN_A_FILE + 1)]
    values = {axis: row.value(f"axis{at}_code", keep="", empty="") for axis, at in given if axis}
    if not values and present is not None:
        return present
    if set(values) != set(axes) or not all(values.values()):
        shown = {"axes": SEPARATOR.join(axes), "values": SEPARATOR.join(f"{a}={v}" for a, v in values.items()) or "-"}
        return row.refusal("AXIS_VALUES", "sku_template", **shown)
    currency = row.value("currency", keep="JPY", empty="JPY")
    price: Decimal | None = row.value("original_price", keep=None, empty=None)
    prices = {**(present.prices if present else {}), **({} if price is None else {currency: price})}
    base = present or Sku(_NOBODY, sku_code, ())
    return replace(
        base,
        values=tuple(values[axis] for axis in axes),
        prices=prices,
        partition_price=row.value("partition_price", keep=base.partition_price, empty=None),
        net_weight_g=row.value("net_weight_g", keep=base.net_weight_g, empty=None),
        gross_weight_g=row.value("gross_weight_g", keep=base.gross_weight_g, empty=None),
    )


def _own_prices(skus: Sequence[Sku], product: Product) -> list[Sku]:
    """Only what differs from the product is the SKU's own."""
    return [
        replace(
            sku,
            prices={currency: price for currency, price in sku.prices.items() if product.prices.get(currency) != price},
            partition_price=None if sku.partition_price == product.partition_price else sku.partition_price,
            net_weight_g=None if sku.net_weight_g == product.net_weight_g else sku.net_weight_g,
            gross_weight_g=None if sku.gross_weight_g == product.gross_weight_g else sku.gross_weight_g,
        )
        for sku in skus
    ]


def _labels(row: Row, axes: Sequence[str]) -> list[tuple[str, str, Mapping[str, str]]]:
    labels: list[tuple[str, str, Mapping[str, str]]] = []
    for at in range(1, MOST_AXES_IN_A_FILE + 1):
        axis, value = row.value(f"axis{at}", keep="", empty=""), row.value(f"axis{at}_code", keep="", empty="")
        texts = {lang: row.value(f"axis{at}_{lang}", keep="", empty="") for lang in ("ja", "en")}
        if axis in axes and value and any(texts.values()):
            labels.append((axis, value, {language: name for language, name in texts.items() if name}))
    return labels


def _refuse(outcomes: list[Outcome], group: _Group, problems: Sequence[Refusal]) -> None:
    """Each row gets its own problems; the product's other rows say whose fault it is."""
    by_row = {row.number: [one for one in problems if one.row == row.number] for row in group.rows}
    guilty = next(number for number, own in by_row.items() if own)
    for row, at in zip(group.rows, group.at, strict=True):
        blamed = row.refusal("PRODUCT_REFUSED", "model_number", row=str(guilty))
        outcomes[at] = by_row[row.number] or [blamed]


def _settle(
    outcomes: list[Outcome],
    group: _Group,
    done: Product | Refusal | tuple[Refusal, ...],
    before: Product | None,
) -> None:
    if not isinstance(done, Product):
        problems = [done] if isinstance(done, Refusal) else list(done)
        _refuse(outcomes, group, [_placed(_row_of(group, problem), problem) for problem in problems])
        return
    known = {sku.code.upper() for sku in before.skus} if before else set[str]()
    for row, at in zip(group.rows, group.at, strict=True):
        is_new = row.value("sku_code", keep="", empty="").upper() not in known
        changed = before is None or done.version != before.version
        outcomes[at] = Change.NEW if is_new else Change.CHANGED if changed else Change.UNCHANGED


def _row_of(group: _Group, problem: Refusal) -> Row:
    """The row a problem of `/skus/<n>/…` is about; all else is said at the product's first row."""
    parts = (problem.field or "").split("/")
    named = {sku.value("sku_code", keep="", empty=""): sku for sku in group.rows}
    if len(parts) > 2 and parts[1] == "skus" and problem.value in named:
        return named[problem.value]
    return group.first


def _placed(row: Row, problem: Refusal) -> Refusal:
    path = problem.field or ""
    column = "sku_code" if path.startswith("/skus/") else _COLUMNS.get(path) or _COLUMNS.get(path.rpartition("/")[0])
    return replace(row.refusal(problem.code, column), facts=problem.facts)
