"""What `customers` decides: makers, customers, terms and delegations. Pure: stdlib and kernel only."""
