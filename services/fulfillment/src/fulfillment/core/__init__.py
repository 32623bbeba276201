"""The rules of fulfillment: what may ship, on which note, with which charges, and what came back. Pure."""
