"""PyTorch's modules around tensors."""
