"""Routes and request models: one module per noun."""
