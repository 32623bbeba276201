"""What `ordering` decides, and nothing else: standard library and kernel only, no clock, ids, randomness or I/O."""
