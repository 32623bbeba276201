"""Unshipped SKUs, order charges, delivery notes, returns."""
