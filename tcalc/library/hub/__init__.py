"""torch.hub: weights from the cache that PyTorch keeps, and models of repositories that lie here."""
