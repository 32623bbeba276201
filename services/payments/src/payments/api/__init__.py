"""The routes of payments, one module per kind of thing."""

from payments.api import balances, files, lines, receivables

ROUTERS = (files.router, lines.router, receivables.router, balances.router)
"""All of them."""
