"""What the gateway does: makers and logins, tokens, the state of the whole suite."""
