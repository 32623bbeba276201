"""Rows ⇄ core state, in bulk. Lock order everywhere: orders by id, then exposures by customer."""
