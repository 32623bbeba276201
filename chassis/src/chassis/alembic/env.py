"""Alembic's environment of every service: the connection is given by `chassis.migrations.migrate`."""

from alembic import context

with_connection = context.config.attributes["connection"]
context.configure(connection=with_connection, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
