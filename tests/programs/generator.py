"""Programs made at random: views, writes, aliases, dtypes, masks and gradients at play with each other.

The program of a seed is the same on every Python. Each line is a statement; about a quarter of the
programs end in one that PyTorch refuses.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

from tests.programs import computing, gradients, mistakes, views, writing
from tests.programs.program import Program

KINDS: list[tuple[int, Callable[[Program], bool]]] = [
    (8, computing.create), (7, computing.unary), (10, computing.binary),
    (4, computing.function_of_two), (4, computing.compare), (5, computing.reduce),
    (3, computing.product), (3, computing.join), (5, computing.pick), (3, computing.cast),
    (2, computing.of_any_shape), (1, computing.item),
    (20, views.plain), (5, views.lying_over), (4, views.parts), (5, views.parts_of_complex),
    (6, views.names),
    (14, writing.arithmetic), (7, writing.unary), (6, writing.copy), (6, writing.masked),
    (10, writing.subscript), (7, writing.placed), (3, writing.out), (2, writing.turned),
    (5, gradients.backward), (4, gradients.grad), (4, gradients.hook), (3, gradients.switch),
    (3, gradients.read),
]  # fmt: skip


def program(seed: int) -> list[str]:
    """The statements of a seed's program."""
    p = Program(seed)
    for _ in range(p.draw.between(2, 3)):
        computing.create(p)
    length = p.draw.between(7, 15)
    while len(p.lines) < length:
        p.draw.weighted(KINDS)(p)
    # Most end with a pass back, and some with what is refused.
    for _ in range(4):
        if p.draw.chance(0.6) and gradients.backward(p):
            break
    if p.draw.chance(0.2):
        for _ in range(20):
            if mistakes.mistake(p):
                break
    return p.lines


def checksum(lines: list[str]) -> int:
    """A sum of a program's text: recorded answers are of that text."""
    return zlib.crc32("\n".join(lines).encode())
