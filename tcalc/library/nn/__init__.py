"""Modules: layers with parameters, and what holds them together."""
