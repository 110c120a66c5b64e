"""torchvision.datasets: data sets in the files that PyTorch users have."""
