"""Functions of functions: plans, derivatives."""
