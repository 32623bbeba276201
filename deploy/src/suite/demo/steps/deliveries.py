"""Steps 4 and 5, by date: deliveries, returns and closing runs; then short closes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from suite.demo.client import ApiRefused, Json
from suite.demo.compare import Step, figure, rate_name, rates_asked, same, total
from suite.demo.dataset import Row
from suite.demo.story import Story

ON_HOLD = "CUSTOMER_ON_HOLD"
_EVER = "9999-12-31"
"""After the last closing run, what is left is delivered too: it stays unbilled."""


def deliveries_and_closings(story: Story) -> list[Step]:
    deliveries, closings = story.begin("4_deliveries"), story.begin("5_closing_runs")
    runs: list[Json] = []
    for closing_date in story.data.closing_dates:
        story.tell(f"up to {closing_date}: deliveries, returns, closing run")
        _deliver(story, deliveries, closing_date)
        story.quiet()
        _take_back(story, deliveries, closing_date)
        story.quiet()
        runs.append(_close(story, closings, closing_date))
    story.quiet()
    _deliver(story, deliveries, _EVER)
    story.quiet()
    _take_back(story, deliveries, _EVER)
    story.quiet()
    _short_close(story, deliveries)
    story.quiet()
    _compare_deliveries(story, deliveries)
    _compare_invoices(story, closings, runs)
    return [deliveries, closings]


def _deliver(story: Story, step: Step, until: str) -> None:
    """Enters, issues and ships every note that is entered by this date, in the order of entering."""
    due = [
        (key, rows)
        for key, rows in story.data.deliveries.items()
        if rows[0]["entered_on"] <= until and key not in story.notes and key not in story.refused_notes
    ]
    drafts = story.maker.many("/v1/delivery-note-batches", [_note(story, key) for key, _ in due])
    for (key, _), draft in zip(due, drafts, strict=True):
        if not draft["ok"]:
            _note_answer(story, step, key, draft)
    entered = [(key, rows, one["item"]) for (key, rows), one in zip(due, drafts, strict=True) if one["ok"]]
    for deed, day in (("issuance", "issued_on"), ("shipment", "shipped_on")):
        commands = [{"note_id": item["note_id"], day: rows[0]["delivery_date"]} for _, rows, item in entered]
        answers = story.maker.many(f"/v1/delivery-note-{deed}s", commands)
        for (key, _, _), answer in zip(entered, answers, strict=True):
            _note_answer(story, step, key, answer)
        entered = [one for one, answer in zip(entered, answers, strict=True) if answer["ok"]]


def _note(story: Story, key: str) -> Json:
    """The facts of one delivery note; its charges are named, never computed."""
    rows = story.data.deliveries[key]
    charges = story.data.note_charges.get(key, [])
    return {
        "customer_code": rows[0]["customer_code"],
        "delivery_date": rows[0]["delivery_date"],
        "memo": key,
        "lines": [
            {"order_number": row["order_no"], "sku_code": row["sku_code"], "quantity": int(row["quantity"])}
            for row in rows
        ],
        "charges": _named(charges),
    }


def _named(charges: list[Row]) -> list[Json]:
    """Charges by order, kind and rate; a prorated share is part of the charge of its kind."""
    named = {(row["order_no"], row["kind"].removeprefix("prorated_"), row["tax_rate"] or None) for row in charges}
    return [{"order_number": number, "kind": kind, "tax_rate": rate} for number, kind, rate in sorted(named, key=str)]


def _note_answer(story: Story, step: Step, key: str, answer: Json) -> None:
    if answer["ok"]:
        story.notes[key] = answer["item"]
        return
    code = answer["problem"]["code"]
    story.refused_notes[key] = code
    if code != ON_HOLD:
        step.check(f"notes.{key}", "accepted", answer["problem"])


def _take_back(story: Story, step: Step, until: str) -> None:
    for key, rows in story.data.returns.items():
        if rows[0]["date"] > until or key in story.returns:
            continue
        note = story.notes.get(rows[0]["note_key"])
        if note is None:
            step.check(f"returns.{key}", "a return of a shipped note", f"no note {rows[0]['note_key']}")
            continue
        wanted = {
            "note_id": note["note_id"],
            "reason": rows[0]["reason"],
            "restock": rows[0]["restock"] == "yes",
            "returned_on": rows[0]["date"],
            "issued_on": rows[0]["date"],
            "advance": "issued",
            "lines": [
                {"order_number": row["order_no"], "sku_code": row["sku_code"], "quantity": int(row["quantity"])}
                for row in rows
            ],
        }
        for item in story.must_accept(step, f"returns.{key}", story.maker.many("/v1/return-note-batches", [wanted])):
            story.returns[key] = item


def _close(story: Story, step: Step, closing_date: str) -> Json:
    """Runs the closing, and once more: the second run creates nothing."""
    try:
        run = story.maker.post("/v1/closing-runs", {"closing_date": closing_date, "issued_on": closing_date})
        again = story.maker.post("/v1/closing-runs", {"closing_date": closing_date, "issued_on": closing_date})
    except ApiRefused as refused:
        step.check(f"runs.{closing_date}", "a closing run", refused.problem)
        return {"closing_date": closing_date, "invoices": 0, "total": 0, "notes": 0}
    step.check(f"runs.{closing_date}.again", 0, len(again["invoices"]))
    details = story.maker.get_many([f"/v1/invoices/{one['invoice_id']}" for one in run["invoices"]])
    for invoice in details:
        story.invoices[f"{closing_date}/{invoice['bill_to_code']}"] = invoice
    return {
        "closing_date": closing_date,
        "invoices": len(details),
        "total": total(invoice["total"] for invoice in details),
        "notes": sum(source["kind"] == "delivery_note" for invoice in details for source in invoice["sources"]),
    }


def _short_close(story: Story, step: Step) -> None:
    rows = story.data.rows("short_closes.csv")
    story.tell(f"close {len(rows)} open quantities short")
    commands = [
        {
            "order_number": row["order_no"],
            "lines": [{"sku_code": row["sku_code"], "quantity": int(row["quantity"])}],
            "reason": row["reason"],
            "closed_on": row["date"],
        }
        for row in rows
    ]
    story.must_accept(step, "short_closes", story.maker.many("/v1/unshipped-closures", commands))


def _compare_deliveries(story: Story, step: Step) -> None:
    for key, wanted in story.data.expected["notes"].items():
        if wanted["expect"] == "SHIPPED":
            step.check(f"notes.{key}", _note_wanted(wanted), _note_seen(story.notes.get(key)))
        else:
            step.check(f"notes.{key}", wanted["expect"], _refusal_seen(story, key))
    for key, wanted in story.data.expected["returns"].items():
        step.check(f"returns.{key}.amount", wanted["amount"], story.returns.get(key, {}).get("amount"))
    step.actual = _delivered(story)
    wanted = {name: sorted(told) if isinstance(told, list) else told for name, told in step.expected.items()}
    step.check("deliveries", wanted, step.actual)
    step.check_counts("deliveries.order_states", step.expected["order_states"], step.actual["order_states"])
    _compare_final_states(story, step)


def _refusal_seen(story: Story, key: str) -> str | None:
    if key in story.refused_notes:
        return f"REFUSED_{story.refused_notes[key]}"
    return story.notes[key]["state"] if key in story.notes else None


def _compare_final_states(story: Story, step: Step) -> None:
    states = {order["number"]: order["state"] for order in story.maker.all("/v1/orders")}
    for number, wanted in story.data.expected["orders"].items():
        if "final_state" in wanted:
            step.check(f"orders.{number}.final_state", wanted["final_state"], states.get(number))


def _note_wanted(wanted: Json) -> Json:
    return {
        "customer": wanted["customer"],
        "delivery_date": wanted["delivery_date"],
        "quantity": wanted["quantity"],
        "exclusive_sums": _nonzero(wanted["exclusive_sums"]),
        "inclusive_sums": _nonzero(wanted["inclusive_sums"]),
        "payment_points": wanted["payment_points"],
    }


def _note_seen(note: Json | None) -> Json | None:
    if note is None:
        return None
    rates = {rate_name(sums["tax_rate"]): sums for sums in note["rates"]}
    return {
        "customer": note["customer_code"],
        "delivery_date": note["delivery_date"],
        "quantity": note["quantity"],
        "exclusive_sums": _nonzero({rate: sums["exclusive_sum"] for rate, sums in rates.items()}),
        "inclusive_sums": _nonzero({rate: sums["inclusive_sum"] for rate, sums in rates.items()}),
        "payment_points": note["payment_points"],
    }


def _delivered(story: Story) -> Json:
    unshipped = list(story.maker.all("/v1/unshipped-skus", only_open=False))
    states = Counter(order["state"] for order in story.maker.all("/v1/orders"))
    late = {source["number"] for one in story.invoices.values() for source in one["sources"] if source["late"]}
    sums = [sums for note in story.notes.values() for sums in note["rates"]]
    orders_of = {key: {row["order_no"] for row in rows} for key, rows in story.data.deliveries.items()}
    times = Counter(order for key in orders_of for order in orders_of[key])
    return {
        "notes": len(story.notes.keys() | story.refused_notes.keys()),
        "shipped": sum(note["state"] == "SHIPPED" for note in story.notes.values()),
        "refused": len(story.refused_notes),
        "refused_notes": sorted(story.refused_notes),
        "orders_in_two_notes": sum(count == 2 for count in times.values()),
        "notes_with_two_orders": sum(len(orders) == 2 for orders in orders_of.values()),
        "late_notes": sorted(key for key in story.notes if story.notes[key]["number"] in late),
        "shipped_quantity": sum(sku["shipped"] for sku in unshipped),
        "short_closed_quantity": sum(sku["closed"] for sku in unshipped),
        "still_open_quantity": sum(sku["open"] for sku in unshipped),
        "exclusive_sum": total(one["exclusive_sum"] for one in sums),
        "inclusive_sum": total(one["inclusive_sum"] for one in sums),
        "payment_points": total(note["payment_points"] for note in story.notes.values()),
        "returns": len(story.returns),
        "return_amount_net": total(one["amount"] for one in story.returns.values()),
        "order_states": dict(states),
    }


def _compare_invoices(story: Story, step: Step, runs: list[Json]) -> None:
    keys = {story.notes[key]["number"]: key for key in story.notes}
    keys |= {item["number"]: key for key, item in story.returns.items()}
    for key, wanted in story.data.expected["invoices"].items():
        got = story.invoices.get(key)
        step.check(f"invoices.{key}", _invoice_wanted(wanted), _invoice_seen(got, keys) if got else None)
    _compare_running_sums(story, step)
    unexpected = sorted(story.invoices.keys() - story.data.expected["invoices"].keys())
    step.check("invoices.unexpected", [], unexpected)
    invoices = list(story.invoices.values())
    waiting = list(story.maker.all("/v1/billable-notes", state="UNBILLED", kind="delivery_note"))
    step.actual = {
        "runs": runs,
        "invoices": len(invoices),
        "invoiced": total(invoice["total"] for invoice in invoices),
        "net": total(invoice["net"] for invoice in invoices),
        "tax": {rate: _tax(invoices, rate) for rate in step.expected["tax"]},
        "payment_points": total(invoice["payment_points"] for invoice in invoices),
        "unbilled_notes_left": len(waiting),
    }
    step.check("closing_runs", step.expected, step.actual)


def _compare_running_sums(story: Story, step: Step) -> None:
    """What a customer owes on a closing date, before any money came in: the sum of its invoices so far."""
    named = {key: one for key, one in story.data.expected["invoices"].items() if "billing_balance_after" in one}
    for day in sorted({one["closing_date"] for one in named.values()}):
        owed = {one["customer"]["code"]: one["balance"] for one in story.maker.all("/v1/balances", as_of=day)}
        for key, wanted in named.items():
            if wanted["closing_date"] == day:
                place = f"invoices.{key}.billing_balance_after"
                step.check(place, wanted["billing_balance_after"], owed.get(wanted["bill_to"]))


def _invoice_wanted(wanted: Json) -> Json:
    same = ("bill_to", "closing_date", "due_date", "net", "tax", "payment_points", "total")
    return {
        **{name: wanted[name] for name in same},
        "members": sorted(wanted["members"]),
        "notes": sorted(wanted["notes"]),
        "late_notes": sorted(wanted["late_notes"]),
        "returns": sorted(wanted["returns"]),
        "per_rate": rates_asked(wanted["per_rate"]),
    }


def _invoice_seen(invoice: Json, keys: Mapping[str, str]) -> Json:
    notes = [source for source in invoice["sources"] if source["kind"] == "delivery_note"]
    returns = [source for source in invoice["sources"] if source["kind"] == "return_note"]
    sources = {source["customer_id"] for source in invoice["sources"]}
    return {
        "bill_to": invoice["bill_to_code"],
        "closing_date": invoice["closing_date"],
        "due_date": invoice["due_on"],
        "net": invoice["net"],
        "tax": invoice["tax"],
        "payment_points": invoice["payment_points"],
        "total": invoice["total"],
        "members": sorted(one["code"] for one in invoice["members"] if one["customer_id"] in sources),
        "notes": sorted(keys.get(source["number"], source["number"]) for source in notes),
        "late_notes": sorted(keys.get(source["number"], source["number"]) for source in notes if source["late"]),
        "returns": sorted(keys.get(source["number"], source["number"]) for source in returns),
        "per_rate": {rate_name(sums["tax_rate"]): sums for sums in invoice["per_rate"]},
    }


def _tax(invoices: list[Json], rate: str) -> int | str:
    return total(sums["tax"] for one in invoices for sums in one["per_rate"] if rate_name(sums["tax_rate"]) == rate)


def _nonzero(sums: Mapping[str, object]) -> Json:
    return {rate: figure(amount) for rate, amount in sums.items() if not same(amount, 0)}
