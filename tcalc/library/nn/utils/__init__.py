"""torch.nn.utils: tools around modules."""
