"""What `catalog` decides: brands, taxes, products, SKUs, web catalogs. Pure: stdlib and kernel only."""
