"""What is kept for people and auditors: raw file rows of imported orders, and deeds with their reasons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from chassis.tx import Tx
from ordering import tables
from ordering.core.events import (
    ConfirmationApproved,
    ConfirmationCreated,
    ConfirmationRejected,
    CreditOverridden,
    CustomerAssigned,
    History,
    HoldChanged,
    OrderCancelled,
    OrderConfirmed,
    OrderConverted,
    OrderEvent,
    OrderPlaced,
    OrderReopened,
)
from ordering.core.nextengine.reading import ReadOrder
from ordering.core.order import Signature


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The file an order came from: where its bytes are kept, its layout and its header cells."""

    file_id: UUID
    layout: str
    headers: Sequence[str]


async def save_sources(tx: Tx, file: SourceFile, orders: Iterable[tuple[UUID, ReadOrder]]) -> None:
    """Keep the raw cells of imported orders (INT-056)."""
    rows = [
        {
            "maker_id": tx.maker_id,
            "order_id": order_id,
            "file_id": file.file_id,
            "layout": file.layout,
            "headers": list(file.headers),
            "row_numbers": [line.row.number for line in read.lines],
            "cells": [list(line.row.cells) for line in read.lines],
        }
        for order_id, read in orders
    ]
    await tx.insert(tables.OrderSource, rows)


async def log_deeds(tx: Tx, histories: Iterable[History]) -> None:
    """Add the deeds that stand nowhere else with their reason (GEN-013)."""
    told = [
        (history.after.order_id, deed, signed)
        for history in histories
        for step in history.steps
        for deed, signed in _deed(step.event)
    ]
    rows = [
        {
            "maker_id": tx.maker_id,
            "deed_id": deed_id,
            "order_id": order_id,
            "deed": deed,
            "done_by": signed.by,
            "done_at": signed.at,
            "note": signed.note,
        }
        for deed_id, (order_id, deed, signed) in zip(tx.new_ids(len(told)), told, strict=True)
    ]
    await tx.insert(tables.OrderDeed, rows)


def _deed(event: OrderEvent) -> list[tuple[str, Signature]]:
    match event:
        case CustomerAssigned():
            return [("assign_customer", event.signed)]
        case CreditOverridden():
            return [("override_credit", event.signed)]
        case OrderConverted():
            return [("convert", event.signed)] if event.by_hand else []
        case OrderReopened():
            return [("reopen", event.signed)]
        case OrderCancelled():
            return [("cancel", event.signed)]
        case HoldChanged():
            return [("hold" if event.on_hold else "release", event.signed)]
        case OrderPlaced() | ConfirmationCreated() | ConfirmationApproved() | ConfirmationRejected() | OrderConfirmed():
            return []
        case _:
            assert_never(event)
