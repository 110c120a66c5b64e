"""Computes cases, by tcalc, by PyTorch, or exactly: `-m precision.work tcalc|torch|exact`.

Each case comes pickled on standard input, with the text of a function, its dtype and its numbers; what
goes to standard output are the numbers that came out by form (see `FORMS`), or why none did.
"""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

# How many numbers a call gets; of fewer than a vector PyTorch takes another way.
FORMS = {"few": 5, "small": 16, "large": 20_000}
Values = list[np.ndarray[Any, Any]]


def flat(value: Any) -> Iterator[Any]:
    """The tensors of a result that hold numbers with a fraction, in order."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (tuple, list)):
        for v in value:
            yield from flat(v)
    elif isinstance(value, float):
        yield np.array([value])
    elif hasattr(value, "detach"):
        if value.is_complex():
            value = value.real.unsqueeze(-1), value.imag.unsqueeze(-1)
            yield from flat(value)
        elif value.is_floating_point():
            yield value.detach().double().contiguous().numpy().ravel()


def pieces(inputs: Values, form: str) -> Iterator[tuple[Values, int]]:
    """What is computed in one call, and how many of the results count."""
    size, most = len(inputs[0]), FORMS.get(form, 0)
    if form == "once":
        yield inputs, size
        return
    if form == "large":
        yield [np.resize(x, most) for x in inputs], size
        return
    for start in range(0, size, most):
        part = [x[start : start + most] for x in inputs]
        yield part, len(part[0])


def compute(case: dict[str, Any], form: str, call: Callable[..., Any]) -> np.ndarray[Any, Any]:
    """The results of a case in one form."""
    inputs = case["inputs"]
    if case["whole"]:
        outs = list(flat(call(*inputs)))
    else:
        parts = [[v[:count] for v in flat(call(*some))] for some, count in pieces(inputs, form)]
        outs = [np.concatenate(each) for each in zip(*parts)]
    if not outs:
        raise TypeError("no floats come out")
    return np.concatenate(outs)


class Torch:
    """PyTorch, the numbers in the dtype of the case or in float64."""

    def __init__(self, exact: bool) -> None:
        import torch

        torch.set_num_threads(2)
        self.torch, self.exact = torch, exact
        self.names = {"torch": torch, "F": torch.nn.functional}

    def function(self, case: dict[str, Any]) -> Callable[..., Any]:
        """The function of a case, of arrays."""
        dtype = getattr(self.torch, "float64" if self.exact else case["dtype"])
        made = eval(case["text"], dict(self.names))
        return lambda *arrays: made(*[self.torch.tensor(a).to(dtype) for a in arrays])

    def results(self, case: dict[str, Any]) -> dict[str, Any]:
        """What comes out, by form."""
        call = self.function(case)
        if self.exact or case["whole"]:
            return {"large": compute(case, "once", call)}
        forms = ["small", "large"] + ["few"] * (case["kind"] in ("special", "mixed"))
        return {form: compute(case, form, call) for form in forms}


class Exact:
    """mpmath where it has the function, else PyTorch in float64."""

    def __init__(self) -> None:
        from precision import exact

        self.by, self.torch = exact, Torch(exact=True)

    def results(self, case: dict[str, Any]) -> dict[str, Any]:
        """The exact results, None where nothing tells them, and what is lost of them in float64."""
        name, is_double = case["op"], case["dtype"] == "float64"
        has = self.by.CANCELLING if case["gradient"] else self.by.FUNCTIONS
        own = name in has and not case["whole"]
        if not own and is_double:
            raise TypeError("nothing more exact is at hand")
        found = self.torch.results(case)["large"]
        if not own:
            known = np.ones(len(found), dtype=bool)
            return {"by": "PyTorch in float64", "exact": found, "known": known, "rest": found * 0}
        # Of other dtypes PyTorch's double has digits enough; of float64 its zeros, ones and infinities
        # are conventions, and other numbers are what is measured.
        known = ~np.isfinite(found) | np.isin(found, (0, 1, -1)) | (not is_double)
        known &= name not in self.by.DOUBTFUL
        inputs = [x.tolist() for x in case["inputs"]]
        whole, rest = self.by.evaluate(name, inputs, case["gradient"])
        told = ~np.isnan(whole)
        found = np.where(told, whole, found)
        return {"by": "mpmath", "exact": found, "known": known | told, "rest": rest}


class Tcalc:
    """tcalc, with its compiled code and without."""

    def __init__(self) -> None:
        from tcalc.runtime.lazy.compiled.switch import settings
        from tcalc.session import Session

        self.settings, self.session = settings, Session()
        self.session.evaluate("import torch, numpy as np; import torch.nn.functional as F")

    def results(self, case: dict[str, Any]) -> dict[str, Any]:
        """What comes out, by form."""
        from tcalc.runtime.tensor.tensor import wrap
        from tcalc.runtime.types import dtypes

        made = self.session.evaluate(case["text"])
        dtype = getattr(dtypes, case["dtype"])

        def call(*arrays: Any) -> Any:
            return made(*[wrap(a.copy()).to(dtype) for a in arrays])

        found = {}
        for form in ("large",) if case["whole"] else ("small", "large"):
            for on in (True, False):
                self.settings.on = on
                found[form if on else f"{form} NumPy"] = compute(case, form, call)
        self.settings.on = True
        return found


def main() -> None:
    """Compute each case that comes."""
    warnings.filterwarnings("ignore")
    # What is printed by anything else goes to standard error.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    peers = {"tcalc": Tcalc, "torch": lambda: Torch(exact=False), "exact": Exact}
    peer = peers[sys.argv[1]]()
    with np.errstate(all="ignore"):
        while (case := pickle.load(sys.stdin.buffer)) is not None:
            try:
                found = peer.results(case)
            except Exception as error:  # what is refused is a row that says so
                text = f"{type(error).__name__}: {error}".splitlines()[0]
                found = {"failed": text[:200]}
            pickle.dump(found, out)
            out.flush()


if __name__ == "__main__":
    main()
