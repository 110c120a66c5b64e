"""From text to a syntax tree: tokens, a Pratt parser, and every check Python's compiler makes."""

from tcalc.parser.highlight import highlight_tokens
from tcalc.parser.parser import is_incomplete, parse, parse_all

__all__ = ["highlight_tokens", "is_incomplete", "parse", "parse_all"]
