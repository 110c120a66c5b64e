"""torchvision.models: networks that classify images, laid out as torchvision lays out its own."""
