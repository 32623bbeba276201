"""Brands, taxes, products, SKUs, prices, web catalogs."""
