"""Rows ⇄ core state, in bulk. Lock order everywhere: invoices by id, then billables by id, then number series.

Issuing locks no invoice: those it writes are new, and what they replace is only read. So nobody who holds a billable or
a series waits for an invoice.
"""
