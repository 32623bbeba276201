"""Orders, order confirmations, NextEngine import, exposure."""
