"""Codes, texts and languages (GEN-010)."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from chassis import imports
from chassis.http.field_errors import refusal
from chassis.problems import LANGUAGES, BadProblemFile, ProblemTexts, common_texts, language_of, title, type_uri
from chassis.service import Service
from chassis.testing.http import codes_without_text
from kernel.refusal import Refusal

GOOD = '[GONE]\nstatus = 410\nen = "{x} is gone."\nja = "{x}は終了。"\nzh = "{x}已结束。"\n'


@pytest.fixture
def write(tmp_path: Path) -> Path:
    return tmp_path / "problems.toml"


@pytest.mark.req("GEN-010")
@pytest.mark.parametrize("code", sorted(common_texts()))
def test_every_common_code_tells_the_same_facts_in_all_languages(code: str) -> None:
    texts = common_texts()[code].texts

    facts = [{name for _, name, _, _ in string.Formatter().parse(texts[language]) if name} for language in LANGUAGES]

    assert facts[0] == facts[1] == facts[2]


def test_a_services_text_joins_the_common_ones_and_may_word_one_anew(write: Path) -> None:
    write.write_text(GOOD + '[NOT_FOUND]\nstatus = 404\nen = "e"\nja = "j"\nzh = "z"\n')
    texts = ProblemTexts.of(write)

    assert texts.status("GONE") == 410
    assert texts.text(Refusal("GONE", {"x": "A"}), "ja") == "Aは終了。"
    assert texts.text(Refusal("NOT_FOUND"), "en") == "e"
    assert "CONFLICT" in texts


def test_a_fact_that_is_missing_and_a_code_without_text_do_not_fail_the_answer(write: Path) -> None:
    write.write_text(GOOD)
    texts = ProblemTexts.of(write)

    assert texts.text(Refusal("GONE"), "en") == "… is gone."
    assert (texts.status("NEVER_WRITTEN"), texts.text(Refusal("NEVER_WRITTEN"), "zh")) == (422, "Never written")


@pytest.mark.parametrize(
    "broken",
    [
        "[GONE",
        GOOD.replace("410", "200"),
        GOOD.replace("410", '"410"'),
        GOOD.replace('zh = "{x}已结束。"\n', ""),
        GOOD.replace("{x} is", "{x is"),
        GOOD.replace("{x} is", "{0} is"),
        GOOD + 'fr = "x"\n',
        GOOD.replace("GONE", '"Not a code"'),
        "GONE = 1",
    ],
)
def test_a_broken_file_of_texts_names_itself(write: Path, broken: str) -> None:
    write.write_text(broken)

    with pytest.raises(BadProblemFile, match=r"problems\.toml"):
        ProblemTexts.of(write)


@pytest.mark.req("GEN-010")
@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP,en;q=0.8", "ja"),
        ("fr, zh-Hans;q=0.5, en;q=0.4", "zh"),
        ("en;q=0.1, ja;q=0.9", "ja"),
        ("JA", "ja"),
        ("*", "en"),
        ("fr", "en"),
        ("ja;q=0", "en"),
        ("ja;q=x", "en"),
        (";;;,,,q=", "en"),
        ("ja;q=0.5," * 5000, "ja"),
    ],
)
def test_the_language_is_the_best_of_ours_that_is_asked_for(header: str | None, language: str) -> None:
    assert language_of(header) == language


def test_title_and_type_come_from_the_code() -> None:
    assert title("CUSTOMER_ON_HOLD") == "Customer on hold"
    assert type_uri("CUSTOMER_ON_HOLD") == "https://oroshi.dev/problems/customer-on-hold"


def test_every_code_of_a_service_has_a_text(service: Service) -> None:
    assert codes_without_text(service) == []


def test_a_code_without_text_is_found(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "usecases.py").write_text('x = [Refusal("ODD_ONE"), Refusal(code="OTHER"), Refusal(name)]')
    monkeypatch.setattr(Service, "folder", property(lambda _: tmp_path))
    monkeypatch.setattr(Service, "problems_file", property(lambda _: None))

    assert codes_without_text(service) == ["NOTHING_ORDERED", "ODD_ONE", "OTHER"]


def test_every_code_an_import_may_refuse_with_has_a_text() -> None:
    assert ProblemTexts.of().missing(imports.CODES) == []


@pytest.mark.parametrize(
    ("error", "code", "facts"),
    [
        ({"type": "missing", "loc": ("a",)}, "REQUIRED", {}),
        ({"type": "uuid_parsing", "loc": ("a",)}, "BAD_FORMAT", {"expected": "UUID"}),
        (
            {"type": "literal_error", "loc": ("a",), "ctx": {"expected": "'x' or 'y'"}},
            "BAD_CHOICE",
            {"allowed": "'x' or 'y'"},
        ),
        ({"type": "value_error", "loc": ("a",), "ctx": {"error": ValueError("odd")}}, "BAD_VALUE", {"reason": "odd"}),
        ({"type": "something_new", "loc": ("a",)}, "BAD_VALUE", {"reason": "something new"}),
        ({"type": "less_than", "loc": ("a",), "ctx": {"lt": 3}}, "OUT_OF_RANGE", {"range": "< 3"}),
    ],
)
def test_what_pydantic_finds_becomes_our_code(error: dict[str, object], code: str, facts: dict[str, str]) -> None:
    found = refusal({"input": "x", **error}, place="body")

    assert (found.code, dict(found.facts), found.field) == (code, facts, "/a")


def test_a_long_value_is_shown_in_part() -> None:
    assert refusal({"type": "string_type", "loc": ("a",), "input": "x" * 500}, place="body").value == "x" * 100 + "…"
