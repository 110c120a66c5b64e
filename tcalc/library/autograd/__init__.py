"""`torch.autograd` beyond gradients: ops of a program's own, and what nodes save."""
