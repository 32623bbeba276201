"""What payments does: load, decide in the core, save in bulk, announce. No commit, no route, no broker."""
