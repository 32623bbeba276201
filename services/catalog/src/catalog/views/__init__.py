"""What catalog answers, and the reads behind it."""
