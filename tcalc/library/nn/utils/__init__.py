"""`torch.nn.utils`: what is done with the parameters of modules."""
