"""The folder in which PyTorch keeps weights that were fetched, and which of its files programs get.

Other programs than ours read what lies there, and may believe what it says: published weights alone
are put there, from where they are published and with the hash that their name says.
"""

from __future__ import annotations

import os

# Where weights are published that may be put there.
PUBLISHERS = frozenset({"download.pytorch.org"})
_SUFFIXES = (".pth", ".pt")
_LEAST_DIGITS = 8


def folder() -> str:
    """PyTorch's folder for the hub, as the environment of whoever started us says."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join("~", ".cache")
    home = os.environ.get("TORCH_HOME") or os.path.join(cache, "torch")
    return os.path.join(os.path.expanduser(home), "hub")


def checkpoints() -> str:
    """The folder of weights in it."""
    return os.path.join(folder(), "checkpoints")


def is_published(file: str) -> bool:
    """Whether a file is called as published weights are: by what its hash begins with.

    >>> is_published("resnet18-f37072fd.pth"), is_published("mine.pth")
    (True, False)
    """
    stem, suffix = os.path.splitext(file)
    name, dash, digits = stem.rpartition("-")
    return (
        suffix in _SUFFIXES
        and bool(name and dash)
        and len(digits) >= _LEAST_DIGITS
        and all(digit in "0123456789abcdef" for digit in digits)
    )
