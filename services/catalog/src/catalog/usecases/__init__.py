"""What catalog does: always on a sequence, in one transaction, never committing."""
