"""What is checkpointed keeps less memory for its gradients, and none of it twice."""

from __future__ import annotations

import gc

import pytest

from tcalc.library.checkpoint import checkpoint
from tcalc.runtime.autograd.saving import Hooks
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.tensor.tensor import Tensor
from tcalc.session import Session

ones = lookup("torch.ones")
DEEP = 8


def deep(x: Tensor) -> Tensor:
    for _ in range(DEEP):
        x = x.sin().exp()
    return x


class Counted:
    """Bytes of the tensors that ops save inside `with`."""

    def __init__(self) -> None:
        self.nbytes = 0
        self.hooks = Hooks(self.pack, lambda kept: kept)

    def pack(self, tensor: Tensor) -> Tensor:
        self.nbytes += tensor.nbytes
        return tensor

    def __enter__(self) -> Counted:
        self.hooks.enter()
        return self

    def __exit__(self, *_: object) -> None:
        self.hooks.leave()


def saved_by(reentrant: bool | None) -> tuple[int, list[float]]:
    x = ones(1000, requires_grad=True)
    with Counted() as counted:
        y = deep(x) if reentrant is None else checkpoint(deep, x, use_reentrant=reentrant)
        total = y.sum()
    total.backward()
    return counted.nbytes, x.grad[:3].tolist()


def test_less_is_saved() -> None:
    plain, gradient = saved_by(None)
    assert plain == 2 * DEEP * 4000
    assert saved_by(False) == (0, gradient)
    assert saved_by(True) == (4000, gradient)  # the argument alone


@pytest.mark.parametrize("reentrant", [False, True])
def test_what_is_between_is_let_go(reentrant: bool) -> None:
    """The tensors made on the way are gone while the result waits for its gradient."""

    def alive() -> int:
        gc.collect()
        return sum(isinstance(o, Tensor) and o.shape == (777,) for o in gc.get_objects())

    x = ones(777, requires_grad=True)
    before = alive()
    plain = deep(x)
    assert alive() - before >= DEEP
    del plain
    y = checkpoint(deep, x, use_reentrant=reentrant)
    assert alive() - before <= 1
    y.sum().backward()
    del y
    assert alive() - before <= 1  # the gradient


def test_inside_a_compiled_function_it_is_eager() -> None:
    session = Session()
    source = (
        "from torch.utils.checkpoint import checkpoint\n"
        "f = jit(lambda t: checkpoint(lambda a: a.sin().exp(), t, use_reentrant=False).sum())\n"
        "x = tensor([1., 2.], requires_grad=True)\n"
        "f(x).backward(); f(x).backward()\n"
        "y = tensor([1., 2.], requires_grad=True)\n"
        "(2 * y.sin().exp().sum()).backward()\n"
        "allclose(x.grad, y.grad)"
    )
    assert session.evaluate(source) is True


def test_a_compiled_function_inside() -> None:
    source = (
        "from torch.utils.checkpoint import checkpoint\n"
        "f = jit(lambda a: a.sin().exp())\n"
        "x = tensor([1., 2.], requires_grad=True)\n"
        "f(x)\n"
        "checkpoint(f, x, use_reentrant=False).sum().backward()\n"
        "y = tensor([1., 2.], requires_grad=True)\n"
        "y.sin().exp().sum().backward()\n"
        "allclose(x.grad, y.grad)"
    )
    assert Session().evaluate(source) is True


def test_one_inside_another() -> None:
    x = ones(5, requires_grad=True)
    y = checkpoint(
        lambda t: checkpoint(deep, t.cos(), use_reentrant=False).sin(), x, use_reentrant=False
    )
    y.sum().backward()
    z = ones(5, requires_grad=True)
    deep(z.cos()).sin().sum().backward()
    assert x.grad.tolist() == z.grad.tolist()


def test_written_in_place() -> None:
    """What hooks keep is what was saved, though the memory is written to since."""
    x = ones(3, requires_grad=True)
    with Through(lambda t: t.clone(), lambda t: t):
        y = (x * 2).exp()
        z = y * y
    y.data.zero_()
    z.sum().backward()
    assert x.grad.tolist() == pytest.approx([4 * 2.718281828**4] * 3, rel=1e-5)


class Through(Counted):
    def __init__(self, pack: object, unpack: object) -> None:
        self.hooks = Hooks(pack, unpack)  # type: ignore[arg-type]  # they keep more than tensors


def test_in_place_ops_save_through_hooks() -> None:
    x = ones(3, requires_grad=True)
    with Through(lambda t: t.tolist(), lambda v: lookup("torch.tensor")(v)):
        y = (x * 2).exp_()
        y[0].mul_(y[1].detach())
    y.sum().backward()
    e2 = 2.718281828**2
    assert x.grad.tolist() == pytest.approx([2 * e2 * e2, 2 * e2, 2 * e2], rel=1e-5)
