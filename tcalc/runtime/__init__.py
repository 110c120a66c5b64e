"""Tensors, ops and gradients; knows nothing of the language or of any display."""
