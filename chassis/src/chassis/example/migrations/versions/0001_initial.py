"""The first tables."""

from __future__ import annotations

from alembic import op

from chassis import migrations

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    migrations.create_runtime_tables(op)
    op.execute(
        """
        create table orders (
            maker_id uuid not null,
            order_id uuid not null,
            customer_id uuid not null,
            number text not null,
            amount numeric not null constraint ck_orders_amount check (amount >= 0),
            tags text[] not null,
            extra jsonb,
            ordered_on date not null,
            struck boolean not null,
            scan bytea,
            noted_at timestamptz not null,
            version integer not null,
            constraint pk_orders primary key (maker_id, order_id)
        )
        """
    )
    op.execute(
        """
        create table buyers (
            maker_id uuid not null,
            customer_id uuid not null,
            name text not null,
            version bigint not null,
            constraint pk_buyers primary key (maker_id, customer_id)
        )
        """
    )
    op.execute(
        """
        create table tallies (
            maker_id uuid not null,
            customer_id uuid not null,
            orders integer not null,
            amount numeric not null,
            constraint pk_tallies primary key (maker_id, customer_id)
        )
        """
    )
    op.execute(
        """
        create table heard (
            id bigint generated always as identity constraint pk_heard primary key,
            maker_id uuid not null,
            key text not null,
            subject text not null,
            sequence bigint not null,
            event_id uuid not null,
            type text not null
        )
        """
    )
    migrations.secure(op, ["orders", "buyers", "tallies", "heard"])
