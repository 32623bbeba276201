"""Rows ⇄ core state, in bulk, one module per aggregate."""
