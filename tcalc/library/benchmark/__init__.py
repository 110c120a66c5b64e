"""torch.utils.benchmark: measured statements, side by side."""
