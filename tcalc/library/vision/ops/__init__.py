"""torchvision.ops: the parts that networks are made of."""
