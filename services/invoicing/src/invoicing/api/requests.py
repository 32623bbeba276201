"""Request parts that several routes take. Notes, invoices and customers are named by id, or by number or code."""

from __future__ import annotations

from typing import Annotated

from chassis.http import RequestModel, Text
from invoicing.core.document import Wording

RefText = Annotated[str, Text(50)]
"""An id, or the number or code people know the thing by."""

Reason = Annotated[str, Text(500)]


class WordingRequest(RequestModel):
    """What people write on an invoice: at the top of each page, at the end, and for the maker's own eyes."""

    header_comment: Annotated[str, Text(100, blank=True)] = ""
    footer_comment: Annotated[str, Text(20_000, blank=True, lines=True)] = ""
    internal_note: Annotated[str, Text(10_000, blank=True, lines=True)] = ""

    def wording(self) -> Wording:
        return Wording(self.header_comment, self.footer_comment, self.internal_note)
