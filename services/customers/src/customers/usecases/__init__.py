"""What customers does: load, decide in the core, save, announce; always for a sequence, never committing."""
