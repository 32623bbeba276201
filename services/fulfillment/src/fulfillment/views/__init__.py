"""Answers and the reads behind them: core state or SQL → response models, with cursor paging."""
