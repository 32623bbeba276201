"""The published language: one module per owner service."""
