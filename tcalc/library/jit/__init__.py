"""`torch.jit` and `torch.compile`: functions and modules as plans, and as files."""
