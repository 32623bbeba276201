"""Routes: at most ten lines each; the edge does the rest."""
