"""What makes a product fit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.core.product import Product, ProductState, Sku, Surroundings, archive, price_of, problems
from kernel.refusal import Refusal

AROUND = Surroundings(
    brand_has_catalog=True, default_language="ja", currencies=frozenset({"JPY"}), taxes=frozenset({UUID(int=10)})
)
SKU = Sku(UUID(int=2), "AP-1-RD", ("RD",))
PRODUCT = Product(
    product_id=UUID(int=1),
    brand_id=UUID(int=3),
    model_number="AP-1",
    names={"ja": "シャツ"},
    axes=("color",),
    prices={"JPY": Decimal(6200)},
    taxes={"JP": UUID(int=10)},
    skus=(SKU,),
)


def codes(product: Product, around: Surroundings = AROUND, *, before: Product | None = None) -> list[str]:
    return [refusal.code for refusal in problems(product, around, before=before)]


def test_a_product_that_fits_has_no_problems() -> None:
    assert codes(PRODUCT) == []


@pytest.mark.req("CAT-032")
def test_a_first_save_needs_a_web_catalog_of_the_brand_a_later_one_does_not() -> None:
    bare = replace(AROUND, brand_has_catalog=False)
    assert codes(PRODUCT, bare) == ["CATALOG_REQUIRED"]
    assert codes(PRODUCT, bare, before=PRODUCT) == []


@pytest.mark.req("CAT-020")
@pytest.mark.parametrize(("axes", "expected"), [(10, []), (11, ["TOO_MANY_AXES"])])
def test_a_template_has_at_most_ten_axes(axes: int, expected: list[str]) -> None:
    names = tuple(f"axis{at}" for at in range(axes))
    deep = replace(PRODUCT, axes=names, skus=(replace(SKU, values=("X",) * axes),))
    assert codes(deep) == expected


@pytest.mark.req("CAT-022")
def test_a_combination_stands_once() -> None:
    twice = replace(PRODUCT, skus=(SKU, replace(SKU, sku_id=UUID(int=9), code="AP-1-R2")))
    assert codes(twice) == ["DUPLICATE_SKU"]


@pytest.mark.req("CAT-023")
@pytest.mark.parametrize("code", ["A" * 30, "a-b_c", "0"])
def test_a_good_sku_code_passes(code: str) -> None:
    assert codes(replace(PRODUCT, skus=(replace(SKU, code=code),))) == []


@pytest.mark.req("CAT-023")
@pytest.mark.parametrize(("code", "expected"), [("A" * 31, "BAD_FORMAT"), ("ＡＰ", "BAD_FORMAT"), ("", "REQUIRED")])
def test_a_sku_code_that_does_not_fit_the_order_file_is_refused(code: str, expected: str) -> None:
    assert codes(replace(PRODUCT, skus=(replace(SKU, code=code),))) == [expected]


@pytest.mark.req("CAT-023")
def test_sku_codes_are_one_ignoring_case() -> None:
    around = replace(AROUND, taken_sku_codes=frozenset({"AP-1-RD"}))
    assert codes(replace(PRODUCT, skus=(replace(SKU, code="ap-1-rd"),)), around) == ["SKU_CODE_TAKEN"]


@pytest.mark.req("CAT-024")
def test_the_template_is_fixed_once_there_are_skus() -> None:
    other = replace(PRODUCT, axes=("size",))
    assert codes(other, before=PRODUCT) == ["TEMPLATE_IN_USE"]
    assert codes(other, before=replace(PRODUCT, skus=())) == []


@pytest.mark.req("CAT-003")
def test_the_default_language_is_mandatory_others_are_not() -> None:
    assert codes(replace(PRODUCT, names={"en": "shirt"})) == ["REQUIRED"]


@pytest.mark.req("CAT-031")
@pytest.mark.parametrize(("length", "expected"), [(255, []), (256, ["TOO_LONG"])])
def test_a_name_fits_the_order_file(length: int, expected: list[str]) -> None:
    assert codes(replace(PRODUCT, names={"ja": "あ" * length})) == expected


@pytest.mark.req("CAT-050", "GEN-001")
@pytest.mark.parametrize(
    ("price", "expected"),
    [
        ("0", []),
        ("1000000000", []),
        ("1000000001", ["OUT_OF_RANGE"]),
        ("-1", ["OUT_OF_RANGE"]),
        ("0.5", ["TOO_MANY_DECIMALS"]),
    ],
)
def test_an_original_price_is_whole_yen_up_to_a_billion(price: str, expected: list[str]) -> None:
    assert codes(replace(PRODUCT, prices={"JPY": Decimal(price)})) == expected


@pytest.mark.req("CAT-004", "CAT-005")
def test_a_currency_must_be_supported_and_enabled() -> None:
    assert codes(replace(PRODUCT, prices={"USD": Decimal("1.25")})) == ["CURRENCY_NOT_ENABLED"]
    assert "CURRENCY_UNSUPPORTED" in codes(replace(PRODUCT, prices={"XAU": Decimal(1)}))


@pytest.mark.req("GEN-018")
@pytest.mark.parametrize(
    ("rate", "expected"), [("62.55", []), ("62.555", ["TOO_MANY_DECIMALS"]), ("100.01", ["OUT_OF_RANGE"])]
)
def test_a_rate_is_a_percentage_with_two_decimals(rate: str, expected: list[str]) -> None:
    assert codes(replace(PRODUCT, wholesale_rate=Decimal(rate))) == expected


@pytest.mark.req("CAT-036")
@pytest.mark.parametrize(("code", "expected"), [("6109.10", []), ("610910", []), ("61091", ["HS_CODE"]), ("", [])])
def test_an_hs_code_has_six_to_ten_digits_dots_ignored(code: str, expected: list[str]) -> None:
    assert codes(replace(PRODUCT, hs_code=code)) == expected


@pytest.mark.req("CAT-050", "CAT-055")
def test_an_skus_own_price_wins_and_without_any_there_is_none() -> None:
    own = replace(SKU, prices={"JPY": Decimal(7000)})
    assert price_of(PRODUCT, own, "JPY") == Decimal(7000)
    assert price_of(PRODUCT, SKU, "JPY") == Decimal(6200)
    assert price_of(PRODUCT, SKU, "USD") is None


@pytest.mark.req("CAT-033")
def test_a_product_in_a_catalog_is_not_archived_and_the_catalogs_are_named() -> None:
    refused = archive(PRODUCT, catalogs=("MAIN", "SALE"))
    assert refused == Refusal("PRODUCT_IN_CATALOG", {"catalogs": "MAIN, SALE"})
    done = archive(PRODUCT, catalogs=())
    assert isinstance(done, Product)
    assert done.state is ProductState.ARCHIVED


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.sampled_from("123")), min_size=1, max_size=9))
@pytest.mark.req("CAT-022")
def test_exactly_the_repeated_combinations_are_refused(values: list[tuple[str, str]]) -> None:
    skus = tuple(Sku(UUID(int=at), f"S{at}", value) for at, value in enumerate(values))
    found = codes(replace(PRODUCT, axes=("color", "size"), skus=skus))
    assert found == ["DUPLICATE_SKU"] * (len(values) - len(set(values)))
