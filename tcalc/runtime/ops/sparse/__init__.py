"""Sparse tensors: making them, what they keep, and the ops that take them."""
