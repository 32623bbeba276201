"""Warnings about customers as saved: likely duplicates and odd terms. They refuse nothing (CUS-046)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final, TypeAlias
from uuid import UUID

from chassis.tx import Tx
from customers.core.customer import Customer
from customers.core.duplicates import LikenessKeys, likeness
from customers.store import customers as store
from kernel.refusal import Refusal

Warnings: TypeAlias = tuple[Refusal, ...]
_MOST_NAMED: Final = 3

_Alike = Mapping[str, Sequence[store.Known]]


async def warnings_about(tx: Tx, saved: Sequence[Customer]) -> dict[UUID, Warnings]:
    """DUPLICATE_CUSTOMER for customers that share name and phone, or the e-mail, with others of the maker."""
    keys = {one.customer_id: likeness(one.profile) for one in saved}
    alike = _grouped(await store.like(tx, list(keys.values())))
    found = {one.customer_id: _warnings(one, keys[one.customer_id], alike) for one in saved}
    return {customer_id: warnings for customer_id, warnings in found.items() if warnings}


def _grouped(known: Sequence[store.Known]) -> _Alike:
    groups: dict[str, list[store.Known]] = defaultdict(list)
    for one in known:
        for key in _keys(one.keys):
            groups[key].append(one)
    return groups


def _warnings(customer: Customer, keys: LikenessKeys, alike: _Alike) -> Warnings:
    others: dict[str, None] = {}
    for key in _keys(keys):
        same = (one.code for one in alike.get(key, ()) if one.customer_id != customer.customer_id)
        others.update(dict.fromkeys(islice(same, _MOST_NAMED)))
    if not others:
        return ()
    return (Refusal("DUPLICATE_CUSTOMER", {"customers": ", ".join(islice(others, _MOST_NAMED))}, "/address/name"),)


def _keys(keys: LikenessKeys) -> tuple[str, ...]:
    named = (keys.name_and_phone and f"name {keys.name_and_phone}", keys.email and f"mail {keys.email}")
    return tuple(key for key in named if key)
