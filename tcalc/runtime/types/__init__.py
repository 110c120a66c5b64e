"""Dtypes, shapes and devices as names; numbers that meet a dtype."""
