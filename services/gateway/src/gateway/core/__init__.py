"""What gateway decides: pure state, commands and events; no clock, no id, no input or output."""
