"""From what a program gives to a recorded result."""
