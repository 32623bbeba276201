"""The closing run (締め): pure, so that the preview is the run (INV-060 to INV-062, DOMAIN_RULES §2 no. 3).

For a closing date every customer whose terms close on it and who is billed itself gets one invoice per currency from
the notes of itself and its delegators dated up to that date. Once (bill-to, currency, closing date) has run, even
empty, it is closed: what comes later goes to the next run, marked late.
"""

from invoicing.core.closing.account import AccountClosing, AccountOutcome
from invoicing.core.closing.facts import (
    Account,
    BillToOut,
    ClosingFacts,
    ExcludedBillTo,
    ExcludedSource,
    RunClosing,
    SourceOut,
)
from invoicing.core.closing.run import ClosingPreview, preview
from invoicing.core.closing.scope import Scope, scope_of

__all__ = [
    "Account",
    "AccountClosing",
    "AccountOutcome",
    "BillToOut",
    "ClosingFacts",
    "ClosingPreview",
    "ExcludedBillTo",
    "ExcludedSource",
    "RunClosing",
    "Scope",
    "SourceOut",
    "preview",
    "scope_of",
]
