"""The order confirmation (OC, 注文確認書): new versions, and the adjustments a maker makes in them (ORD-070…079)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from kernel.money import Money, Rate
from kernel.refusal import Refusal
from ordering.core.charges import ChargeMaking, put_charge
from ordering.core.content import Charge, ChargeEntry, ChargeKind, Content, Line, RateSource, content_of
from ordering.core.credit import Exposure
from ordering.core.deeds import Confirm, Decision, confirm
from ordering.core.events import ConfirmationCreated, History
from ordering.core.market import Market
from ordering.core.order import Confirmation, Order, Signature
from ordering.core.order_warning import OrderWarning
from ordering.core.placing import WantedLine, bad_total, new_line, rate_of
from ordering.core.states import Deed, move


@dataclass(frozen=True, slots=True)
class LineChange:
    """What becomes of one line, named by its number or its SKU code; None = as it is, quantity 0 drops the line.
    `unit_price` fixes the wholesale price itself and goes before `rate`."""

    line_no: int | None = None
    sku_code: str | None = None
    quantity: int | None = None
    rate: Rate | None = None
    original_price: Money | None = None
    unit_price: Money | None = None
    tax_rate: Rate | None = None
    option: str | None = None
    planned_from: date | None = None
    planned_to: date | None = None


@dataclass(frozen=True, slots=True)
class CreateOc:
    """A new version of the OC from the official content, with changes. `shipping_fee` is tax-inclusive at the maker's
    standard rate and stands for the imported 発送料; `charges` set the amount of their kind and rate, 0 removes."""

    signed: Signature
    approval_required: bool = False
    changes: Sequence[LineChange] = ()
    added: Sequence[WantedLine] = ()
    shipping_fee: Money | None = None
    charges: Sequence[ChargeEntry] = ()
    then_confirm: Confirm | None = None


def create_oc(
    order: Order, command: CreateOc, *, exposure: Exposure | None, market: Market, ids: Iterator[UUID]
) -> Decision:
    """Makes OC version n + 1 and, where asked, confirms it. The credit check runs for the increase only (ORD-079)."""
    following = move(order.state, Deed.CREATE_OC)
    if isinstance(following, Refusal):
        return (replace(following, facts={**following.facts, "number": order.number}),)
    content = _adjusted(order, command, market, ids)
    if isinstance(content, tuple):
        return content
    created = _created(order, content, command, exposure, market)
    if command.then_confirm is None:
        return [created]
    confirmed = confirm(History.untouched(order).then([created]).after, command.then_confirm)
    return confirmed if isinstance(confirmed, tuple) else [created, *confirmed]


def _created(
    order: Order, content: Content | None, command: CreateOc, exposure: Exposure | None, market: Market
) -> ConfirmationCreated:
    increase = content.totals.grand_total - order.grand_total if content else Money.zero(order.currency)
    raised = exposure is not None and increase > Money.zero(order.currency)
    problem = exposure.problem(increase, home=market.preferences.currency) if exposure and raised else None
    confirmation = Confirmation(
        version=len(order.confirmations) + 1,
        content_version=content.version if content else order.content.version,
        approval_required=command.approval_required,
        created=command.signed,
    )
    return ConfirmationCreated(
        confirmation=confirmation,
        content=content,
        warnings=_with(order.warnings, problem),
        over_limit=order.over_limit or problem is not None,
    )


def _adjusted(
    order: Order, command: CreateOc, market: Market, ids: Iterator[UUID]
) -> Content | tuple[Refusal, ...] | None:
    """The changed content, None when nothing changes, or every problem of the changes."""
    official = order.content
    problems, changes = _matched(official.lines, command.changes)
    problems += [
        problem
        for at, change in enumerate(command.changes)
        for problem in _change_problems(change, f"/changes/{at}", market)
    ]
    if problems:
        return tuple(problems)
    lines = [
        _changed(line, changes[line.line_id], market) if line.line_id in changes else line for line in official.lines
    ]
    lines = [line for line in lines if line.quantity] + _added_lines(order, command.added, market, ids)
    if not lines:
        return (Refusal("EMPTY_ORDER", {"number": order.number}),)
    charges = _changed_charges(official.charges, command, market, ids)
    if tuple(lines) == official.lines and charges == official.charges:
        return None
    # Confirmed or not, a version's content carries the number of the OC version that brought it.
    content = content_of(len(order.confirmations) + 1, lines, charges, currency=order.currency, taxes=market.taxes)
    problem = bad_total(content)
    return (problem,) if problem else content


def _matched(lines: Sequence[Line], changes: Sequence[LineChange]) -> tuple[list[Refusal], dict[UUID, LineChange]]:
    problems: list[Refusal] = []
    matched: dict[UUID, LineChange] = {}
    for place, change in enumerate(changes):
        found = [line for line in lines if _is_meant(line, change)]
        where = f"/changes/{place}/{'sku_code' if change.line_no is None else 'line_no'}"
        named = str(change.sku_code if change.line_no is None else change.line_no)
        if len(found) != 1:
            problems.append(Refusal("AMBIGUOUS_LINE" if found else "UNKNOWN_LINE", {"line": named}, where, value=named))
        elif found[0].line_id in matched:
            problems.append(Refusal("LINE_CHANGED_TWICE", {"line": named}, where, value=named))
        else:
            matched[found[0].line_id] = change
    return problems, matched


def _is_meant(line: Line, change: LineChange) -> bool:
    by_no = change.line_no is None or change.line_no == line.line_no
    return by_no and (change.sku_code is None or change.sku_code.upper() == line.sku_code.upper())


def _change_problems(change: LineChange, path: str, market: Market) -> Iterator[Refusal]:
    if change.tax_rate is not None and not market.taxes.knows(change.tax_rate):
        yield Refusal("BAD_TAX_RATE", {"rate": str(change.tax_rate)}, f"{path}/tax_rate", value=str(change.tax_rate))
    if change.planned_from and change.planned_to and change.planned_from > change.planned_to:
        yield Refusal("BAD_PERIOD", {}, f"{path}/planned_to", value=change.planned_to.isoformat())


def _changed(line: Line, change: LineChange, market: Market) -> Line:
    tax_rate = line.tax_rate if change.tax_rate is None else change.tax_rate
    changed = replace(
        line,
        quantity=line.quantity if change.quantity is None else change.quantity,
        original_price=line.original_price if change.original_price is None else change.original_price,
        option=line.option if change.option is None else change.option,
        tax_rate=tax_rate,
        reduced=line.reduced if change.tax_rate is None else market.taxes.is_reduced(tax_rate),
        planned_from=change.planned_from or line.planned_from,
        planned_to=change.planned_to or line.planned_to,
    )
    if change.unit_price is not None:
        rate = line.rate if change.rate is None else change.rate
        return replace(changed, unit_price=change.unit_price, rate=rate, rate_source=RateSource.MANUAL)
    if change.rate is not None:
        source = line.rate_source if change.rate == line.rate else RateSource.MANUAL
        return changed.priced(change.rate, source, market.preferences.price_rounding)
    if change.original_price is not None:
        return changed.priced(line.rate, line.rate_source, market.preferences.price_rounding)
    return changed


def _added_lines(order: Order, added: Sequence[WantedLine], market: Market, ids: Iterator[UUID]) -> list[Line]:
    last = max((line.line_no for line in order.content.lines), default=0)
    known = market.customers.get(order.customer_code)
    customer = (known.customer_id, known.wholesale_rate) if known else None
    lines: list[Line] = []
    for line_no, wanted in enumerate(added, start=last + 1):
        rate, source = rate_of(wanted, customer, net=order.heading.price_is_net, market=market)
        lines.append(new_line(wanted, line_no=line_no, line_id=next(ids), rate=rate, source=source, market=market))
    return [line for line in lines if line.quantity]


def _changed_charges(
    charges: tuple[Charge, ...], command: CreateOc, market: Market, ids: Iterator[UUID]
) -> tuple[Charge, ...]:
    making = ChargeMaking(ids, market.preferences.language)
    wanted = list(command.charges)
    if command.shipping_fee is not None:
        shipped_at = [charge.tax_rate for charge in charges if charge.kind is ChargeKind.SHIPPING]
        rate = shipped_at[0] if shipped_at else market.taxes.standard
        wanted.append(ChargeEntry(ChargeKind.SHIPPING, command.shipping_fee, rate))
    for entry in wanted:
        charges = put_charge(charges, entry, making)
    return charges


def _with(warnings: tuple[OrderWarning, ...], problem: OrderWarning | None) -> tuple[OrderWarning, ...]:
    if problem is None:
        return warnings
    return (*(warning for warning in warnings if warning.code != problem.code), problem)
