"""Which open invoices a bank line pays (消込): staged rules, the decision, and the proof of it (PAY-030 to PAY-036)."""

from payments.core.matching.decide import decide
from payments.core.matching.facts import Directory, IncomingLine, KnownName, MatchingRules, OpenBook, OpenInvoice, Proof
from payments.core.matching.outcome import Candidate, Decision, Fit, Lost, Reason, Rule, Share, Verdict
from payments.core.matching.proof import replayed

__all__ = [
    "Candidate",
    "Decision",
    "Directory",
    "Fit",
    "IncomingLine",
    "KnownName",
    "Lost",
    "MatchingRules",
    "OpenBook",
    "OpenInvoice",
    "Proof",
    "Reason",
    "Rule",
    "Share",
    "Verdict",
    "decide",
    "replayed",
]
