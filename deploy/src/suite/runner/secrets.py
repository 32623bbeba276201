"""Keys and passwords of a home: made at its first start, kept 0600, never shown in a log."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import OKPKey

from chassis.auth import AUDIENCE, ISSUER, SERVICE, signed
from suite.infra.folders import write_private
from suite.places import SERVICES

OPERATOR_EMAIL = "operator@oroshi.local"
_TEN_YEARS = 10 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class Secrets:
    """The secrets of one home below its `secrets/` folder."""

    folder: Path

    def make(self, services: Sequence[str]) -> None:
        """Everything that is not there yet: signing key and JWKS, operator login, tokens and passwords per service."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self.signing_key.exists():
            self._make_key()
        if not self.operator.exists():
            login = {"email": OPERATOR_EMAIL, "password": secrets.token_urlsafe(18)}
            write_private(self.operator, json.dumps(login))
        for service in services:
            if not self.token(service).exists():
                self._write_token(service)
            if not self._password(service).exists():
                write_private(self._password(service), secrets.token_urlsafe(24))

    @property
    def signing_key(self) -> Path:
        """Private Ed25519 JWK, for the gateway alone."""
        return self.folder / "gateway" / "signing-key.json"

    @property
    def jwks(self) -> Path:
        """The public keys, for every service."""
        return self.folder / "jwks.json"

    @property
    def operator(self) -> Path:
        """`{"email", "password"}` of the platform operator."""
        return self.folder / "gateway" / "operator.json"

    def token(self, service: str) -> Path:
        """The token by which one service asks another."""
        return self.folder / f"token-{service}"

    def database_password(self, service: str) -> str:
        return self._password(service).read_text(encoding="utf-8").strip()

    def _password(self, service: str) -> Path:
        return self.folder / f"database-{service}"

    def rotate(self, services: Sequence[str]) -> None:
        """A new signing key, and tokens by it. The key before stays among the public ones, the one before that goes."""
        self._make_key(self._key())
        for service in services:
            self._write_token(service)

    def _make_key(self, *before: OKPKey) -> None:
        key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": "EdDSA"}, private=True, auto_kid=True)
        # Known before it signs: cut off in between, nobody holds a token that others do not know.
        write_private(self.jwks, json.dumps({"keys": [one.as_dict(private=False) for one in (key, *before)]}))
        write_private(self.signing_key, json.dumps(key.as_dict(private=True)))

    def _key(self) -> OKPKey:
        return OKPKey.import_key(json.loads(self.signing_key.read_text(encoding="utf-8")))

    def _write_token(self, service: str) -> None:
        key = self._key()
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": f"service:{service}", "permissions": [SERVICE]}
        token = signed({**claims, "iat": now, "exp": now + _TEN_YEARS}, key, str(key.kid))
        write_private(self.token(service), token)


def main() -> None:
    """`python -m suite.runner.secrets DIR`: for containers, whose secrets lie in volumes instead of a home folder."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database", type=Path, help="folder for the superuser's password, which PostgreSQL reads too")
    parser.add_argument("--owner", type=int, help="account that the files are for")
    parser.add_argument("--rotate", action="store_true", help="a new signing key; the one before stays known")
    asked = parser.parse_args()
    Secrets(asked.folder).make(SERVICES)
    if asked.rotate:
        Secrets(asked.folder).rotate(SERVICES)
    if asked.database and not (asked.database / "postgres").exists():
        write_private(asked.database / "postgres", secrets.token_urlsafe(24))
        # The only file of a volume that nobody but PostgreSQL and the one-shot that makes the databases mounts.
        (asked.database / "postgres").chmod(0o644)
    if asked.owner is not None:
        for path in (asked.folder, *asked.folder.rglob("*")):
            os.chown(path, asked.owner, -1)


if __name__ == "__main__":
    main()
