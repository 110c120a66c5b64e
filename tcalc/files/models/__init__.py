"""Files that hold models: PyTorch's own, and safetensors. Neither runs anything that a file says."""
