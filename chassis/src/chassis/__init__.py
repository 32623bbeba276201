"""The runtime every service stands on; it knows no business word."""
