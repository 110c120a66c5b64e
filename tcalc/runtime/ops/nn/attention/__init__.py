"""Attention: values mixed by how well their keys answer to queries."""
