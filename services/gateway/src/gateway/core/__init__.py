"""What `gateway` decides: who may log in, and what a role may do. Pure: stdlib and kernel only."""
