"""Web catalogs open, close and show."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from catalog.core.brand import Tax, tax_problems
from catalog.core.web_catalog import (
    TRANSITIONS,
    AddProducts,
    CatalogState,
    Invite,
    Move,
    RemoveProducts,
    WebCatalog,
    decide,
)
from kernel.refusal import Refusal

CATALOG = WebCatalog(UUID(int=1), UUID(int=2), "MAIN", {"ja": "カタログ"})
ONE, TWO = UUID(int=11), UUID(int=12)


@pytest.mark.req("CAT-075")
@pytest.mark.parametrize("state", list(CatalogState))
@pytest.mark.parametrize("deed", ["open", "close", "archive", "burn"])
def test_only_what_the_table_says_may_be_done(state: CatalogState, deed: str) -> None:
    outcome = decide(WebCatalog(UUID(int=1), UUID(int=2), "M", {"ja": "x"}, state), Move(deed))
    wanted = TRANSITIONS.get((state, deed))
    if wanted is None:
        assert isinstance(outcome, Refusal)
        assert outcome.facts["state"] == state
    else:
        assert isinstance(outcome, WebCatalog)
        assert outcome.state is wanted


@pytest.mark.req("CAT-038")
def test_only_active_products_of_the_brand_are_added() -> None:
    refused = decide(CATALOG, AddProducts(frozenset({ONE, TWO})), orderable=frozenset({ONE}))
    assert isinstance(refused, Refusal)
    assert refused.facts == {"products": str(TWO)}


@pytest.mark.req("CAT-077")
def test_removing_a_product_is_always_allowed() -> None:
    assert decide(CATALOG, RemoveProducts(frozenset({ONE}))) == CATALOG


@pytest.mark.req("CAT-071")
def test_only_invited_customers_stand_in_the_catalog() -> None:
    invited = decide(CATALOG, Invite(frozenset({ONE})))
    assert isinstance(invited, WebCatalog)
    assert invited.customers == {ONE}


@pytest.mark.req("CAT-010")
def test_a_tax_keeps_its_name_and_code_to_itself() -> None:
    first = Tax(UUID(int=1), "T10", "消費税", Decimal(10), standard=True)
    again = Tax(UUID(int=2), "T10", "消費税", Decimal("8.5"), standard=True)
    found = [refusal.code for refusal in tax_problems(again, others=(first,))]
    assert found == ["CODE_TAKEN", "NAME_TAKEN", "STANDARD_TAX_TAKEN"]


class Catalog(RuleBasedStateMachine):
    """However it is moved, an archived catalog stays archived and nothing is lost from it."""

    def __init__(self) -> None:
        super().__init__()
        self.catalog = CATALOG
        self.archived = False

    def _do(self, outcome: WebCatalog | Refusal) -> None:
        if isinstance(outcome, WebCatalog):
            self.catalog = outcome
        self.archived |= self.catalog.state is CatalogState.ARCHIVED

    @rule()
    def open(self) -> None:
        self._do(decide(self.catalog, Move("open")))

    @rule()
    def close(self) -> None:
        self._do(decide(self.catalog, Move("close")))

    @rule()
    def archive(self) -> None:
        self._do(decide(self.catalog, Move("archive")))

    @rule()
    def add(self) -> None:
        self._do(decide(self.catalog, AddProducts(frozenset({ONE})), orderable=frozenset({ONE})))

    @invariant()
    def archived_is_final(self) -> None:
        assert not self.archived or self.catalog.state is CatalogState.ARCHIVED


TestCatalog = Catalog.TestCase
