"""Which files were applied, by whom and with what result; their bytes are the chassis's stored files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from chassis.tx import Tx
from customers import tables
from customers.tables import columns


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it came: its kind (`customers`, `delegations`), its name and its bytes."""

    kind: str
    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.content).digest()


async def applied_before(tx: Tx, upload: Upload) -> datetime | None:
    """When the very same file was applied last (INT-013)."""
    t = columns(tables.FileImportRow)
    last: datetime | None = await tx.scalar(
        select(func.max(t.done_at)).where(t.maker_id == tx.maker_id, t.kind == upload.kind, t.sha256 == upload.sha256)
    )
    return last


async def keep(tx: Tx, upload: Upload, counts: Mapping[str, int]) -> None:
    """Keeps an applied file and what came of it."""
    file_id = await tx.store_file(upload.content, name=upload.name, media_type=upload.media_type)
    row = {
        "maker_id": tx.maker_id,
        "import_id": tx.new_id(),
        "kind": upload.kind,
        "file_id": file_id,
        "sha256": upload.sha256,
        "counts": dict(counts),
        "done_by": tx.actor,
        "done_at": tx.now,
    }
    await tx.insert(tables.FileImportRow, [row])
