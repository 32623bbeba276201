"""Whose an order charge on a note is; notes that came before do not say."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table billables add column order_points jsonb not null default '[]'")
    op.execute("alter table billable_charges add column order_id uuid")
