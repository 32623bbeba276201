"""What invoicing does: always on a sequence, always inside one transaction, never committing."""
