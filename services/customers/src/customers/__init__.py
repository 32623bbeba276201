"""Makers, members, customers, terms, ship-tos, credit, delegation."""
