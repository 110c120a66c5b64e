"""`torch.cuda`: what a program asks of the GPU, or of a machine that has none."""
