"""Invoicing tells of invoices and of exemptions in no common order: for a moment a note may show both."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table delivery_notes drop constraint ck_delivery_notes_billing")
    op.execute(
        "alter table delivery_notes add constraint ck_delivery_notes_billing"
        " check (invoice_id is null or state <> 'DRAFT')"
    )
