"""Databases and roles of the services on a PostgreSQL server.

Per service: a login role that owns the database and runs migrations, and two roles without login that the service
takes at work, `<service>_api` (row-level security) and `<service>_worker` (ARCHITECTURE §6).
"""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

import asyncpg

from suite.infra.postgres import SUPERUSER, PostgresServer
from suite.places import SERVICES


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


def main() -> None:
    """`python -m suite.infra.databases SECRETS --superuser FILE`: for containers. Server: `OROSHI_POSTGRES`."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("secrets", type=Path, help="folder with database-<service>")
    parser.add_argument("--superuser", type=Path, required=True, help="file with the superuser's password")
    asked = parser.parse_args()
    host, _, port = os.environ.get("OROSHI_POSTGRES", "postgres:5432").partition(":")
    server = PostgresServer(host, int(port or 5432), SUPERUSER, asked.superuser.read_text(encoding="utf-8").strip())
    passwords = {name: (asked.secrets / f"database-{name}").read_text(encoding="utf-8").strip() for name in SERVICES}
    asyncio.run(make_databases(server, passwords))


if __name__ == "__main__":
    main()
