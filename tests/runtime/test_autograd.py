"""The graph: accumulation, hooks, freeing, writes in place and views, as PyTorch has them."""

from __future__ import annotations

from typing import Any

import pytest

from tcalc.errors import AutogradError
from tcalc.runtime.autograd.grad_mode import inference_mode
from tcalc.runtime.autograd.nodes import mode
from tcalc.session import Session


def run(program: str) -> Any:
    return Session().evaluate(program)


def numbers(program: str) -> Any:
    return run(program).tolist()


def fails(program: str, words: str) -> None:
    with pytest.raises((AutogradError, RuntimeError), match=words):
        run(program)


LEAF = "x = tensor([1., 2., 3.], requires_grad=True)\n"


def test_gradients_accumulate() -> None:
    assert numbers(LEAF + "(x * x).sum().backward(); x.sum().backward()\nx.grad") == [3, 5, 7]


def test_several_uses_of_one_tensor_add_up() -> None:
    assert numbers(LEAF + "y = x * 2\n(y * y + y).sum().backward()\nx.grad") == [10, 18, 26]


def test_backward_needs_a_gradient_unless_the_output_is_one_number() -> None:
    fails(LEAF + "(x * 2).backward()", "grad can be implicitly created only for scalar outputs")
    assert numbers(LEAF + "(x * 2).backward(tensor([1., 0., 2.]))\nx.grad") == [2, 0, 4]


def test_the_graph_is_freed() -> None:
    fails(LEAF + "y = (x * x).sum()\ny.backward()\ny.backward()", "a second time")
    kept = LEAF + "y = (x * x).sum()\ny.backward(retain_graph=True)\ny.backward()\nx.grad"
    assert numbers(kept) == [4, 8, 12]
    # An op that saves nothing can go again.
    assert numbers(LEAF + "y = x.sum()\ny.backward(); y.backward()\nx.grad") == [2, 2, 2]


def test_backward_may_be_told_which_leaves() -> None:
    start = LEAF + "w = tensor([3., 4., 5.], requires_grad=True)\nh = x * w\ny = (h * h).sum()\n"
    assert run(f"{start}y.backward(inputs=[x])\nw.grad") is None
    assert numbers(f"{start}y.backward(inputs=[x])\nx.grad") == [18, 64, 150]
    both = f"{start}y.backward(inputs=w, retain_graph=True); y.backward(inputs=[x, w])\n"
    assert numbers(f"{both}x.grad") == [18, 64, 150]
    assert numbers(f"{both}w.grad") == [12, 64, 180]
    assert numbers(f"{start}torch.autograd.backward(y, inputs=[x])\nx.grad") == [18, 64, 150]


def test_outputs_are_numbered() -> None:
    start = "x = arange(6.).reshape(2, 3).clone().requires_grad_(True)\n"
    assert run(f"{start}a, b = x.unbind(0)\n(a.output_nr, b.output_nr, x.output_nr)") == (0, 1, 0)
    assert run(f"{start}v, i = x.max(1)\n(v.output_nr, x.sum().output_nr)") == (0, 0)


def test_what_retains_its_gradient() -> None:
    start = LEAF + "y = x * 2\nz = x * 3\nz.register_hook(lambda g: g)\n"
    text = "[t.retains_grad for t in (x, y, z, tensor(1.))]"
    assert run(start + text) == [False, False, False, False]
    assert run(f"{start}y.retain_grad()\n{text}") == [False, True, False, False]


@pytest.mark.parametrize("n", [3, 300_000])
@pytest.mark.parametrize("dtype", ["float32", "float16", "complex64"])
def test_gradients_have_the_dtype_and_shape_of_what_they_are_of(n: int, dtype: str) -> None:
    start = f"x = ones({n}, dtype={dtype}, requires_grad=True)\nw = ones(2, 1, dtype=float64)\n"
    for y in (
        "(x * w).sum()",
        "(w + x).abs().mean()",
        "where(w > 0, x, w).sum()",
        "(x.expand(2, -1) / w).sum()",
    ):
        for how in ("", ", create_graph=True"):
            text = f"{start}y = ({y}).real\ng, = torch.autograd.grad(y, x{how})\ny = ({y}).real\ny.backward()\n"
            found = run(f"{text}[(str(t.dtype), tuple(t.shape)) for t in (g, x.grad)]")
            assert found == [(f"torch.{dtype}", (n,))] * 2


def test_numbers_from_tensors() -> None:
    assert run("complex(tensor(1 + 2j))") == 1 + 2j
    assert run("[float(tensor(2 + 0j)), int(tensor(2 + 0j)), complex(tensor(3.))]") == [
        2.0,
        2,
        3 + 0j,
    ]
    for kind in ("float", "int"):
        with pytest.raises(RuntimeError):
            run(f"{kind}(tensor(1 + 2j))")


def test_every_order_of_derivative() -> None:
    program = LEAF + "g = (x ** 4).sum()\n"
    program += "for i in range(3):\n    g = grad(g.sum(), x, create_graph=True)\ng"
    assert numbers(program) == [24, 48, 72]


def test_no_grad_and_enable_grad() -> None:
    assert run(LEAF + "with no_grad():\n    y = x * 2\ny.requires_grad") is False
    nested = "with no_grad():\n    with enable_grad():\n        y = x * 2\ny.requires_grad"
    assert run(LEAF + nested) is True
    assert run(LEAF + "@no_grad()\ndef f(t):\n    return t * 2\nf(x).requires_grad") is False
    assert run(LEAF + "set_grad_enabled(False)\na = (x * 2).requires_grad\n"
               "set_grad_enabled(True)\na") is False  # fmt: skip


def test_inference_mode() -> None:
    start = LEAF + "with torch.inference_mode({}):\n    y = x * 2\n"
    assert run(start.format("") + "y.requires_grad") is False
    assert run(start.format("False") + "y.requires_grad") is True
    assert run(start.format("") + "(x * 2).requires_grad") is True
    with inference_mode():
        assert mode.inference
        with inference_mode(False):
            assert not mode.inference
        assert mode.inference
    assert not mode.inference


def test_detach_shares_memory_and_counts_writes() -> None:
    assert numbers(LEAF + "d = x.detach()\nd[0] = 9\nx.detach()") == [9, 2, 3]
    fails(LEAF + "y = x.exp()\ny.detach().add_(1)\ny.sum().backward()", "modified by an inplace")


def test_hooks() -> None:
    program = (
        LEAF + "seen = []\ny = x * 2\nh = y.register_hook(lambda g: seen.append(g.tolist()))\n"
    )
    program += "y.sum().backward(retain_graph=True)\nh.remove()\ny.sum().backward()\nseen"
    assert run(program) == [[1, 1, 1]]
    assert numbers(LEAF + "y = x * 2\ny.register_hook(lambda g: g * 10)\ny.sum().backward()\n"
                   "x.grad") == [20, 20, 20]  # fmt: skip
    assert numbers(LEAF + "x.register_hook(lambda g: g + 1)\nx.sum().backward()\nx.grad") == [
        2, 2, 2,
    ]  # fmt: skip


def test_retain_grad() -> None:
    assert numbers(LEAF + "y = x * 2\ny.retain_grad()\n(y * y).sum().backward()\ny.grad") == [
        4, 8, 12,
    ]  # fmt: skip


def test_leaves_refuse_writes() -> None:
    fails(LEAF + "x.add_(1)", "leaf Variable that requires grad")
    fails(LEAF + "x[0] = 1", "view of a leaf Variable")
    assert numbers(LEAF + "with no_grad():\n    x.add_(1)\nx.detach()") == [2, 3, 4]


def test_saved_values_must_not_change() -> None:
    fails(LEAF + "y = x * 2\nz = y * y\ny.add_(1)\nz.sum().backward()", "modified by an inplace")
    # Addition saves nothing.
    assert numbers(LEAF + "y = x * 2\nz = y + 1\ny.add_(1)\nz.sum().backward()\nx.grad") == [
        2, 2, 2,
    ]  # fmt: skip


def test_writes_through_views_rewrite_the_base() -> None:
    program = "w = tensor(3., requires_grad=True)\na = zeros(3)\na[1].add_(w)\n"
    assert numbers(program + "(a * tensor([1., 10., 100.])).sum().backward()\nw.grad") == 10
    program = LEAF + "a = x * 1\nv = a.view(3, 1)\na.mul_(2)\nv.sum().backward()\nx.grad"
    assert numbers(program) == [2, 2, 2]
    program = LEAF + "a = x * 1\nb = a[1:]\nb.mul_(b.detach().clone())\na.sum().backward()\nx.grad"
    assert numbers(program) == [1, 2, 3]


def test_second_derivative_through_a_write() -> None:
    program = LEAF + "a = x * x\na[0] = x[1] ** 3\n"
    program += "g, = torch.autograd.grad(a.sum(), x, create_graph=True)\n"
    program += "h, = torch.autograd.grad(g.sum(), x)\nh"
    assert numbers(program) == [0, 2 + 12, 2]


def test_several_views_of_one_call_refuse_writes() -> None:
    fails(LEAF + "a, b = (x * 1)[:2].chunk(2)\na.add_(1)", "multiple views")


def test_delayed_gradients() -> None:
    assert numbers("x = tensor([1., 2.])\ngrad(mean(x * x), x)") == [1, 2]
    assert run("x = tensor([1., 2.])\ng = grad(mean(x * x), x)\nx.requires_grad") is False
    fails("x = tensor([1., 2.])\ny = x * x\ngrad(y.sum(), x)", "does not depend")
    assert numbers("a = tensor(2.)\nb = tensor(3.)\n"
                   "s = grad(a * b, [a, b])\nstack(list(s))") == [3, 2]  # fmt: skip


def test_unused_inputs() -> None:
    fails(
        LEAF + "u = ones(1, requires_grad=True)\ntorch.autograd.grad(x.sum(), u)",
        "not have been used",
    )
    assert run(LEAF + "u = ones(1, requires_grad=True)\n"
               "torch.autograd.grad(x.sum(), u, allow_unused=True)") == (None,)  # fmt: skip


def test_gradcheck_says_where() -> None:
    program = "x = tensor([1., 2.], dtype=float64, requires_grad=True)\n"
    assert run(program + "gradcheck(lambda t: t.sin() * t, x)") is True
    wrong = program + "gradcheck(lambda t: t * t.detach(), x)"
    fails(wrong, r"Jacobian mismatch for output 0 with respect to input 0: d output\[1\]")


def test_anomaly_mode_names_the_op() -> None:
    program = "x = tensor([0.], requires_grad=True)\nwith torch.autograd.detect_anomaly():\n"
    fails(program + "    (x.sqrt() * 0).sum().backward()", "SqrtBackward0' returned nan")


def test_long_chains_do_not_recurse() -> None:
    program = "x = ones(1, requires_grad=True)\ny = x\nfor i in range(20000):\n    y = y + 1\n"
    assert numbers(program + "y.sum().backward()\nx.grad") == [1]


def test_shared_gradients_have_memory_of_their_own() -> None:
    program = "a = ones(2, requires_grad=True)\nb = ones(2, requires_grad=True)\n"
    program += "(a + b).backward(tensor([1., 1.]))\na.grad.mul_(5)\nb.grad"
    assert numbers(program) == [1, 1]
    assert numbers("s = ones(2)\na = ones(2, requires_grad=True)\n(a * 1).backward(s)\n"
                   "a.grad.mul_(5)\ns") == [1, 1]  # fmt: skip


def test_settings_are_shown_as_pytorch_shows_them() -> None:
    assert repr(run("torch.set_grad_enabled(True)")) == (
        "torch.autograd.grad_mode.set_grad_enabled(mode=True)"
    )
    shown = repr(run("optim.SGD([ones(1, requires_grad=True)], lr=0.1)"))
    assert shown.splitlines()[:5] == [
        "SGD (", "Parameter Group 0", "    dampening: 0", "    differentiable: False",
        "    foreach: None",
    ]  # fmt: skip


def test_a_linear_layer_is_one_node() -> None:
    assert run("nn.Linear(3, 2)(ones(4, 3)).grad_fn.name()") == "AddmmBackward0"
    assert run("nn.Linear(3, 2, bias=False)(ones(4, 3)).grad_fn.name()") == "MmBackward0"


def test_a_leaf_that_is_a_view_is_not_written_through_a_view() -> None:
    words = "a view of a leaf Variable that requires grad"
    leaf = "a = ones(4)\nx = a.reshape(2, 2).requires_grad_()\n"
    fails(leaf + "x[0] = 5", words)
    fails(leaf + "x[0].mul_(2)", words)
    fails(leaf + "x.unbind(0)[0][1].zero_()", "view")
    assert numbers(leaf + "with no_grad():\n    x[0] = 5\na") == [5, 5, 1, 1]
    assert numbers(leaf + "y = x * 1\ny[0] = 5\ny.sum().backward()\nx.grad") == [[0, 0], [1, 1]]
