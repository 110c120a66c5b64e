"""`torch.amp`: work in fewer digits where they are enough, and losses scaled so that gradients last."""
