"""Values and gradients over the whole range of each dtype, against the same op in double.

Where the answer can be held in the dtype, ours is near it: nothing on the way, such as a square,
leaves the range of the dtype before the result does. What PyTorch itself loses is in a table.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tcalc.errors import AutogradError, DtypeError, TcalcError
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import dtypes
from tcalc.session import Session

for module in _index.MODULES:
    importlib.import_module(module)

grad = lookup("torch.autograd.grad")
seed = lookup("torch.manual_seed")
# What sample inputs are multiplied by, and how far from the answer is near, as a part of it.
SCALES = {
    "float32": (1e-30, 1e-25, 1e-20, 1e-12, 1e-6, 1.0, 1e6, 1e12, 1e20, 1e25, 1e30),
    "float16": tuple(2.0**e for e in (-12, -9, -6, -3, 0, 3, 6, 8, 10, 13)),
    "bfloat16": (1e-30, 1e-20, 1e-10, 1e-3, 1.0, 8.0, 64.0, 1e3, 1e10, 1e20, 1e30),
}
# What is added to all of them: beside it small differences are easily lost.
OFFSET = {"float32": 1000.0, "float16": 300.0, "bfloat16": 300.0}
NEAR = {"float32": 1e-3, "float16": 0.02, "bfloat16": 0.15}
# The step from 1 to the next number, the least number with all its digits, and the greatest.
LIMITS = {
    "float32": (2.0**-23, 2.0**-126, 3.4e38), "float16": (2.0**-10, 2.0**-14, 65504.0),
    "bfloat16": (2.0**-7, 2.0**-126, 3.38e38),
}  # fmt: skip
# Where factors are LAPACK's, of single floats, as PyTorch's are: what it does not scale is lost.
LAPACK = {
    "determinants", "eigenvalues", "factorizations", "inverses", "least_squares", "lu",
    "matrix_functions", "singular_values", "solvers",
}  # fmt: skip
TRIED = [
    op for op in OPS
    if op.has_gradient and op.qualified and any("._" not in q for q in op.qualified)
    and "gradients" not in op.exempt
]  # fmt: skip


class Case:
    """A sample call with its floating inputs scaled, or moved by an offset, in one dtype.

    which: the input that is scaled alone, or None for all of them.
    """

    def __init__(
        self, sample: Sample, dtype: str, scale: float, which: int | None = None, offset: float = 0
    ) -> None:
        self.sample = sample
        self.dtype = dtype
        self.scale = scale
        self.which = which
        self.offset = offset
        given = sample.arrays()
        inexact = [a for a in given if a.dtype.kind in "fc"]
        self.arrays = {id(a): a for a in given}
        for k, a in enumerate(inexact):
            scaled = a * (scale if which in (None, k) else 1.0) + offset
            self.arrays[id(a)] = wide(scaled.astype(self.kind(a)))

    def kind(self, array: Any) -> Any:
        """The NumPy dtype that stands for an array's."""
        return np.complex64 if array.dtype.kind == "c" else getattr(dtypes, self.dtype).numpy

    def narrow(self) -> dict[int, Any]:
        """The inputs in the dtype."""
        return {
            k: a.astype(self.kind(a)) if a.dtype.kind in "fc" else a for k, a in self.arrays.items()
        }

    def moved(self, which: int) -> dict[int, Any]:
        """The inputs in double, by a rounding of the dtype away."""
        step = LIMITS[self.dtype][0]
        draw = np.random.default_rng(which)
        return {
            k: a * (1 + step * draw.choice([-1.0, 1.0], a.shape)) if a.dtype.kind in "fc" else a
            for k, a in self.arrays.items()
        }

    def results(self, arrays: dict[int, Any]) -> list[Any]:
        """Outputs and gradients, in double; None for an input without one."""
        leaves: list[Tensor] = []

        def convert(array: Any) -> Tensor:
            made: Tensor = wrap(arrays[id(array)].copy())
            if made.dtype.category >= dtypes.FLOATING:
                leaves.append(made.requires_grad_(True))
            return made

        seed(0)
        result = self.sample.call(convert)
        several = result if isinstance(result, (tuple, list)) else [result]
        outs = [r for r in several if isinstance(r, Tensor) and r.requires_grad]
        weights = [wrap(weight(o)) for o in outs]
        found: list[Any] = [wide(o.detach().array) for o in outs]
        found += [
            None if g is None else wide(g.detach().array) for g in slopes(outs, leaves, weights)
        ]
        return found

    def lost(self) -> str | None:
        """What is far from the answer although the dtype holds it, or None."""
        try:
            want = self.results(self.arrays)
        except TcalcError:  # not in its domain
            return None
        try:
            got = self.results(self.narrow())
        except DtypeError:  # not of this dtype
            return None
        except TcalcError as error:
            return str(error)
        near = [self.far(g, w, None) for g, w in zip(got, want)]
        if not any(n is not None and n.any() for n in near):
            return None
        # Far for another reason than range: where roundings of the input move the answer as much.
        others = [self.results(self.moved(i)) for i in range(4)]
        for k, (g, w) in enumerate(zip(got, want)):
            far = self.far(g, w, [o[k] for o in others])
            if far is not None and far.any():
                at = np.unravel_index(int(np.argmax(far)), far.shape)
                return f"result {k} at {[int(i) for i in at]} is {g[at]:.4g}, not {w[at]:.4g}"
        return None

    def far(self, got: Any, want: Any, others: Any) -> Any:
        """Where a result is not near what it should be."""
        if got is None or want is None or not want.size:
            return None
        if want.dtype.kind == "c":
            parts = [
                self.far(getattr(got, p), getattr(want, p),
                         others and [getattr(o, p) for o in others])
                for p in ("real", "imag")
            ]  # fmt: skip
            return parts[0] | parts[1]
        step, tiny, most = LIMITS[self.dtype]
        held = np.isfinite(want) & (np.abs(want) <= most * 0.9)
        room = NEAR[self.dtype] * np.abs(want) + 8 * tiny * step
        if self.sample.op.family != "elementwise":  # sums round as their greatest terms do
            room = room + 32 * step * np.abs(want)[held].max(initial=0)
        for other in others or ():
            moved = np.abs(other - want)
            room = room + np.where(np.isfinite(moved), 16 * moved, np.inf)
        return held & ~(np.abs(got - want) <= room)

    def __str__(self) -> str:
        which = "all" if self.which is None else f"input {self.which}"
        how = f"plus {self.offset:g}" if self.offset else f"times {self.scale:g}"
        return f"{self.sample.op.qualified[0]} in {self.dtype}, {which} {how}"


def slopes(outs: list[Tensor], leaves: list[Tensor], weights: list[Tensor]) -> list[Tensor | None]:
    """The gradient of each leaf; None for one without."""
    if not outs or not leaves:
        return []
    try:
        return list(grad(outs, leaves, weights, retain_graph=True, allow_unused=True))
    except AutogradError:
        if len(leaves) == 1:
            return [None]
    return [slope for leaf in leaves for slope in slopes(outs, [leaf], weights)]


def wide(array: Any) -> Any:
    return array.astype(np.complex128 if array.dtype.kind == "c" else np.float64)


def weight(out: Tensor) -> Any:
    """A fixed gradient of an output, which every dtype holds exactly."""
    at = np.round((np.arange(out.numel()) * 0.61 + 0.3) % 1 * 64 + 13) / 64
    real = at.reshape(out.shape)
    return (real + 0.5j * real if out.dtype.is_complex else real).astype(out.array.dtype)


def cases(op: Op) -> Iterator[Case]:
    of_lapack = op.kernel.__module__.rpartition(".")[2] in LAPACK
    for sample in samples_of(op):
        kinds = [a.dtype.kind for a in sample.arrays() if a.dtype.kind in "fc"]
        for dtype, scales in SCALES.items():
            if not kinds or (dtype != "float32" and "c" in kinds):
                continue
            for scale in scales:
                if of_lapack and (dtype != "float32" or not 1e-6 <= scale <= 1e6):
                    continue
                yield Case(sample, dtype, scale)
                if len(kinds) > 1 and scale != 1:
                    yield from (Case(sample, dtype, scale, k) for k in range(len(kinds)))
            if not of_lapack:
                yield Case(sample, dtype, 1.0, offset=OFFSET[dtype])


def lost(op: Op) -> dict[tuple[str, float], str]:
    """What is lost of an op, by dtype and scale."""
    found: dict[tuple[str, float], str] = {}
    with np.errstate(all="ignore"):
        for case in cases(op):
            message = case.lost()
            if message is not None:
                dtype = f"{case.dtype}, moved" if case.offset else case.dtype
                found.setdefault((dtype, case.scale), f"{case}: {message}")
    return found


# What PyTorch (2.13, recorded by hand) loses too or does not have, by op: the reason, and at which
# scales of which dtype.
_TOO = "PyTorch loses it too"
_COMPILED = "PyTorch loses it too; where it is not compiled it goes through double"
_ORDER = "another order than in double, as LAPACK finds them in single precision, PyTorch's too"
KNOWN: dict[str, tuple[str, dict[str, tuple[float, ...]]]] = {
    "Tensor.mvlgamma_": (
        "below its domain the terms lie beside poles",
        {"float32": (1e-12, 1e-6), "bfloat16": (1e-10,)},
    ),
    "torch.native_layer_norm": (
        _TOO,
        {"float32": (1e20, 1e25, 1e30), "bfloat16": (1e20, 1e30)},
    ),
    "torch.native_group_norm": (
        _TOO,
        {"float32": (1e20, 1e25, 1e30), "float16": (2.0**10, 2.0**13), "bfloat16": (1e20, 1e30)},
    ),
    "torch.native_batch_norm": (
        _TOO,
        {"float32": (1e20, 1e25, 1e30), "bfloat16": (1e20, 1e30)},
    ),
    "torch.grid_sampler_2d": (
        "where far places are reflected to lies beyond the digits; the rest PyTorch loses too",
        {"float32": (1e-12,), "float16": (2.0**-12, 2.0**-9)},
    ),
    "torch.grid_sampler_3d": (
        "where far places are reflected to lies beyond the digits; the rest PyTorch loses too",
        {
            "float32": (1e-12,),
            "float16": (2.0**-12, 2.0**-9, 2.0**13),
            "bfloat16": (1e-10, 0.001, 1000.0, 1e10),
            "bfloat16, moved": (1.0,),
        },
    ),
    "Tensor.index_reduce_": (
        _TOO,
        {
            "float32": (1e-30, 1e-25, 1e-20, 1e20, 1e25, 1e30),
            "float16": (2.0**-12, 2.0**-9, 2.0**6, 2.0**8, 2.0**10, 2.0**13),
            "float16, moved": (1.0,),
            "bfloat16": (1e-30, 1e20, 1e30),
        },
    ),
    "torch.masked.std": (
        _TOO,
        {
            "float32": (1e-30, 1e-25, 1e20, 1e25, 1e30),
            "float16": (2.0**-12, 2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e-30, 1e-20, 1e20, 1e30),
        },
    ),
    "torch.masked.softmax": (
        _TOO,
        {"float16": (2.0**3,)},
    ),
    "torch.masked.softmin": (
        _TOO,
        {"float16": (2.0**3,)},
    ),
    "torch.segment_reduce": (
        _TOO,
        {
            "float32": (1e20, 1e25, 1e30),
            "float16": (2.0**8, 2.0**10, 2.0**13),
            "float16, moved": (1.0,),
            "bfloat16": (1e20, 1e30),
        },
    ),
    "torch.special.erfcx": (
        _TOO,
        {
            "float32": (1e6, 1e12, 1e20, 1e25, 1e30),
            "float32, moved": (1.0,),
            "float16": (2.0**3, 2.0**6, 2.0**8, 2.0**10, 2.0**13),
            "float16, moved": (1.0,),
            "bfloat16": (2.0**6, 1e3, 1e10, 1e20, 1e30),
            "bfloat16, moved": (1.0,),
        },
    ),
    "torch.atan": (
        _TOO,
        {"float32": (1e20,), "float16": (2.0**8, 2.0**10), "float16, moved": (1.0,)},
    ),
    "torch.atanh": (
        "outside its domain, where PyTorch has the same",
        {"float32": (1e20,), "float16": (2.0**10, 2.0**13), "float16, moved": (1.0,)},
    ),
    "torch.special.multigammaln": (
        "outside its domain, where PyTorch has the same",
        {"float32": (1e-12, 1e-6), "bfloat16": (1e-10,)},
    ),
    "torch.batch_norm": (
        _TOO,
        {
            "bfloat16": (
                1e20,
                1e30,
            ),
            "float32": (
                1e20,
                1e25,
                1e30,
            ),
        },
    ),
    "torch.convolution": (_TOO, {"float32": (1e20,), "bfloat16": (1e20,)}),
    "torch.corrcoef": (
        _TOO,
        {
            "float32": (1e-30, 1e-25, 1e20, 1e25, 1e30),
            "float16": (2.0**-12, 2.0**-9, 2.0**10, 2.0**13),
            "bfloat16": (1e-30, 1e-20, 1e20, 1e30),
        },
    ),
    "torch.grid_sampler": (
        _TOO,
        {
            "float16": (
                2.0**-12,
                2.0**-9,
            ),
            "float32": (1e-12,),
        },
    ),
    "torch.gru": (
        _TOO,
        {
            "bfloat16": (
                1e20,
                1e30,
            ),
            "float16": (
                2.0**3,
                2.0**10,
                2.0**13,
            ),
            "float16, moved": (1.0,),
            "float32": (
                1e20,
                1e25,
                1e30,
            ),
        },
    ),
    "torch.gru_cell": (
        _TOO,
        {
            "bfloat16": (
                1e20,
                1e30,
            ),
            "float16": (
                2.0**10,
                2.0**13,
            ),
            "float16, moved": (1.0,),
            "float32": (
                1e20,
                1e25,
                1e30,
            ),
        },
    ),
    "torch.index_reduce": (
        _TOO,
        {
            "float32": (1e-30, 1e-25, 1e-20, 1e20, 1e25, 1e30),
            "float16": (2.0**-12, 2.0**-9, 2.0**6, 2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e-30, 1e20, 1e30),
            "float16, moved": (1.0,),
        },
    ),
    "torch.instance_norm": (
        _TOO,
        {
            "bfloat16": (
                1e20,
                1e30,
            ),
            "float32": (
                1e20,
                1e25,
                1e30,
            ),
        },
    ),
    "torch.linalg.eig": (_ORDER, {"float32": (1e-6,)}),
    "torch.linalg.eigvals": (_ORDER, {"float32": (1e-6,)}),
    "torch.linalg.matrix_power": (
        "PyTorch loses it too, or has no such dtype or derivative",
        {"float32": (1e-25, 1e-20, 1e20, 1e25, 1e30), "bfloat16": (1e-20, 1e20, 1e30)},
    ),
    "torch.linalg.multi_dot": (_TOO, {"float16": (2.0**8,)}),
    "torch.linalg.vector_norm": (_TOO, {"float16": (2.0**13,)}),
    "torch.lstm": (
        _TOO,
        {
            "bfloat16": (
                1e20,
                1e30,
            ),
            "float32": (
                1e20,
                1e25,
                1e30,
            ),
        },
    ),
    "torch.lstm_cell": (
        _TOO,
        {
            "bfloat16": (
                1e20,
                1e30,
            ),
            "float16": (2.0**6,),
            "float32": (
                1e20,
                1e25,
                1e30,
            ),
        },
    ),
    "torch.nn.functional.batch_norm": (
        "PyTorch loses it too but for single numbers",
        {"float32": (1e20, 1e25, 1e30), "bfloat16": (1e20, 1e30)},
    ),
    "torch.nn.functional.bilinear": (_TOO, {"float16": (2.0**8,)}),
    "torch.nn.functional.binary_cross_entropy_with_logits": (
        "targets that are no probabilities",
        {
            "float32": (1e20,),
            "float16": (2.0**6, 2.0**8, 2.0**10),
            "bfloat16": (1e20,),
            "float16, moved": (1.0,),
        },
    ),
    "torch.nn.functional.conv1d": (_TOO, {"float32": (1e20,), "bfloat16": (1e20,)}),
    "torch.nn.functional.conv2d": (_TOO, {"float32": (1e20,), "bfloat16": (1e20,)}),
    "torch.nn.functional.conv3d": (_TOO, {"float32": (1e20,), "bfloat16": (1e20,)}),
    "torch.nn.functional.conv_transpose1d": (_TOO, {"float32": (1e20,), "bfloat16": (1e20,)}),
    "torch.nn.functional.conv_transpose3d": (_TOO, {"float32": (1e20,), "bfloat16": (1e20,)}),
    "torch.nn.functional.cosine_embedding_loss": (
        _TOO,
        {
            "float32": (1e20, 1e25, 1e30),
            "float16": (2.0**-12, 2.0**-9, 2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e20, 1e30),
            "float16, moved": (1.0,),
        },
    ),
    "torch.nn.functional.cross_entropy": (
        "PyTorch loses it too but for single numbers",
        {
            "float32": (1e-12, 1e-6, 1e20, 1e25, 1e30),
            "float16": (2.0**-12, 2.0**-9, 2.0**8),
            "bfloat16": (1e-30, 1e-20, 1e-10, 1e-3, 1e20, 1e30),
        },
    ),
    "torch.nn.functional.gaussian_nll_loss": (
        _TOO,
        {
            "float32": (1e20, 1e25, 1e30),
            "float16": (2.0**6, 2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e20, 1e30),
        },
    ),
    "torch.nn.functional.grid_sample": (
        "where far places are reflected to lies beyond the digits; the rest PyTorch loses too",
        {
            "bfloat16": (
                1e-10,
                0.001,
                10000000000.0,
                1e20,
                1e30,
            ),
            "float16": (
                2.0**-12,
                2.0**-9,
            ),
            "float32": (
                1e-12,
                1e20,
                1e25,
                1e30,
            ),
        },
    ),
    "torch.nn.functional.group_norm": (
        _TOO,
        {"float32": (1e20, 1e25, 1e30), "bfloat16": (1e20, 1e30)},
    ),
    "torch.nn.functional.instance_norm": (
        "PyTorch loses it too but for single numbers",
        {"float32": (1e20, 1e25, 1e30), "bfloat16": (1e20, 1e30)},
    ),
    "torch.nn.functional.kl_div": (
        "PyTorch loses it too",
        {
            "float16": (2.0**3, 2.0**6, 2.0**8, 2.0**13),
            "bfloat16": (64.0,),
            "float16, moved": (1.0,),
            "bfloat16, moved": (1.0,),
        },
    ),
    "torch.nn.functional.layer_norm": (
        _TOO,
        {"float32": (1e20, 1e25, 1e30), "bfloat16": (1e20, 1e30)},
    ),
    "torch.nn.functional.linear_cross_entropy": (
        "scores beyond the dtype's range, in PyTorch too",
        {
            "float32": (1e20, 1e25, 1e30),
            "float16": (2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e20, 1e30),
            "float16, moved": (1.0,),
        },
    ),
    "torch.nn.functional.local_response_norm": (
        "PyTorch loses it too, or has no such dtype or derivative",
        {
            "bfloat16": (
                1e20,
                1e30,
            ),
            "float16": (
                2.0**8,
                2.0**10,
                2.0**13,
            ),
            "float16, moved": (1.0,),
            "float32": (
                1e20,
                1e25,
                1e30,
            ),
        },
    ),
    "torch.nn.functional.lp_pool1d": (
        _TOO,
        {
            "float32": (1e-30, 1e-25, 1e20, 1e25, 1e30),
            "float16": (2.0**-12, 2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e-30, 1e20, 1e30),
            "float16, moved": (1.0,),
        },
    ),
    "torch.nn.functional.lp_pool2d": (
        _TOO,
        {
            "float32": (1e-30, 1e-25, 1e-20, 1e20, 1e25, 1e30),
            "float16": (2.0**-12, 2.0**-9, 2.0**6, 2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e-30, 1e-20, 1e20, 1e30),
            "float16, moved": (1.0,),
        },
    ),
    "torch.nn.functional.lp_pool3d": (
        "PyTorch loses it too, or has no such dtype or derivative",
        {
            "float32": (1e-30, 1e-25, 1e20, 1e25, 1e30),
            "float16": (2.0**6, 2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e-30, 1e20, 1e30),
            "float16, moved": (1.0,),
        },
    ),
    "torch.nn.functional.margin_ranking_loss": (_TOO, {"float16": (2.0**8,)}),
    "torch.nn.functional.multi_head_attention_forward": (
        _TOO,
        {
            "bfloat16": (
                8.0,
                64.0,
                1000.0,
                10000000000.0,
                1e20,
                1e30,
            ),
            "bfloat16, moved": (1.0,),
            "float16": (
                2.0**3,
                2.0**6,
                2.0**8,
                2.0**10,
                2.0**13,
            ),
            "float16, moved": (1.0,),
            "float32": (
                1000000000000.0,
                1e20,
                1e25,
                1e30,
            ),
        },
    ),
    "torch.nn.functional.multi_margin_loss": (
        "PyTorch loses it too but for single numbers",
        {
            "float32": (1e20,),
            "float16": (2.0**6, 2.0**10),
            "bfloat16": (1e20,),
            "bfloat16, moved": (1.0,),
        },
    ),
    "torch.nn.functional.multilabel_margin_loss": (_TOO, {"bfloat16, moved": (1.0,)}),
    "torch.nn.functional.multilabel_soft_margin_loss": (
        _TOO,
        {
            "float32": (1e-12, 1e-6, 1e20),
            "float16": (2.0**-12, 2.0**-9, 2.0**6, 2.0**10),
            "bfloat16": (1e-10, 1e-3, 1e20),
            "float16, moved": (1.0,),
        },
    ),
    "torch.nn.functional.poisson_nll_loss": (
        _TOO,
        {"float16": (2.0**13,), "float16, moved": (1.0,), "bfloat16, moved": (1.0,)},
    ),
    "torch.nn.functional.rms_norm": (
        "PyTorch loses it too; and without eps it depends on the dtype",
        {
            "float32": (1e-30, 1e-25, 1e-20, 1e-12, 1e-6, 1e20, 1e25, 1e30),
            "float16": (2.0**-12,),
            "bfloat16": (1e-30, 1e-20, 1e-10, 1e20, 1e30),
        },
    ),
    "torch.nn.functional.scaled_dot_product_attention": (
        _TOO,
        {
            "bfloat16": (
                8.0,
                64.0,
                1e20,
                1e30,
            ),
            "bfloat16, moved": (1.0,),
            "float16": (
                2.0**3,
                2.0**6,
                2.0**8,
            ),
            "float16, moved": (1.0,),
            "float32": (
                1e20,
                1e25,
                1e30,
            ),
            "float32, moved": (1.0,),
        },
    ),
    "torch.nn.functional.soft_margin_loss": (
        "PyTorch loses it too",
        {"float16": (2.0**3, 2.0**6, 2.0**8)},
    ),
    "torch.nn.functional.tanhshrink": (_COMPILED, {"float32": (1e-6,)}),
    "torch.nn.functional.triplet_margin_loss": (
        "distances that are equal but for rounding; PyTorch loses most too",
        {
            "float32": (1e-20, 1e-12, 1e6, 1e12),
            "float16": (2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e-20, 1e-10, 1e3, 1e10),
        },
    ),
    "torch.nn.functional.triplet_margin_with_distance_loss": (
        _TOO,
        {
            "float32": (1e-20, 1e-12, 1e6, 1e12),
            "float16": (2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e-10, 1e3, 1e10),
        },
    ),
    "torch.prod": (_TOO, {"float16, moved": (1.0,)}),
    "torch.rnn_relu": (
        _TOO,
        {
            "bfloat16": (
                64.0,
                10000000000.0,
                1e20,
                1e30,
            ),
            "float16": (
                2.0**6,
                2.0**8,
                2.0**10,
                2.0**13,
            ),
            "float32": (
                1000000000000.0,
                1e20,
                1e25,
                1e30,
            ),
        },
    ),
    "torch.rnn_relu_cell": (
        _TOO,
        {
            "bfloat16": (1e-30,),
            "float32": (
                1e-30,
                1e-25,
            ),
        },
    ),
    "torch.rnn_tanh": (
        _TOO,
        {
            "bfloat16": (
                1e20,
                1e30,
            ),
            "float16": (2.0**3,),
            "float32": (
                1e20,
                1e25,
                1e30,
            ),
        },
    ),
    "torch.rnn_tanh_cell": (
        _TOO,
        {"float16": (2.0**3,)},
    ),
    "torch.scatter": (
        "PyTorch has no such dtype or derivative",
        {
            "float32": (1e-30, 1e-25, 1e-20, 1e20, 1e25, 1e30),
            "float16": (2.0**-12, 2.0**-9, 2.0**6, 2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e-30, 1e20, 1e30),
        },
    ),
    "torch.scatter_reduce": (
        _TOO,
        {
            "float32": (1e-30, 1e-25, 1e-20, 1e20, 1e25, 1e30),
            "float16": (2.0**-12, 2.0**-9, 2.0**6, 2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e-30, 1e20, 1e30),
            "float16, moved": (1.0,),
        },
    ),
    "torch.sigmoid": (_TOO, {"float16": (2.0**3,)}),
    "torch.sinc": (
        _TOO,
        {
            "float32": (1e-6, 1e20),
            "float16": (2.0**-12, 2.0**-9, 2.0**-6),
            "bfloat16": (1e-3, 1e3, 1e10),
        },
    ),
    "torch.special.gammainc": (
        _TOO,
        {
            "float16": (2.0**13,),
            "bfloat16": (1e3, 1e10, 1e20, 1e30),
            "float16, moved": (1.0,),
            "bfloat16, moved": (1.0,),
        },
    ),
    "torch.special.gammaincc": (
        _TOO,
        {
            "float16": (2.0**13,),
            "bfloat16": (1e3, 1e10, 1e20, 1e30),
            "float16, moved": (1.0,),
            "bfloat16, moved": (1.0,),
        },
    ),
    "torch.logaddexp": (_TOO, {"float16": (2.0**3,)}),
    "torch.special.i0e": (
        "PyTorch loses it too but for single numbers",
        {
            "float32": (1e6, 1e12),
            "float16": (2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e3, 1e10),
            "float16, moved": (1.0,),
            "bfloat16, moved": (1.0,),
        },
    ),
    "torch.special.i1e": (
        "PyTorch loses it too, or has no such dtype or derivative",
        {
            "float32": (1e6, 1e12),
            "float16": (2.0**8, 2.0**10, 2.0**13),
            "bfloat16": (1e3, 1e10),
            "float16, moved": (1.0,),
            "bfloat16, moved": (1.0,),
        },
    ),
    "torch.special.zeta": (
        "PyTorch loses it too, or has no such dtype or derivative",
        {"float32": (1e-12, 1e-6), "float16": (2.0**-12, 2.0**-9), "bfloat16": (1e-10, 1e-3)},
    ),
    "torch.tanh": (_TOO, {"float16": (2.0**3,)}),
}


@pytest.mark.parametrize("op", TRIED, ids=lambda op: op.qualified[0])
@pytest.mark.filterwarnings("ignore")  # NumPy's, of values at the edge
def test_nothing_is_lost(op: Op) -> None:
    name = op.qualified[0]
    found = lost(op)
    why, known = KNOWN.get(name, ("", {}))
    new = [
        message for (dtype, scale), message in found.items() if scale not in known.get(dtype, ())
    ]
    assert not new, "\n".join(new[:10])
    # In which order eigenvalues come is told by BLAS's last digits.
    by_machine = why in (_ORDER, _COMPILED)
    assert found or not known or by_machine, "nothing is lost any more: take it out of the table"


@pytest.mark.parametrize(
    "text",
    [
        "ones(2) + 2**64", "tensor([1, 2]) + 2**70", "tensor([True]) * 2**64", "ones(2).half() * 2**64",
        "tensor([1], dtype=uint8) == 2**64", "where(tensor([True]), tensor([1.]), 2**64)", "2**64 - ones(2)",
        "tensor([1.]) > -2**64", "tensor([1j]) + 2**64", "ones(2).add_(2**64)", "ones(2).clamp(0, 2**64)",
    ],
)  # fmt: skip
def test_numbers_beyond_64_bits_are_refused(text: str) -> None:
    with pytest.raises(OverflowError):
        Session().evaluate(text)
