"""Resolves deploy/kafka/pom.xml with Maven and writes the lock file that the suite downloads from.

Needed only when the Kafka version changes: `python deploy/kafka/lock.py` on a machine with Maven.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE.parent / "src" / "suite" / "infra" / "kafka.lock.json"


def main() -> None:
    with tempfile.TemporaryDirectory() as repository:
        jars = {path.relative_to(repository).as_posix(): _sha256(path) for path in _resolve(Path(repository))}
    LOCK.write_text(json.dumps({"jars": dict(sorted(jars.items()))}, indent=1) + "\n", encoding="utf-8")
    print(f"{len(jars)} jars locked in {LOCK}")


def _resolve(repository: Path) -> list[Path]:
    listing = repository / "classpath"
    subprocess.run(  # noqa: S603  # Maven, from PATH, with arguments of ours
        (  # noqa: S607
            "mvn",
            "--quiet",
            "--batch-mode",
            f"--file={HERE / 'pom.xml'}",
            f"-Dmaven.repo.local={repository}",
            "dependency:build-classpath",
            "-DincludeScope=runtime",
            f"-Dmdep.outputFile={listing}",
        ),
        check=True,
    )
    return [Path(part) for part in listing.read_text(encoding="utf-8").split(":")]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
