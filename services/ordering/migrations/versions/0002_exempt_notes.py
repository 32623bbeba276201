"""What is never billed: which notes are exempt, and what that takes from the orders on them."""

from __future__ import annotations

from alembic import op

from chassis.migrations import secure

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "alter table orders add column exempt_quantity bigint not null default 0,"
        " add column waived_amount numeric not null default 0"
    )
    op.execute("""
create table note_exemptions (
    maker_id uuid not null,
    note_id uuid not null,
    order_id uuid not null,
    exempt boolean not null,
    amount numeric not null,
    constraint pk_note_exemptions primary key (maker_id, note_id, order_id),
    constraint fk_note_exemptions_order foreign key (maker_id, order_id) references orders (maker_id, order_id)
)""")
    op.execute("create index ix_note_exemptions_order on note_exemptions (maker_id, order_id, note_id)")
    secure(op, ["note_exemptions"])
