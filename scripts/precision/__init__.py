"""How near tcalc's and PyTorch's numbers come to the exact ones: what is tried, and how it is told."""
