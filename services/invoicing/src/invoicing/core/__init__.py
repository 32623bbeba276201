"""The rules of billing: pure, standard library and kernel only. No clock, id, randomness or I/O in here."""
