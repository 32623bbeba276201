"""From entered order-level amounts to charges: direct buckets as they are, prorated ones shared over the tax rates
once and for all (INT-052…055, ARCHITECTURE §5). One charge per kind and rate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from uuid import UUID

from kernel.money import Currency, Money, Rate, total
from kernel.refusal import Refusal
from kernel.sharing import prorate_down
from ordering.core.content import Charge, ChargeEntry, ChargeKind, Line, charge_names, sums_by_rate

Slot: TypeAlias = tuple[ChargeKind, Rate | None]

_ORDER: Final = {kind: place for place, kind in enumerate(ChargeKind)}


@dataclass(frozen=True, slots=True)
class ChargeMaking:
    """What turning entries into charges needs beside them: fresh ids, the language of the names, and ids of charges
    that exist already and keep theirs."""

    ids: Iterator[UUID]
    language: str = "ja"
    known: Mapping[Slot, UUID] | None = None


def charges_of(
    entries: Sequence[ChargeEntry], lines: Sequence[Line], currency: Currency, making: ChargeMaking
) -> tuple[Charge, ...] | Refusal:
    """The charges of an order. Refuses with PRORATE_EXCEEDS when more is to be prorated than there is (INT-052)."""
    direct = _sums(entry for entry in entries if not entry.prorated)
    shares = _prorated_shares(entries, direct, lines, currency)
    if isinstance(shares, Refusal):
        return shares
    for slot, share in shares:
        direct[slot] = direct.get(slot, Money.zero(currency)) + share
    slots = sorted((slot for slot, amount in direct.items() if amount), key=_slot_order)
    return tuple(_charge(slot, direct[slot], making) for slot in slots)


def put_charge(charges: Sequence[Charge], entry: ChargeEntry, making: ChargeMaking) -> tuple[Charge, ...]:
    """The charges with this kind and rate set to this amount; an amount of zero takes the charge away (ORD-071)."""
    slot = (entry.kind, entry.rate)
    kept = tuple(charge for charge in charges if (charge.kind, charge.tax_rate) != slot)
    same = [charge for charge in charges if (charge.kind, charge.tax_rate) == slot]
    if not entry.amount:
        return kept
    if same and same[0].amount == entry.amount:
        return tuple(charges)
    put = replace(same[0], amount=entry.amount) if same else _charge(slot, entry.amount, making)
    return tuple(sorted((*kept, put), key=_charge_order))


def prorated_total(entries: Iterable[ChargeEntry], kind: ChargeKind, currency: Currency) -> Money:
    """What of that kind stands in the proration bucket, signed."""
    return total((entry.amount for entry in entries if entry.prorated and entry.kind is kind), currency)


def _prorated_shares(
    entries: Sequence[ChargeEntry], direct: Mapping[Slot, Money], lines: Sequence[Line], currency: Currency
) -> list[tuple[Slot, Money]] | Refusal:
    kinds = [kind for kind in ChargeKind if any(entry.kind is kind and entry.prorated for entry in entries)]
    if not kinds:
        return []
    bases = _bases(lines, direct, currency)
    amounts = {kind: prorated_total(entries, kind, currency) for kind in kinds}
    whole = total((base for _, base in bases if not base.is_negative), currency)
    if abs(total(amounts.values(), currency)) > whole:
        return Refusal("PRORATE_EXCEEDS", {"most": str(whole)})
    shares: list[tuple[Slot, Money]] = []
    for kind, amount in amounts.items():
        parts = prorate_down(amount, bases)
        if isinstance(parts, Refusal):
            return parts
        shares += [((kind, rate), part) for rate, part in parts.items()]
    return shares


def _bases(lines: Sequence[Line], direct: Mapping[Slot, Money], currency: Currency) -> list[tuple[Rate, Money]]:
    # The base is not rounded: exclusive amounts are raised by their exact tax; highest rate first settles ties.
    goods = [(line.tax_rate, line.tax_included, line.amount) for line in lines]
    charges = [(rate, True, amount) for (_, rate), amount in direct.items() if rate is not None]
    sums = sums_by_rate([*goods, *charges], currency)
    ordered = sorted(sums, reverse=True)
    return [(rate, sums[rate].inclusive + sums[rate].exclusive * (1 + rate.fraction)) for rate in ordered]


def _sums(entries: Iterable[ChargeEntry]) -> dict[Slot, Money]:
    sums: dict[Slot, Money] = {}
    for entry in entries:
        slot = (entry.kind, entry.rate)
        sums[slot] = sums[slot] + entry.amount if slot in sums else entry.amount
    return sums


def _charge(slot: Slot, amount: Money, making: ChargeMaking) -> Charge:
    kind, rate = slot
    known = making.known.get(slot) if making.known else None
    return Charge(known or next(making.ids), kind, charge_names(making.language)[kind], rate, amount)


def _slot_order(slot: Slot) -> tuple[int, Rate]:
    return _ORDER[slot[0]], Rate.of(0) if slot[1] is None else Rate(100 - slot[1].percent)


def _charge_order(charge: Charge) -> tuple[int, Rate]:
    return _slot_order((charge.kind, charge.tax_rate))
