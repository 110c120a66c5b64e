"""torch.utils.data: data sets, the order in which they are gone through, and batches of them."""
