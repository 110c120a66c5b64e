"""Each element by itself: arithmetic, functions, choices."""
