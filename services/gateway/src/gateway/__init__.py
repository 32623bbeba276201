"""Logins, tokens, one OpenAPI document, quiet."""
