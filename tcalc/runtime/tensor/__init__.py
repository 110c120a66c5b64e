"""An array, its memory, its views."""
