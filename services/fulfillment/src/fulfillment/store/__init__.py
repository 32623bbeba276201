"""Rows ⇄ core state, in bulk. Lock order everywhere: delivery notes, then orders, then number series."""
