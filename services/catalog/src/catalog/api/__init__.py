"""Catalog's routes, one module per aggregate."""
