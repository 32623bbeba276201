"""What payments shows: SQL to answers, lists by cursor. Reads decide nothing."""
