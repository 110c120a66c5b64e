"""How many digits, items and columns are printed: PyTorch's print options."""

from __future__ import annotations

from tcalc.runtime.base.modes import effect

_INFINITY = float("inf")

_PROFILES: dict[str, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": _INFINITY, "edgeitems": 3, "linewidth": 80},
}


class Options:
    """The settings `set_printoptions` changes; `repr` reads them, so there is one of them.

    precision: digits after the point; threshold: the number of elements above which a tensor is
    summarised to `edgeitems` at each end of each dimension; linewidth: columns of a line;
    sci_mode: force (True) or forbid (False) scientific notation, None to decide by the values.
    exact: whether numbers that would be rounded get all the digits that matter.
    """

    __slots__ = ("edgeitems", "exact", "linewidth", "precision", "sci_mode", "threshold")

    def __init__(self) -> None:
        self.precision = 4
        self.threshold: float = 1000
        self.edgeitems = 3
        self.linewidth: float = 80
        self.sci_mode: bool | None = None
        self.exact = False

    def chosen(self, name: str) -> bool:
        """Whether an option is no longer the one that a terminal's own size stands in for."""
        return bool(getattr(self, name) != _PROFILES["default"][name])


OPTIONS = Options()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: float | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Change how tensors are printed, with PyTorch's `torch.set_printoptions` meaning.

    profile: 'default', 'short' or 'full', which the other arguments can override. As in PyTorch,
    a call that does not name `sci_mode` sets it back to None.

    >>> set_printoptions(precision=2)
    >>> get_printoptions()["precision"]
    2
    >>> set_printoptions(profile="default")
    """
    effect("set_printoptions")
    settings: dict[str, float] = dict(_PROFILES.get(profile, {})) if profile is not None else {}
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    settings.update({name: value for name, value in given.items() if value is not None})
    for name, value in settings.items():
        setattr(OPTIONS, name, value)
    OPTIONS.sci_mode = sci_mode


def get_printoptions() -> dict[str, object]:
    """The options in force, as keywords that `set_printoptions` takes."""
    effect("get_printoptions")
    names = ("precision", "threshold", "edgeitems", "linewidth", "sci_mode")
    return {name: getattr(OPTIONS, name) for name in names}


class printoptions:
    """A context in which some options are different.

    >>> with printoptions(precision=1):
    ...     OPTIONS.precision
    1
    >>> OPTIONS.precision
    4
    """

    def __init__(
        self,
        precision: int | None = None,
        threshold: float | None = None,
        edgeitems: int | None = None,
        linewidth: float | None = None,
        profile: str | None = None,
        sci_mode: bool | None = None,
    ) -> None:
        self._new = (precision, threshold, edgeitems, linewidth, profile, sci_mode)
        self._old: dict[str, object] = {}

    def __enter__(self) -> None:
        self._old = get_printoptions()
        set_printoptions(*self._new)

    def __exit__(self, *_: object) -> None:
        for name, value in self._old.items():
            setattr(OPTIONS, name, value)
