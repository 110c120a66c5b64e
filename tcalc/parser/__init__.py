"""From text to a syntax tree: tokens, a Pratt parser, and every check Python's compiler makes."""
