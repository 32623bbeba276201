"""The published language names itself, keys itself and survives its own encoding."""

from __future__ import annotations

import importlib
from decimal import Decimal
from uuid import UUID

import pytest

from contracts.payments import BalanceChanged
from contracts.wire import Body, Command, Event, State

OWNERS = ("catalog", "customers", "ordering", "fulfillment", "invoicing", "payments")


def bodies() -> list[type[Body]]:
    found: list[type[Body]] = []
    for owner in OWNERS:
        module = importlib.import_module(f"contracts.{owner}")
        found += [
            item
            for name, item in vars(module).items()
            if isinstance(item, type) and issubclass(item, Body)
            if item.__module__ == module.__name__ and not name.startswith("_")
        ]
    return found


@pytest.mark.parametrize("body", bodies(), ids=lambda body: body.TYPE)
@pytest.mark.req("GEN-008")
def test_a_type_is_named_after_its_owner_and_carries_a_version(body: type[Body]) -> None:
    owner, name, version = body.TYPE.split(".")
    assert body.__module__ == f"contracts.{owner}"
    assert name == name.lower()
    assert version == "v1"


@pytest.mark.parametrize("body", bodies(), ids=lambda body: body.TYPE)
def test_the_topic_follows_from_the_kind_of_message(body: type[Body]) -> None:
    owner = body.TYPE.split(".")[0]
    if issubclass(body, Event):
        assert f"{owner}.events" == body.TOPIC
    elif issubclass(body, Command):
        assert f"{owner}.commands" == body.TOPIC
    else:
        assert issubclass(body, State)
        assert body.TOPIC.startswith(f"{owner}.")
        assert body.TOPIC not in {f"{owner}.events", f"{owner}.commands"}


def test_no_two_messages_share_a_type() -> None:
    types = [body.TYPE for body in bodies()]
    assert len(types) == len(set(types))


@pytest.mark.req("GEN-001")
def test_money_travels_as_a_plain_decimal_string() -> None:
    balance = BalanceChanged(
        bill_to_id=UUID(int=1),
        currency="JPY",
        balance=Decimal("1E+3"),
        open_invoices=Decimal(1000),
        open_slips=Decimal(0),
        sequence=1,
    )
    assert b'"balance":"1000"' in balance.encode()
    assert BalanceChanged.decode(balance.encode()) == balance


@pytest.mark.req("GEN-008")
def test_a_consumer_ignores_fields_it_does_not_know() -> None:
    body = b'{"bill_to_id":"00000000-0000-0000-0000-000000000001","currency":"JPY","balance":"1","open_invoices":"1",'
    body += b'"open_slips":"0","sequence":1,"new_field":{"a":1}}'
    assert BalanceChanged.decode(body).balance == Decimal(1)
