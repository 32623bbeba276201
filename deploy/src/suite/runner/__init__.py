"""The suite as one thing on one machine: its home folder, its processes and the supervisor that keeps them running."""
