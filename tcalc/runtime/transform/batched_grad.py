"""Several gradients of the same outputs at once: `autograd.grad(is_grads_batched=True)`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.errors import AutogradError, ShapeError
from tcalc.runtime.autograd.backward import differentiable, run_backward
from tcalc.runtime.autograd.nodes import end_of
from tcalc.runtime.base.registry import export
from tcalc.runtime.ops.gradients import listed, must, unused
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.runtime.transform.batching.interpreter import Batching

if TYPE_CHECKING:
    from collections.abc import Sequence


def batched_grad(
    outputs: Sequence[Tensor], inputs: Sequence[Tensor], grad_outputs: object, retain_graph: bool | None,
    create_graph: bool, allow_unused: bool | None, materialize_grads: bool,
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """The gradients for each slice of `grad_outputs`, in one pass back."""
    if grad_outputs is None:
        raise AutogradError("grad can be implicitly created only for scalar outputs")
    seeds = listed("grad", "grad_outputs", grad_outputs)
    if len(seeds) != len(outputs):
        raise ShapeError(f"got {len(outputs)} tensors and {len(seeds)} gradients")
    for i, (seed, out) in enumerate(zip(seeds, outputs)):
        if seed.shape[1:] != out.shape or not seed.ndim:
            raise ShapeError(
                "If `is_grads_batched=True`, we interpret the first dimension of each grad_output as "
                "the batch dimension. The sizes of the remaining dimensions are expected to match the "
                "shape of corresponding output, but a mismatch was detected: "
                f"grad_output[{i}] has a shape of {seed.shape[1:]} and output[{i}] has a shape of "
                f"{out.shape}.",
                argument="grad_outputs",
            )
    ends = [must(end_of(t)) for t in inputs]
    count = seeds[0].shape[0]
    batching = Batching(count, "same", records=False)
    with batching.inside():
        found = run_backward(
            [differentiable(o) for o in outputs], [batching.enter(seed) for seed in seeds],
            inputs=ends, retain_graph=create_graph if retain_graph is None else bool(retain_graph),
            create_graph=create_graph, accumulate=False,
        )  # fmt: skip
    made: list[Tensor | None] = []
    for i, (g, t) in enumerate(zip(found, inputs)):
        if g is not None:
            made.append(batching.leave(g))
        elif materialize_grads:
            made.append(t.new_zeros((count, *t.shape)))
        elif allow_unused:
            made.append(None)
        else:
            raise unused(i)
    return tuple(made)


export("torch.autograd._batched_grad", value=batched_grad)
