"""What of an order's share of an invoice is goods that came back."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table invoice_orders add column returned numeric not null default 0")
