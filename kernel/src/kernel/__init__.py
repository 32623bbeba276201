"""What all parties must agree on to the yen."""
