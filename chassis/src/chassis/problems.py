"""What a refusal looks like to a person: HTTP status and the text in en, ja and zh for each code (GEN-010).

Texts are data: the chassis's own `problems.toml` beside this module, and one `problems.toml` per service. The code is
the contract; a text may be reworded at any time.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from kernel.refusal import Refusal

Language: TypeAlias = Literal["en", "ja", "zh"]
"""A language problems are written in; English where the caller asked for none of them."""

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
_TYPE_BASE: Final = "https://oroshi.dev/problems/"
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]*|[a-z][a-z0-9_]*")


class BadProblemFile(ValueError):
    """A problems.toml that cannot be used; tells the file, the code and what is wrong."""


@dataclass(frozen=True, slots=True)
class ProblemText:
    """How one code is told: the HTTP status and a text per language with `{fact}` placeholders."""

    status: int
    texts: Mapping[Language, str]


class ProblemTexts:
    """The texts a service answers with: the common ones of the chassis and its own."""

    def __init__(self, texts: Mapping[str, ProblemText]) -> None:
        self._texts = {**common_texts(), **texts}

    @classmethod
    def of(cls, *sources: Traversable | Path) -> ProblemTexts:
        """Reads the service's toml files. Raises BadProblemFile."""
        merged: dict[str, ProblemText] = {}
        for source in sources:
            merged |= _parsed(source)
        return cls(merged)

    def __contains__(self, code: object) -> bool:
        return code in self._texts

    def codes(self) -> frozenset[str]:
        """Every code that has a text here."""
        return frozenset(self._texts)

    def missing(self, codes: Iterable[str]) -> list[str]:
        """The codes without a text, sorted: what a test of each service asserts to be none."""
        return sorted(set(codes) - self._texts.keys())

    def status(self, code: str) -> int:
        """The HTTP status of a code; 422 for a code nobody wrote a text for."""
        found = self._texts.get(code)
        return found.status if found else 422

    def text(self, refusal: Refusal, language: Language) -> str:
        """The sentence for people, facts filled in; the bare code where no text exists."""
        found = self._texts.get(refusal.code)
        if found is None:
            return title(refusal.code)
        return found.texts[language].format_map(_Facts(refusal.facts))


class _Facts(dict[str, str]):
    """Facts for `format_map`: one that the refusal did not bring shows as an ellipsis rather than fail the answer."""

    def __missing__(self, key: str) -> str:
        return "…"


@cache
def common_texts() -> Mapping[str, ProblemText]:
    """The codes every service may use without writing them down."""
    return _parsed(files("chassis") / "problems.toml")


def title(code: str) -> str:
    """`CUSTOMER_ON_HOLD` → `Customer on hold`."""
    return code.replace("_", " ").capitalize()


def type_uri(code: str) -> str:
    """`CUSTOMER_ON_HOLD` → `https://oroshi.dev/problems/customer-on-hold` (RFC 9457 `type`)."""
    return _TYPE_BASE + code.lower().replace("_", "-")


def language_of(accept_language: str | None) -> Language:
    """The best of our languages an Accept-Language header asks for; English for none, for `*` and for garbage."""
    best: tuple[float, Language] = (0.0, "en")
    for part in (accept_language or "")[:200].split(","):
        tag, _, parameters = part.strip().partition(";")
        language = _language(tag)
        quality = _quality(parameters)
        if language is not None and quality > best[0]:
            best = (quality, language)
    return best[1]


def _language(tag: str) -> Language | None:
    primary = tag.strip().lower().partition("-")[0]
    return next((language for language in LANGUAGES if language == primary), None)


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name != "q":
        return 1.0
    return float(value) if re.fullmatch(r"[01](\.[0-9]{0,3})?", value) else 0.0


def _parsed(source: Traversable | Path) -> dict[str, ProblemText]:
    try:
        tables = tomllib.loads(source.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise BadProblemFile(f"{source}: {error}") from error
    return {code: _problem_text(source, code, table) for code, table in tables.items()}


def _problem_text(source: Traversable | Path, code: str, table: object) -> ProblemText:
    if not _CODE.fullmatch(code) or not isinstance(table, dict):
        raise BadProblemFile(f"{source}: [{code}] is not a code in capitals with status, en, ja and zh")
    status = table.get("status")
    texts = {language: table.get(language) for language in LANGUAGES}
    if not isinstance(status, int) or not 400 <= status < 600:
        raise BadProblemFile(f"{source}: [{code}] needs a status from 400 to 599")
    written = {language: text for language, text in texts.items() if isinstance(text, str) and text}
    if len(written) != len(LANGUAGES) or table.keys() - {"status", *LANGUAGES}:
        raise BadProblemFile(f"{source}: [{code}] needs exactly status, en, ja and zh")
    _check_placeholders(source, code, written)
    return ProblemText(status, written)


def _check_placeholders(source: Traversable | Path, code: str, texts: Mapping[Language, str]) -> None:
    for text in texts.values():
        try:
            text.format_map(_Facts())
        except (ValueError, AttributeError, IndexError) as error:
            raise BadProblemFile(f"{source}: [{code}] has a broken placeholder in “{text}”: {error}") from error
