"""tcalc: a tensor calculator with PyTorch's names and numbers."""

__version__ = "0.1.0"
