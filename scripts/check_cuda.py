#!/usr/bin/env python3
"""Compare every op's sample calls, and their gradients, on a GPU with the CPU's results.

For a machine with a GPU and CuPy: `python scripts/check_cuda.py [OP ...]`. Prints a table of the
ops that differ or fail, with --all of all. Exit status: 0 where they agree, 1 where some do not,
2 without a GPU.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np

from tcalc.runtime.arrays import backend, cuda
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types.devices import device

# What gives other values there: unfilled memory, the GPU's own random numbers, its number; and
# vectors that are known up to their sign, of which other ops' samples see enough.
DIFFERENT = frozenset({
    "empty_like", "rand_like", "randn_like", "binomial", "get_device", "linalg_eig", "linalg_eigh", "eigh",
    "linalg_svd", "svd", "linalg_qr", "qr", "geqrf",
})  # fmt: skip
RTOL, ATOL = 1e-7, 1e-9


def leaves(result: Any) -> list[Any]:
    """The values in tuples and lists, one after the other."""
    if isinstance(result, (tuple, list)):
        return [leaf for part in result for leaf in leaves(part)]
    return [result]


def results(sample: Sample, convert: Callable[[Any], Tensor]) -> list[Any]:
    """What a sample call gives, then the gradients of its inexact inputs."""
    tensors, inexact = {}, []
    for array in sample.arrays():
        leaf = tensors[id(array)] = convert(array)
        if array.dtype.kind in "fc" and sample.op.has_gradient:
            inexact.append(leaf.requires_grad_(True))
    found = leaves(sample.call(lambda array: tensors[id(array)]))
    total: Any = None
    for out in found:
        if isinstance(out, Tensor) and out.requires_grad:
            size = out.abs()
            part = (size * size).sum()
            total = part if total is None else total + part
    if total is None:
        return found
    try:
        grads = lookup("torch.autograd.grad")(total, inexact, allow_unused=True)
    except RuntimeError as e:
        if "is not implemented" not in str(e):
            raise
        return found
    return [*found, *(g for g in grads if g is not None)]


def verdict(op: Op) -> str:
    """ "same", "not run", or what is wrong with an op on the GPU."""
    said = "not run"
    gpu = device("cuda", 0)
    for sample in samples_of(op):
        try:
            want = results(sample, wrap)
        except Exception:  # where the CPU does not do it either
            continue
        try:
            got = results(sample, lambda a: wrap(backend.to_device(a, gpu)))
        except Exception as e:  # which is what is looked for
            return f"fails: {type(e).__name__}: {e}".partition("\n")[0]
        said = "same"
        for a, b in zip(want, got):
            if not isinstance(a, Tensor):
                continue
            if b.device.type != "cuda":
                return f"gives a tensor on {b.device}"
            host = b.detach().cpu().array
            if (host.dtype, host.shape) != (a.array.dtype, a.array.shape):
                return f"gives {host.dtype} {host.shape}, not {a.array.dtype} {a.array.shape}"
            if op.name not in DIFFERENT and not np.allclose(
                host, a.array, rtol=RTOL, atol=ATOL, equal_nan=True
            ):
                return f"differs by {np.nanmax(np.abs(host - a.array)):.3g} in {sample!r}"
    return said


def main(args: list[str]) -> int:
    """Check the named ops, or all."""
    if not cuda.count():
        print(
            "check_cuda: there is no GPU to check with (or no CuPy, or no driver)", file=sys.stderr
        )
        return 2
    for module in _index.MODULES:
        importlib.import_module(module)
    wanted = {a for a in args if not a.startswith("-")}
    wrong = checked = 0
    for op in OPS:
        if (wanted and op.name not in wanted) or "devices" in op.exempt:
            continue
        if not any(sample.arrays() for sample in samples_of(op)):
            continue
        said = verdict(op)
        checked += said != "not run"
        wrong += said not in ("same", "not run")
        if said != "same" or "--all" in args:
            print(f"{op.name:28}{op.family:14}{said}", flush=True)
    print(f"{checked} ops checked, {wrong} of them not as on the CPU")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
