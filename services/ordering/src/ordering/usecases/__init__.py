"""Load → core → save → announce, always on a sequence, always in one transaction, never committing."""
