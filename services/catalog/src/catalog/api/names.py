"""Field types that several requests share."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from chassis.http import Text

Language = Annotated[str, Text(2)]
Name = Annotated[str, Text(255)]
Names = Annotated[dict[Language, Name], Field(min_length=1, max_length=3)]
"""Texts by language; the maker's default language is mandatory (CAT-003)."""

Currency = Annotated[str, Text(3, pattern="[A-Z]{3}", wording="an ISO 4217 code")]
Country = Annotated[str, Text(2, pattern="[A-Z]{2}", wording="an ISO 3166 code of two letters")]
Code20 = Annotated[str, Text(20)]
Code30 = Annotated[str, Text(30)]
