"""Balances, bank statements, reconciliation."""
