"""Random and hostile programs, and children that run them."""
