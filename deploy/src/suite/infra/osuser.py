"""PostgreSQL refuses to run as root. Under root it runs as an unprivileged account that already exists.

No account is created and no mode of a parent folder is widened: where that account cannot reach the data folder or the
installed binaries, both live under `/var/lib/oroshi` and the data folder in the home is a link to it.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
from pathlib import Path

from suite.infra.children import OsUser
from suite.trouble import Trouble

SHARED = Path("/var/lib/oroshi")
_ACCOUNTS = ("postgres", "nobody")


def unprivileged_user() -> OsUser | None:
    """The account for PostgreSQL when we are root (`OROSHI_POSTGRES_OS_USER`, postgres or nobody), else None."""
    if os.geteuid() != 0:
        return None
    wanted = os.environ.get("OROSHI_POSTGRES_OS_USER")
    for name in (wanted,) if wanted else _ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return OsUser(name, entry.pw_uid, entry.pw_gid)
    raise Trouble(
        f"PostgreSQL does not run as root, and there is no account {wanted or ' or '.join(_ACCOUNTS)!r}.",
        "Run the suite as an ordinary user, or name an existing account in OROSHI_POSTGRES_OS_USER.",
    )


def reaches(user: OsUser, path: Path) -> bool:
    """Whether the account may enter the folder: execute permission on it and on every folder above."""
    return all(_enters(user, folder.stat()) for folder in (path, *path.parents))


def _enters(user: OsUser, facts: os.stat_result) -> bool:
    if facts.st_uid == user.uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == user.gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)


def own_folder(folder: Path, user: OsUser | None) -> Path:
    """Makes `folder` (0700) for the account and returns where it really is; `folder` itself always leads there."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    real = folder.resolve()
    if user and not real.exists() and not reaches(user, real.parent):
        real = SHARED / hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:16]
        _shared().joinpath(real.name).mkdir(exist_ok=True)
        folder.symlink_to(real)
    real.mkdir(exist_ok=True, mode=0o700)
    real.chmod(0o700)
    if user:
        os.chown(real, user.uid, user.gid)
    return real


def remove_folder(folder: Path) -> None:
    """Removes a folder made by `own_folder`, wherever it really is. Nothing happens when there is none."""
    real = folder.resolve()
    if folder.is_symlink():
        folder.unlink()
    shutil.rmtree(real, ignore_errors=True)


def reachable_copy(source: Path, user: OsUser | None, *, name: str) -> Path:
    """`source`, or a copy of it in a place that the account can reach."""
    if user is None or reaches(user, source):
        return source
    copy = _shared() / name
    if not copy.exists():
        copy.parent.mkdir(parents=True, exist_ok=True)
        temporary = copy.with_name(f".{copy.name}.{os.getpid()}")
        shutil.copytree(source, temporary, symlinks=True)
        for path in (temporary, *temporary.rglob("*")):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.is_dir() or path.stat().st_mode & 0o100 else 0))
        temporary.rename(copy)
    return copy


def _shared() -> Path:
    SHARED.mkdir(parents=True, exist_ok=True, mode=0o755)
    return SHARED
