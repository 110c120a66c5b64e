"""Products, factors and systems of matrices."""
