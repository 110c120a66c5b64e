"""Packages that some formats need and that not everybody has."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from tcalc.errors import ModuleError


def needed(package: str, what: str, extra: str) -> Any:
    """A module of a package; where it is not installed, an error that says how to install it.

    what: the files that need it; extra: what the project calls the package among its extras.
    """
    try:
        return import_module(package)
    except ImportError:
        root = package.partition(".")[0]
        raise ModuleError(
            f"{what} files need {root}, which is not installed",
            hint=f"pip install 'tcalc[{extra}]'",
        ) from None
