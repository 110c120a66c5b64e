"""What was called, as data: calls of ops on values, with their shapes, and what makes them fewer."""
