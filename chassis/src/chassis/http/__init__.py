"""What routes are written with. See chassis/HTTP.md."""

from chassis.http.app import create_app, drain
from chassis.http.edge import Edge
from chassis.http.models import (
    AmountText,
    Batch,
    BusinessDate,
    Instant,
    Listing,
    MoneyText,
    PercentText,
    PriceText,
    Problem,
    QuantityInt,
    RequestModel,
    Result,
    Results,
    RowProblem,
    TaxPercentText,
    Text,
    VersionInt,
    View,
)
from chassis.http.needs import anyone, needs, needs_service
from chassis.http.paging import Page, cursor_of
from chassis.http.refused import Refused, WrongFields
from chassis.http.results import file_response
from chassis.http.routes import NotDeclared, Router, download_responses, problem_responses
from chassis.http.waiting import Answered, waits
from chassis.problems import ProblemTexts

Request = RequestModel
"""The name of PLAN §4; `RequestModel` says the same without hiding Starlette's Request."""

__all__ = [
    "AmountText",
    "Answered",
    "Batch",
    "BusinessDate",
    "Edge",
    "Instant",
    "Listing",
    "MoneyText",
    "NotDeclared",
    "Page",
    "PercentText",
    "PriceText",
    "Problem",
    "ProblemTexts",
    "QuantityInt",
    "Refused",
    "Request",
    "RequestModel",
    "Result",
    "Results",
    "Router",
    "RowProblem",
    "TaxPercentText",
    "Text",
    "VersionInt",
    "View",
    "WrongFields",
    "anyone",
    "create_app",
    "cursor_of",
    "download_responses",
    "drain",
    "file_response",
    "needs",
    "needs_service",
    "problem_responses",
    "waits",
]
