"""Step 1: the maker with its settings, brands, taxes and catalogs; products, customers, terms, delegations, rates."""

from __future__ import annotations

import secrets
from collections import Counter

from suite.demo.client import ApiRefused, Json
from suite.demo.compare import Step
from suite.demo.story import Story

_MOST_ROWS_TOLD = 50
_SETTINGS = (
    "time_zone",
    "languages",
    "default_language",
    "currencies",
    "default_currency",
    "price_rounding",
    "price_tax_mode",
    "unshipped_creation",
    "bill_from",
    "strict_import",
    "auto_confirm_matches",
    "customer_prefix",
)
"""What a maker.json may say; what it leaves out stays as the suite has it."""


def masters(story: Story) -> list[Step]:
    step = story.begin("1_masters")
    _make_maker(story)
    _settle_in(story)
    story.quiet()
    story.tell("products, customers, delegations and rates from their files")
    _import(story, step, "/v1/product-imports", "products.csv")
    _import(story, step, "/v1/customer-imports", "customers.csv")
    _import(story, step, "/v1/delegation-imports", "delegations.csv")
    story.quiet()
    _import(story, step, "/v1/customer-rate-imports", "product_customer_rates.csv")
    story.quiet()
    _compare(story, step)
    return [step]


def _make_maker(story: Story) -> None:
    """The operator makes the maker; everything after that is done by its owner."""
    run = secrets.token_hex(4)
    password = secrets.token_urlsafe(12)
    email = f"owner-{run}@oroshi-demo.example"
    story.tell(f"maker {story.data.maker['maker_name']}")
    made = story.operator.post(
        "/v1/makers",
        {
            "reference": f"demo-{run}",
            "name": story.data.maker["maker_name"],
            "owner": {"email": email, "name": "Demo", "password": password},
        },
    )
    story.maker_id, story.owner_email = made["maker_id"], email
    story.owner_password = password
    story.maker = story.operator.log_in(email, password)
    story.quiet()


def _settle_in(story: Story) -> None:
    """Settings, locations, bank accounts, brands, taxes, web catalogs: as maker.json says."""
    maker, api = story.data.maker, story.maker
    settings = {name: maker[name] for name in _SETTINGS if name in maker}
    if "bank_fee_tolerance" in maker:
        settings["bank_fee_tolerance"] = str(maker["bank_fee_tolerance"])
    api.patch(f"/v1/makers/{story.maker_id}", settings)
    for location in maker["locations"]:
        api.post("/v1/locations", _location(location))
    for account in maker["bank_accounts"]:
        api.post("/v1/bank-accounts", _bank_account(account))
    story.quiet()
    for brand in maker["brands"]:
        api.post("/v1/brands", {"code": brand["code"], "names": _names(brand)})
    for tax in maker["taxes"]:
        api.post("/v1/taxes", tax)
    for catalog in maker["web_catalogs"]:
        names = {"names": _names(catalog), "brand": catalog["brand"], "code": catalog["code"]}
        api.post("/v1/web-catalogs", {**names, "opened": True})


def _names(entry: Json) -> Json:
    return {language: entry[f"name_{language}"] for language in ("ja", "en", "zh") if entry.get(f"name_{language}")}


def _location(entry: Json) -> Json:
    address = _given(entry, "postal_code", "address1", "address2", "phone")
    return {**_given(entry, "code", "name", "registration_number"), "address": address}


def _bank_account(entry: Json) -> Json:
    same = ("code", "bank_code", "bank_name", "branch_code", "branch_name", "number", "holder_kana", "currency")
    return {**_given(entry, *same), "kind": entry.get("type", "ordinary")}


def _given(entry: Json, *names: str) -> Json:
    return {name: entry[name] for name in names if entry.get(name) is not None}


def _import(story: Story, step: Step, path: str, name: str) -> None:
    """A file without rows is nothing to import; every row that is refused is a difference."""
    if not story.data.has_rows(name):
        return
    try:
        report = story.maker.upload(path, name, story.data.bytes(name))
    except ApiRefused as refused:
        errors = refused.problem.get("errors", [])[:_MOST_ROWS_TOLD]
        for error in errors:
            place = f"{name} row {error.get('row')}, column {error.get('header') or error.get('column')}"
            step.check(place, "accepted", f"{error['code']} “{error.get('value', '')}”: {error['detail']}")
        if not errors:
            raise
    else:
        step.check(f"{name}.errors", 0, report["error_count"])


def _compare(story: Story, step: Step) -> None:
    api = story.maker
    customers = list(api.all("/v1/customers"))
    story.customers = {customer["code"]: customer["customer_id"] for customer in customers}
    delegations = [one for one in api.all("/v1/billing-delegations") if one["delegatee_id"]]
    to = Counter(one["delegatee_code"] for one in delegations)
    billed = {one["delegator_code"]: one["delegatee_code"] for one in delegations}
    for code, fields in story.data.expected["master_fields"].items():
        if "bill_to" in fields and code in story.customers:
            step.check(f"master_fields.{code}.bill_to", fields["bill_to"], billed.get(code, code))
    step.actual = {
        "brands": len(list(api.all("/v1/brands"))),
        "products": len(list(api.all("/v1/products"))),
        "skus": len(list(api.all("/v1/skus"))),
        "customers": len(customers),
        "delegatees": len(to),
        "delegators": len(delegations),
        "self_billing": len(customers) - len(to) - len(delegations),
        "product_customer_rates": len(list(api.all("/v1/customer-rates"))),
        "customers_on_hold": sorted(customer["code"] for customer in customers if customer["on_hold"]),
    }
    wanted = {**step.expected, **_sorted_lists(step.expected)}
    wanted.pop("customers_over_limit", None)  # shows with their orders, in step 2
    step.check("masters", wanted, step.actual)


def _sorted_lists(expected: Json) -> Json:
    return {name: sorted(value) for name, value in expected.items() if isinstance(value, list)}
