"""Script functions and modules as files: their weights, and the program that they run."""
