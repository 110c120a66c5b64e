"""torch.distributions: what is drawn, how likely it is, and how far two are apart."""
