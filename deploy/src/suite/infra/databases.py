"""Databases and roles of the services on a PostgreSQL server.

Per service: a login role that owns the database and runs migrations, and two roles without login that the service
takes at work, `<service>_api` (row-level security) and `<service>_worker` (ARCHITECTURE §6).
"""

from __future__ import annotations

import asyncpg

from suite.infra.postgres import PostgresServer


async def make_databases(server: PostgresServer, passwords: dict[str, str]) -> None:
    """Makes what is missing for every service and sets its password; names of roles and databases are the service's."""
    connection = await asyncpg.connect(server.url())
    try:
        roles = {row["rolname"] for row in await connection.fetch("select rolname from pg_roles")}
        databases = {row["datname"] for row in await connection.fetch("select datname from pg_database")}
        for service, password in passwords.items():
            for statement in _statements(service, password, roles, service in databases):
                await connection.execute(statement)
    finally:
        await connection.close()


def _statements(service: str, password: str, roles: set[str], has_database: bool) -> list[str]:
    owner, secret = _name(service), password.replace("'", "''")
    makes = [
        f"create role {_name(role)} {kind}"
        for role, kind in ((service, "login"), (f"{service}_api", "nologin"), (f"{service}_worker", "nologin"))
        if role not in roles
    ]
    rights = [
        f"alter role {owner} with login password '{secret}'",
        f"grant {_name(service + '_api')}, {_name(service + '_worker')} to {owner}",
    ]
    database = [] if has_database else [f"create database {owner} owner {owner} template template0"]
    return [*makes, *rights, *database, f"revoke all on database {owner} from public"]


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
