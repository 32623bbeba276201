"""Answers of customers: views made from core state, and lists read straight from the tables."""
