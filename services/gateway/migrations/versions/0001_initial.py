"""Logins, memberships, makers."""

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
        create table logins (
            login_id uuid not null constraint pk_logins primary key,
            email text not null constraint uq_logins_email unique
                constraint ck_logins_email_lower_case check (email = lower(email)),
            name text not null,
            password_hash text not null,
            failures integer not null,
            failing_since timestamptz,
            locked_until timestamptz,
            created_at timestamptz not null
        )
        """
    )
    op.execute(
        """
        create table memberships (
            membership_key text not null constraint pk_memberships primary key,
            member_of uuid not null,
            email text not null,
            name text not null,
            roles text[] not null,
            active boolean not null,
            version bigint not null
        )
        """
    )
    op.execute("create index ix_memberships_email on memberships (email)")
    op.execute(
        """
        create table maker_requests (
            reference text not null constraint pk_maker_requests primary key,
            new_maker_id uuid not null,
            name text not null,
            owner_email text not null,
            requested_at timestamptz not null
        )
        """
    )
    op.execute(
        """
        create table makers (
            known_maker_id uuid not null constraint pk_makers primary key,
            name text not null,
            version bigint not null
        )
        """
    )
    migrations.secure(op, [], shared=["logins", "memberships", "maker_requests", "makers"])
