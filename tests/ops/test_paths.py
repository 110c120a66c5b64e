"""The paths of a call agree for every op: what is generated for speed gives what the full path
gives, in-place forms what is copied there, and `out=` what is returned without it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tcalc.errors import AutogradError
from tcalc.runtime.autograd.nodes import end_of
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.samples import Sample, samples_of
from tcalc.runtime.base.targets import GIVES_NONE
from tcalc.runtime.call import dispatch
from tcalc.runtime.call.generate import make_form
from tcalc.runtime.tensor.tensor import Tensor, wrap
from tcalc.runtime.types import promotion

for module in _index.MODULES:
    importlib.import_module(module)

SAMPLED = [op for op in OPS if samples_of(op)]
# A tensor keeps a method that it has found: none is to be found first while a test has another
# function in its place.
for _name in [q for op in SAMPLED for q in op.qualified if q.startswith("Tensor.")]:
    getattr(wrap(np.ones((1, 1))), _name.removeprefix("Tensor."))
# Their elements are whatever the memory held.
UNWRITTEN = {"empty", "empty_like", "empty_strided", "new_empty", "resize_"}
grad = lookup("torch.autograd.grad")
seed = lookup("torch.manual_seed")


def ids(op: Op) -> str:
    return f"{op.qualified[0] if op.qualified else op.name}-{op.family}"


# -- operands ---------------------------------------------------------------------------------

# A tensor of an array, which is the first of a call or a later one.
Operand = Callable[[Any, int], Tensor]


def plain(array: Any, at: int) -> Tensor:
    return wrap(array.copy())


def single(array: Any, at: int) -> Tensor:
    """In single precision, where it is inexact."""
    return wrap(
        array.astype({"f": np.float32, "c": np.complex64}.get(array.dtype.kind, array.dtype))
    )


def spread(array: Any, at: int) -> Tensor:
    """A view of memory of which it takes every other element."""
    held = np.repeat(array[..., None], 2, -1)
    view: Tensor = wrap(held).select(-1, 1)
    return view


OPERANDS = [plain, single, spread]


class Call:
    """What a call of a sample gave, in all that shows."""

    def __init__(self, sample: Sample, operand: Operand, tracked: bool) -> None:
        """Call the op; with `tracked` its inexact operands require grad."""
        self.given: list[Tensor] = []

        def made(array: Any) -> Tensor:
            t = operand(array, len(self.given))
            if tracked and (t.is_floating_point() or t.is_complex()):
                t = t.detach().requires_grad_(True) if t._v is None else t.requires_grad_(True)
            self.given.append(t)
            return t

        seed(0)
        self.error = ""
        self.result: Any = None
        self.outs: list[Any] = []
        try:
            self.result = sample.call(made)
            self.outs = flat(self.result)
        except Exception as e:  # which the other path is to raise as well
            self.error = f"{type(e).__name__}: {e}"
        self.gradients = self._gradients()

    def _gradients(self) -> list[Any]:
        outs = [t for t in self.outs if isinstance(t, Tensor) and t.requires_grad]
        ins = [t for t in self.given if t.requires_grad]
        if not outs or not ins:
            return []
        seeds = [
            wrap((np.arange(t.numel()) % 5 - 1.5).reshape(t.shape).astype(t.array.dtype))
            for t in outs
        ]
        try:
            found = grad(outs, ins, seeds, allow_unused=True, create_graph=True)
        except AutogradError as e:
            self.error = str(e)
            return []
        return list(found)

    def shown(self, values: bool) -> Any:
        """The results, whose memory they show, and the gradients."""
        outs = [self._described(v, values) for v in self.outs]
        versions = [t._version for t in self.given]
        slopes = (
            [g is not None and (shown(g), g.requires_grad) for g in self.gradients]
            if values
            else []
        )
        return self.error, outs, versions, slopes

    def written(self) -> Any:
        """What writing left: in the result, in what was given, and behind both."""
        outs = [(shown(t), t.requires_grad) for t in self.outs]
        slopes = [
            g is not None and shown(g + 0.0)[:3] for g in self.gradients
        ]  # no zero is below 0
        return outs, [(shown(t), t._version) for t in self.given], slopes

    def _described(self, value: Any, values: bool) -> Any:
        if not isinstance(value, Tensor):
            return type(value), repr(value)
        of = [i for i, t in enumerate(self.given) if t.shared() is value.shared()]
        same = [i for i, t in enumerate(self.given) if t is value]
        end = end_of(value)
        base = value._base
        base_of = None if base is None else [i for i, t in enumerate(self.given)
                                             if t is base or t._base is base]  # fmt: skip
        node = None if value.grad_fn is None else value.grad_fn.name()
        whole = shown(value) if values else shown(value)[1:]
        return (whole, of, same, base_of, value._version, value.requires_grad, node, end is None)


def shown(t: Tensor) -> tuple[Any, ...]:
    a = t.detach().resolve_conj().resolve_neg().array
    return a.tobytes(), a.dtype, a.shape, t.stride(), t.storage_offset()


def flat(value: Any) -> list[Any]:
    if isinstance(value, (tuple, list)):
        return [v for item in value for v in flat(item)]
    return [value]


# -- the generated path and the others ----------------------------------------------------------


def full(op: Op) -> Callable[..., Any]:
    """The op without its short path."""
    return make_form(op, op.name, "slow", {"slow": dispatch.slow})


def agree(call: Any, operand: Operand, tracked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The short path and the full path give the same."""
    values = call.op.name not in UNWRITTEN
    short = Call(call, operand, tracked).shown(values)
    with monkeypatch.context() as patch:
        patch.setattr(call.op, "function", full(call.op))
        assert Call(call, operand, tracked).shown(values) == short, call


@pytest.mark.filterwarnings("ignore")  # NumPy's, of values at the edge
@pytest.mark.parametrize("op", [op for op in SAMPLED if op.family != "composite"], ids=ids)
def test_the_short_path_gives_what_the_full_path_gives(
    op: Op, monkeypatch: pytest.MonkeyPatch
) -> None:
    for sample in samples_of(op):
        for operand in OPERANDS:
            for tracked in (False, True):
                agree(sample, operand, tracked, monkeypatch)


@pytest.mark.filterwarnings("ignore")  # NumPy's, of values at the edge
@pytest.mark.parametrize("op", [op for op in SAMPLED if op.family != "composite"], ids=ids)
def test_plain_tensors_take_the_short_path(op: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []

    def slow(*given: Any) -> Any:
        taken.append("the full path")
        return dispatch.slow(*given)

    monkeypatch.setitem(op.function.__globals__, "slow", slow)
    for sample in samples_of(op):
        call = Call(sample, single, False)
        assert bool(taken) == bool(call.error), sample  # which the full path explains
        taken.clear()


# -- numbers and dtypes, where the short path must know when NumPy promotes otherwise -------------

ELEMENTWISE = [op for op in SAMPLED if op.family == "elementwise"]
DTYPES = [np.float32, np.float64, np.int64, np.int32, np.uint8, np.int8, np.bool_, np.complex64,
          np.float16]  # fmt: skip
NUMBERS = [2, -3, 0, 200, 1 << 40, (1 << 63) - 1, 1 << 63, 2.5, -0.0, 1e39, float("nan"), True, 2j]


class Numbers(Sample):
    """A sample's call with a number in place of its first or second operand."""

    def __init__(self, sample: Sample, at: int, number: Any) -> None:
        super().__init__(sample.op, tuple(sample.args), sample.kwargs)
        self.args[at] = number


def of(dtype: Any, other: Any = None, shape: tuple[int, ...] | None = None) -> Operand:
    """Operands of a dtype; those after the first of another, and of another shape."""

    def operand(array: Any, at: int) -> Tensor:
        if at and shape is not None:
            array = np.resize(array, shape)
        return wrap((array * 3).astype(dtype if not at or other is None else other))

    return operand


@pytest.mark.filterwarnings("ignore")  # NumPy's, of values at the edge
@pytest.mark.parametrize("op", [op for op in ELEMENTWISE if op.numbers], ids=ids)
def test_numbers_beside_tensors_take_either_path(op: Op, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = samples_of(op)[0]
    for dtype in DTYPES:
        for number in NUMBERS:
            tracked = np.dtype(dtype).kind in "fc" and abs(number) < 1 << 63
            for at in (0, 1):
                call = Numbers(sample, at, number)
                agree(call, of(dtype), tracked, monkeypatch)


@pytest.mark.filterwarnings("ignore")  # NumPy's, of values at the edge
@pytest.mark.parametrize("op", ELEMENTWISE, ids=ids)
def test_operands_of_several_dtypes_take_either_path(
    op: Op, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = samples_of(op)[0]
    for dtype in DTYPES:
        agree(sample, of(dtype), False, monkeypatch)
        for other in DTYPES[:4] if len(sample.arrays()) > 1 else ():
            for shape in (None, ()):
                agree(sample, of(dtype, other, shape), False, monkeypatch)


# -- forms that write -------------------------------------------------------------------------


def itself(input: Tensor) -> Tensor:
    return input


def clone(input: Tensor) -> Tensor:
    return input.clone()


def part(input: Tensor) -> Tensor:
    """A view of memory in the graph."""
    shown: Tensor = lookup("torch.stack")([input, input], -1).select(-1, 1)
    return shown


@pytest.mark.filterwarnings("ignore")  # NumPy's, of values at the edge
@pytest.mark.parametrize("op", [op for op in SAMPLED if op.inplace], ids=ids)
@pytest.mark.parametrize(
    ("target", "tracked"), [(itself, False), (clone, True), (part, False), (part, True)]
)
def test_in_place_is_the_plain_form_copied_there(
    op: Op, target: Callable[[Tensor], Tensor], tracked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracked = tracked and op.has_gradient
    function = op.function

    def copied(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        found = function(input.clone() if tracked else input, *args, **kwargs)
        if not promotion.can_cast(found.dtype, input.dtype) or found.shape != input.shape:
            raise ValueError("it cannot be written there")
        return input.copy_(found)

    def on(form: Callable[..., Tensor]) -> Callable[..., Tensor]:
        def call(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
            own = target(input)
            version = own._version
            assert form(own, *args, **kwargs) is own
            assert own._version == version + 1
            return own

        return call

    written = 0
    for sample in samples_of(op):
        for operand in OPERANDS:
            with monkeypatch.context() as patch:
                patch.setattr(op, "function", on(copied))
                want = Call(sample, operand, tracked)
                patch.setattr(op, "function", on(op.inplace_function))
                got = Call(sample, operand, tracked)
            assert bool(got.error) == bool(want.error), (sample, got.error, want.error)
            if not want.error:
                written += 1
                assert got.written() == want.written(), sample
    # An op may have a gradient by its other operands alone.
    assert written or (want.error and "is not implemented" in want.error)


@pytest.mark.filterwarnings("ignore")  # NumPy's, of values at the edge
@pytest.mark.parametrize(
    "op", [op for op in SAMPLED if op.is_public and "out" not in op.exempt], ids=ids
)
@pytest.mark.parametrize("fits", [True, False])
def test_out_takes_what_is_returned_without_it(op: Op, fits: bool) -> None:
    """Whether it has the shape already or is given it."""
    for sample in samples_of(op):
        want = Call(sample, plain, False)
        if want.error or not want.outs or not all(isinstance(t, Tensor) for t in want.outs):
            continue
        if any(t.requires_grad for t in want.outs):
            continue
        outs = tuple(wrap(np.empty(t.shape if fits else 0, t.array.dtype)) for t in want.outs)
        sample.kwargs["out"] = outs[0] if isinstance(want.result, Tensor) else outs
        got = Call(sample, plain, False)
        assert not got.error, sample
        if op.outs == GIVES_NONE:
            assert got.result is None
        else:
            assert all(a is b for a, b in zip(got.outs, outs, strict=True))
        if op.name not in UNWRITTEN:
            assert [shown(t)[:3] for t in outs] == [shown(t)[:3] for t in want.outs], sample
        assert [t._version for t in outs] == [1] * len(outs)
