"""Packages that some formats need and that not everybody has."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tcalc.errors import FileProblem, ModuleError, ValueProblem

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@contextmanager
def told_by_a_library(name: str) -> Iterator[None]:
    """Says in our words what a library finds wrong with a file. Raises FileProblem."""
    try:
        yield
    except (FileProblem, ValueProblem):
        raise
    except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise FileProblem(f"{name} is damaged: {reason[:200]}") from None
