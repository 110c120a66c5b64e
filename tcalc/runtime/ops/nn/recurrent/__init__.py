"""Recurrent layers: sequences that are read step by step."""
