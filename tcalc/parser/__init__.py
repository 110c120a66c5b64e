"""From text to a syntax tree: tokens, a Pratt parser, and every check Python's compiler makes."""

from tcalc.parser.parser import is_incomplete, parse, parse_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tcalc.parser.highlight import highlight_tokens

__all__ = ["highlight_tokens", "is_incomplete", "parse", "parse_all"]


def __getattr__(name: str) -> object:
    """What only the prompt needs is loaded when it is asked for."""
    if name == "highlight_tokens":
        from tcalc.parser.highlight import highlight_tokens

        return highlight_tokens
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
