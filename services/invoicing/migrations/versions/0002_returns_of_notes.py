"""The returns of a delivery note are found when it is exempted or billed after all."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index ix_billables_note on billables (maker_id, note_id) where note_id is not null")
