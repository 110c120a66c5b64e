"""The ways of looking at a file, as `tcalc inspect` and `tcalc diff` have them."""

from __future__ import annotations

import io
from typing import Any

from tcalc.files import Entry
from tcalc.files.looking import looking


def listing(path: str) -> list[Entry]:
    """The arrays in a file, from its header."""
    with looking(path, io.BytesIO()) as looked:
        return looked.entries()


def blocks(path: str, columns: Any = None) -> list[list[Any]]:
    """Everything in a file, block by block."""
    with looking(path, io.BytesIO()) as looked:
        return [
            block
            for held in looked.held(columns)
            for block in held.blocks(range(len(held.entries)))
        ]
