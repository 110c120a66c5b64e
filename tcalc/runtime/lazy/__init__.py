"""Elementwise work on large arrays that is done when someone looks, in blocks that stay in cache.

pending: the arrays that are not computed yet. program: computes them, block by block. blocks: how
large arrays are cut, here and in reductions. readers: what must be computed before memory changes.
"""
