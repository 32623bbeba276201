"""One index less on unshipped SKUs: the lines of a customer are found through its orders, in the same order.

Every line was entered in it when it came and again whenever it shipped.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("drop index ix_unshipped_skus_customer")
