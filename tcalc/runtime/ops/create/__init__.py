"""New tensors, and numbers written into those that are there."""
