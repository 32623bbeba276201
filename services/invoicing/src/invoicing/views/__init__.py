"""Answers and papers: SQL → what people read."""
