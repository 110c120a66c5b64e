"""Layers and losses of neural networks as functions."""
