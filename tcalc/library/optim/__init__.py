"""Optimizers: updates of parameters from their gradients."""
