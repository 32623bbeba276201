"""Step 6: bank files in, decisions compared, a person's resolutions carried out, balances to the yen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from suite.demo.client import ApiRefused, Json
from suite.demo.compare import Step, figure, total
from suite.demo.story import Story

FILES = ("zengin_transfers.txt", "zengin_transfers_2.txt")
AGAIN = "zengin_transfers.txt (imported again)"
_OVERDUE = "overdue_at_"
_Key = tuple[str, str, int | str]
"""Day, inquiry number and amount: what the bank says of a transfer."""


def bank(story: Story) -> list[Step]:
    step = story.begin("6_bank")
    step.actual = {"files": {}, "decisions": Counter(), "decided_otherwise": False}
    lines: dict[str, Json] = {}
    for at, name in enumerate(FILES, start=1):
        story.tell(f"import {name}, resolve its lines")
        _import(story, step, name, name)
        _compare_decisions(story, step, name, _by_key(story), lines)
        _resolve(story, step, name, lines)
        story.quiet()
        _compare_lines(story, step, name, lines)
        _compare_balances(story, step, at)
    story.tell(f"import {FILES[0]} again")
    _import(story, step, FILES[0], AGAIN)
    step.actual["decisions"] = dict(step.actual["decisions"])
    _compare_end(story, step)
    return [step]


def _import(story: Story, step: Step, name: str, label: str) -> None:
    seen = _imported(story, name)
    step.actual["files"][label] = seen
    for place, files in (("files", step.expected["files"]), ("files (lines)", story.data.expected_bank.get("files", {}))):
        step.check(f"{place}.{label}", files.get(label, seen), seen)


def _imported(story: Story, name: str) -> Json:
    """What the report says; a file without transfers is refused as empty, which is to say that it brought none."""
    try:
        report = story.maker.upload("/v1/bank-files", name, story.data.bytes(name), _account(story))
    except ApiRefused as refused:
        if refused.code != "EMPTY_FILE":
            raise
        return {"lines": 0, "total": 0, "new": 0, "duplicates": 0}
    counts = report["counts"]
    return {"total": figure(report["total"]), **{word: counts[word] for word in ("lines", "new", "duplicates")}}


def _account(story: Story) -> dict[str, str]:
    """The account of a maker that has only one; of several the file itself names one."""
    accounts = story.data.maker["bank_accounts"]
    return {"bank_account_code": accounts[0]["code"]} if len(accounts) == 1 else {}


def _by_key(story: Story) -> dict[_Key, Json]:
    """All bank lines by what the bank says of them."""
    return {
        (one["value_date"], one["reference"], figure(one["amount"])): one for one in story.maker.all("/v1/bank-lines")
    }


def _wanted(story: Story, name: str) -> list[Json]:
    return [line for line in story.data.expected_bank["lines"] if line["file"] == name]


def _compare_decisions(
    story: Story, step: Step, name: str, found: Mapping[_Key, Json], lines: dict[str, Json]
) -> None:
    for wanted in _wanted(story, name):
        got = found.get((wanted["date"], wanted["inquiry_no"], figure(wanted["amount"])))
        if got is None:
            step.check(f"lines.{wanted['line']}", "imported", None)
            continue
        lines[wanted["line"]] = got
        step.actual["decisions"][got["decision"]] += 1
        step.actual["decided_otherwise"] |= got["decision"] != wanted["decision"]
        allowed = [wanted["decision"], *wanted.get("accept_also", [])]
        if got["decision"] not in allowed:
            reasons = [reason["code"] for reason in got["reasons"]]
            step.check(f"lines.{wanted['line']}.decision", " or ".join(allowed), f"{got['decision']} {reasons}")
        if got["decision"] != "review" and wanted["bill_to"]:
            step.check(f"lines.{wanted['line']}.bill_to", wanted["bill_to"], _code(got["bill_to"]))
        shown = {_code(one["customer"]) for one in got["candidates"]}
        step.check(f"lines.{wanted['line']}.candidates", [], sorted(set(wanted.get("candidates", [])) - shown))
    step.check(f"{name}.unexpected", [], _unnamed(found, lines))


def _unnamed(found: Mapping[_Key, Json], lines: Mapping[str, Json]) -> list[str]:
    """Lines that the oracle names in no file so far."""
    named = {line["bank_line_id"] for line in lines.values()}
    return sorted("/".join(map(str, key)) for key, line in found.items() if line["bank_line_id"] not in named)


def _code(customer: Json | None) -> str | None:
    return None if customer is None else str(customer["code"])


def _resolve(story: Story, step: Step, name: str, lines: Mapping[str, Json]) -> None:
    """What a person does with the lines that did not settle themselves, in file order."""
    commands, named = [], []
    for wanted in _wanted(story, name):
        got = lines.get(wanted["line"])
        if got is None or got["state"] == "MATCHED" or not wanted["allocations"]:
            continue
        unknown = [one["invoice"] for one in wanted["allocations"] if one["invoice"] not in story.invoices]
        if unknown:
            step.check(f"lines.{wanted['line']}.confirmation", "of invoices that exist", f"no {', '.join(unknown)}")
            continue
        as_suggested = got["decision"] == "suggest" and wanted["resolution"].startswith("confirm")
        commands.append({"bank_line_id": got["bank_line_id"], **({} if as_suggested else _explicit(story, wanted))})
        named.append(wanted["line"])
    results = story.maker.many("/v1/bank-line-confirmations", commands)
    for line, result in zip(named, results, strict=True):
        if not result["ok"]:
            step.check(f"lines.{line}.confirmation", "accepted", result["problem"])


def _explicit(story: Story, wanted: Json) -> Json:
    """The person says which invoices, how much, and what becomes of the rest."""
    rest = {one["invoice"]: "fee" for one in wanted.get("fee_discount", [])}
    rest |= {one["invoice"]: "slip" for one in wanted.get("shortage_slip", [])}
    allocations = [
        {
            "invoice_number": story.invoices[one["invoice"]]["number"],
            "amount": str(one["amount"]),
            "remainder": rest.get(one["invoice"], "leave_open"),
        }
        for one in wanted["allocations"]
    ]
    said: Json = {"customer_code": wanted["bill_to"], "allocations": allocations}
    return said | ({"remainder": "overpayment"} if wanted.get("credit_note") else {})


def _compare_lines(story: Story, step: Step, name: str, lines: Mapping[str, Json]) -> None:
    """Allocations, fees, slips and credit notes of every line, after the person's deeds."""
    keys = {invoice["number"]: key for key, invoice in story.invoices.items()}
    now = {one["bank_line_id"]: one for one in story.maker.all("/v1/bank-lines")}
    for wanted in _wanted(story, name):
        got = lines.get(wanted["line"])
        if got is not None:
            seen = _line_seen(now[got["bank_line_id"]], keys)
            wishes = _line_wanted(wanted)
            step.check(f"lines.{wanted['line']}", wishes, seen)
            for part in ("allocations", "fee_discount", "shortage_slip"):
                step.check(f"lines.{wanted['line']}.{part}.unexpected", [], sorted(seen[part].keys() - wishes[part]))


def _line_wanted(wanted: Json) -> Json:
    credit = wanted.get("credit_note")
    return {
        "line_state": wanted["line_state"],
        "allocations": {one["invoice"]: one["amount"] for one in wanted["allocations"]},
        "fee_discount": {one["invoice"]: one["amount"] for one in wanted.get("fee_discount", [])},
        "shortage_slip": {one["invoice"]: one["amount"] for one in wanted.get("shortage_slip", [])},
        "credit_note": credit and {"customer": credit["customer"], "amount": credit["amount"]},
    }


def _line_seen(line: Json, keys: Mapping[str, str]) -> Json:
    live = [one for one in line["allocations"] if one["reversed_on"] is None]
    over = line["overpayment"]
    state = "NEW" if line["state"] == "SUGGESTED" and not live else line["state"]
    return {
        "line_state": state,
        "allocations": {_key(keys, one): one["amount"] for one in live},
        "fee_discount": _nonzero(live, keys, "fee_discount"),
        "shortage_slip": _nonzero(live, keys, "shortage_slip"),
        "credit_note": over and {"customer": _code(over["bill_to"]), "amount": over["amount"]},
    }


def _nonzero(allocations: list[Json], keys: Mapping[str, str], name: str) -> Json:
    return {_key(keys, one): one[name] for one in allocations if Decimal(one[name])}


def _key(keys: Mapping[str, str], allocation: Json) -> str:
    number = str(allocation["invoice_number"])
    return keys.get(number, number)


def _compare_balances(story: Story, step: Step, file: int) -> None:
    expected = story.data.expected_bank
    balances = expected["balances_after_file_1"] if file == 1 else expected["balances"]
    found = _balances(story)
    for code, wanted in balances.items():
        step.check(f"balances_{file}.{code}", wanted, found.get(code))
    name = f"after_file_{file}"
    totals = {field: total(one[field] for one in found.values()) for field in _FIELDS}
    lines = list(story.maker.all("/v1/bank-lines"))
    totals["received"] = total(one["amount"] for one in lines)
    totals["unallocated"] = total(one["unallocated"] for one in lines)
    step.actual[name] = totals
    step.check(name, step.expected[name], totals)
    step.check(f"{name} (lines)", expected.get(name, {}).get("totals", {}), totals)
    _compare_invoices(story, step, file)


_FIELDS = (
    "invoiced",
    "allocated",
    "fee_discounts",
    "open_invoices",
    "open_slips",
    "balance",
    "open_credit_notes",
)


def _balances(story: Story) -> dict[str, dict[str, Any]]:
    """Per customer: what the balance says, and what its receivables add up to."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(_FIELDS, Decimal()))
    for one in story.maker.all("/v1/receivables", open_only=False):
        sums = found[one["bill_to"]["code"]]
        for field, column in (("invoiced", "total"), ("allocated", "allocated"), ("fee_discounts", "fee_discounts")):
            sums[field] += Decimal(one[column])
    for one in story.maker.all("/v1/balances"):
        named = {field: Decimal(one[field]) for field in _FIELDS if field in one}
        found[one["customer"]["code"]].update(named)
    return {code: {field: figure(sums[field]) for field in sums} for code, sums in found.items()}


def _compare_invoices(story: Story, step: Step, file: int) -> None:
    now = {invoice["number"]: invoice for invoice in story.maker.all("/v1/invoices")}
    for key, wanted in story.data.expected["invoices"].items():
        got = now.get(story.invoices[key]["number"]) if key in story.invoices else None
        asked = {"state": wanted[f"state_after_file_{file}"], "open_amount": wanted[f"open_after_file_{file}"]}
        step.check(f"invoices_{file}.{key}", asked, got)
    step.actual["invoice_states"] = dict(Counter(invoice["state"] for invoice in now.values()))


def _compare_end(story: Story, step: Step) -> None:
    keys = {invoice["number"]: key for key, invoice in story.invoices.items()}
    for named in [name for name in step.expected if name.startswith(_OVERDUE)]:
        as_of = named.removeprefix(_OVERDUE).replace("_", "-")
        overdue = story.maker.all("/v1/overdue-invoices", as_of=as_of)
        step.actual[named] = sorted(keys.get(str(one["number"]), str(one["number"])) for one in overdue)
        step.check(named, sorted(step.expected[named]), step.actual[named])
    step.check_counts("invoice_states", step.expected["invoice_states"], step.actual["invoice_states"])
    if not step.actual.pop("decided_otherwise"):
        step.check_counts("decisions", step.expected.get("decisions", {}), step.actual["decisions"])
    proof = story.maker.get("/v1/ledger-verification")
    step.check("ledger.balanced", True, proof.get("ok", proof.get("balanced")))
