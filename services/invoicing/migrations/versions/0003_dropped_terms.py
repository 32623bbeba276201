"""Dropped terms and revoked delegations keep a row without contents, so that their version is remembered."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table delegations alter column delegatee_id drop not null")
    op.execute(
        """
        alter table terms
            alter column closing_day drop not null,
            alter column payment_month_offset drop not null,
            alter column payment_day drop not null,
            alter column business_day_rule drop not null,
            add constraint ck_terms_whole check (
                num_nulls(closing_day, payment_month_offset, payment_day, business_day_rule) in (0, 4)
            )
        """
    )
