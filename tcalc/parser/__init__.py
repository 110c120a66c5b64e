"""From text to a syntax tree: tokens, a Pratt parser, and every check Python's compiler makes."""

from tcalc.parser.parser import is_incomplete, parse, parse_all

__all__ = ["is_incomplete", "parse", "parse_all"]
