"""Rows to core state and back, always in bulk: a constant number of statements however many things there are."""
