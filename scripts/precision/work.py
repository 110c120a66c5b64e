"""Computes cases, by tcalc, by PyTorch, or exactly: `-m precision.work tcalc|torch|exact CASES RESULTS`.

CASES is a pickled list of cases, each with the text of a function, its dtype and its numbers; RESULTS
gets for each the numbers that came out by form (see `FORMS`), or why none did.
"""

from __future__ import annotations

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
        from precision.exact import CANCELLING, FUNCTIONS, evaluate

        self.functions, self.cancelling, self.evaluate = FUNCTIONS, CANCELLING, evaluate
        self.torch = Torch(exact=True)

    def results(self, case: dict[str, Any]) -> dict[str, Any]:
        """The exact results, None where nothing tells them, and what is lost of them in float64."""
        # Of others than float64 PyTorch's double has digits enough, but where derivatives cancel.
        own = case["op"] in (self.cancelling if case["gradient"] else self.functions)
        own = own and (case["gradient"] or case["dtype"] == "float64") and not case["whole"]
        if not own and case["dtype"] == "float64":
            raise TypeError("nothing more exact is at hand")
        found = self.torch.results(case)["large"]
        known = np.ones(len(found), dtype=bool)
        if not own:
            return {"by": "PyTorch in float64", "exact": found, "known": known, "rest": found * 0}
        if case["dtype"] == "float64":
            # Its zeros, ones and infinities are conventions; other numbers are what is measured.
            known = ~np.isfinite(found) | np.isin(found, (0, 1, -1))
        inputs = [x.tolist() for x in case["inputs"]]
        whole, rest = self.evaluate(case["op"], inputs, case["gradient"])
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
    """Compute each case of a file."""
    who, cases, results = sys.argv[1:]
    warnings.filterwarnings("ignore")
    peer = {"tcalc": Tcalc, "torch": lambda: Torch(exact=False), "exact": Exact}[who]()
    found: list[dict[str, Any]] = []
    with open(cases, "rb") as given, np.errstate(all="ignore"):
        for case in pickle.load(given):
            try:
                found.append(peer.results(case))
            except Exception as error:  # what is refused is a row that says so
                text = f"{type(error).__name__}: {error}".splitlines()[0]
                found.append({"failed": text[:200]})
    with open(results, "wb") as out:
        pickle.dump(found, out)


if __name__ == "__main__":
    main()
