"""torchvision: models, transforms, datasets and utils, laid out as torchvision lays out its own."""
