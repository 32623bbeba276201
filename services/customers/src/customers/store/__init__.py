"""Rows ⇄ core state, in bulk. Lock order everywhere: codes, then delegations, then customers by id, then terms."""
