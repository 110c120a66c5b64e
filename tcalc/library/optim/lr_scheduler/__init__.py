"""Schedules of learning rates: torch.optim.lr_scheduler."""
