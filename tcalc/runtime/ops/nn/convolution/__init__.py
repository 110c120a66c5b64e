"""Convolutions, their transposes and their ways back."""
