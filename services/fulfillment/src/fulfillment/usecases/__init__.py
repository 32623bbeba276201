"""What people and messages do: load once, decide in order, save once, announce. Both edges call the same deeds."""
