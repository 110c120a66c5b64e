"""`torch.testing`: whether values are what they should be, and tensors to try things with."""
