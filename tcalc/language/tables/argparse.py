"""`argparse`: the arguments of a program, taken apart."""

from __future__ import annotations

import argparse

from tcalc.language import classes
from tcalc.language.arguments import ArgumentParser, Namespace, Token
from tcalc.language.lent import lend
from tcalc.language.modules import stands_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def members() -> dict[str, Any]:
    """What programs find in it."""
    stands_in(argparse)
    classes.NAMED.add(Namespace)
    formatters = (
        argparse.HelpFormatter, argparse.ArgumentDefaultsHelpFormatter,
        argparse.RawTextHelpFormatter, argparse.RawDescriptionHelpFormatter,
        argparse.MetavarTypeHelpFormatter, argparse.BooleanOptionalAction,
    )  # fmt: skip
    tokens = {kind.__name__: Token(kind) for kind in formatters}
    texts = {name: getattr(argparse, name) for name in ("SUPPRESS", "REMAINDER")}
    texts.update({name: getattr(argparse, name) for name in ("OPTIONAL", "ZERO_OR_MORE")})
    return {
        **lend("argparse", ArgumentParser),
        **tokens,
        **texts,
        "ONE_OR_MORE": argparse.ONE_OR_MORE,
        "Namespace": Namespace,
        "ArgumentTypeError": argparse.ArgumentTypeError,
    }
