"""torchvision.transforms: images made ready for models, as classes and as functions."""
