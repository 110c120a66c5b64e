"""`logging`: records on standard error or in files."""

from __future__ import annotations

from tcalc.language import logs
from tcalc.language.lent import lend
from tcalc.language.logs import LEVELS, root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


def _of_root(name: str) -> Any:
    method = getattr(root, name)

    def call(*args: Any, **kwargs: Any) -> None:
        if not root.handlers:
            logs.basic_config()
        method(*args, **kwargs)

    call.__name__, call.__doc__ = name, method.__doc__
    return call


def disable(level: Any = LEVELS["CRITICAL"]) -> None:
    """Take no records of a level or below, whatever loggers say"""
    logs.off[0] = logs.level_of(level)


def members() -> dict[str, Any]:
    """What programs find in it."""
    kinds = (logs.FileHandler, logs.Formatter, logs.Logger, logs.NullHandler, logs.StreamHandler)
    names = "critical debug error exception info log warn warning".split()
    return {
        **lend("logging", *kinds),
        **LEVELS,
        **{name: _of_root(name) for name in names},
        "basicConfig": logs.basic_config,
        "disable": disable,
        "getLevelName": logs.level_name,
        "getLogger": logs.get_logger,
        "root": root,
    }
