"""Nested programs need the recursion limit that tcalc's entry point sets."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def deep() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 3500))
    yield
    sys.setrecursionlimit(limit)
