"""Arrays that keep only some of their elements, and what is computed with them."""
