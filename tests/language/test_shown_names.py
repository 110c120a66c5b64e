"""Classes and functions are called what PyTorch or Python calls them, never by places of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tcalc.display import terse
from tcalc.language import namespace
from tcalc.language.classes import program_type
from tcalc.language.tables import TABLES
from tcalc.runtime.base.registry import NAMES, lookup
from tcalc.runtime.base.setting import Setting
from tcalc.session import Session

# As PyTorch writes them.
PYTORCH = {
    "torch.utils.benchmark.TaskSpec": "<class 'torch.utils.benchmark.utils.common.TaskSpec'>",
    "torch.utils.benchmark.Measurement": "<class 'torch.utils.benchmark.utils.common.Measurement'>",
    "torch.utils.benchmark.Timer": "<class 'torch.utils.benchmark.utils.timer.Timer'>",
    "torch.utils.benchmark.Compare": "<class 'torch.utils.benchmark.utils.compare.Compare'>",
    "torch.enable_grad": "<class 'torch.autograd.grad_mode.enable_grad'>",
    "torch.inference_mode": "<class 'torch.autograd.grad_mode.inference_mode'>",
    "torch.no_grad": "<class 'torch.autograd.grad_mode.no_grad'>",
    "torch.autograd.set_detect_anomaly": "<class 'torch.autograd.anomaly_mode.set_detect_anomaly'>",
    "torch.set_grad_enabled": "<class 'torch.autograd.grad_mode.set_grad_enabled'>",
    "torch.nn.Linear": "<class 'torch.nn.modules.linear.Linear'>",
    "torch.nn.ReLU": "<class 'torch.nn.modules.activation.ReLU'>",
    "torch.nn.Sigmoid": "<class 'torch.nn.modules.activation.Sigmoid'>",
    "torch.nn.Tanh": "<class 'torch.nn.modules.activation.Tanh'>",
    "torch.nn.Module": "<class 'torch.nn.modules.module.Module'>",
    "torch.nn.Sequential": "<class 'torch.nn.modules.container.Sequential'>",
    "torch.UntypedStorage": "<class 'torch.storage.UntypedStorage'>",
    "torch.finfo": "<class 'torch.finfo'>",
    "torch.iinfo": "<class 'torch.iinfo'>",
    "torch.optim.Optimizer": "<class 'torch.optim.optimizer.Optimizer'>",
    "torch.optim.SGD": "<class 'torch.optim.sgd.SGD'>",
    "torch.Generator": "<class 'torch._C.Generator'>",
    "torch.Tensor": "<class 'torch.Tensor'>",
    "torch.nn.Parameter": "<class 'torch.nn.parameter.Parameter'>",
    "torch.Size": "<class 'torch.Size'>",
    "torch.dtype": "<class 'torch.dtype'>",
    "torch.device": "<class 'torch.device'>",
}


@pytest.mark.parametrize("name", PYTORCH)
def test_a_class_of_pytorchs(name: str) -> None:
    assert repr(lookup(name)) == PYTORCH[name]


def visible() -> Iterator[tuple[str, Any]]:
    """Everything that a program can name."""
    for name in NAMES:
        value = lookup(name)
        yield name, value.read() if type(value) is Setting else value
    for table in (*sorted(TABLES), "numpy", "numpy.linalg", "numpy.fft"):
        for name in namespace.members(namespace.module(table)):
            yield f"{table}.{name}", namespace.find(table, name)
    for name, value in Session().namespace.hidden.items():
        if name.isidentifier():
            yield name, value


def test_no_name_that_programs_see_is_a_place_of_ours() -> None:
    for name, value in visible():
        for text in (repr(value), repr(program_type(value))):
            assert "tcalc." not in text and "<locals>" not in text, name
        if callable(value):
            called = getattr(value, "__name__", name)
            # Unless PyTorch's own name begins so: beside `cat` it has the same as `_Cat`.
            own = f"{name.rpartition('.')[0]}.{called}"
            assert not called.startswith("_") or (own in NAMES and lookup(own) is value), name


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("type(nn.Linear(2, 2))", "<class 'torch.nn.modules.linear.Linear'>"),
        ("type(nn.Linear(2, 2).state_dict())", "<class 'collections.OrderedDict'>"),
        ("type(torch)", "<class 'module'>"),
        ("type(ones(2, requires_grad=True).sum().grad_fn)", "<class 'SumBackward0'>"),
        ("type(ones(2, requires_grad=True).register_hook(print))", "<class 'Handle'>"),
        ("type(ones(2, 2).max(0))", "<class 'torch.return_types.max'>"),
        ("try: ones(2) @ ones(3)\nexcept Exception as e: k = type(e)\nk", "<class 'ShapeError'>"),
        ("math.comb", "comb"),
        ("str(grad(sin))", "<function grad_sin>"),
        ("f'{vmap(sin)}'", "<function mapped>"),
        (
            "repr([torch.func.jacrev(sin), nn.Linear.forward])",
            "[<function derived>, <function Linear.forward>]",
        ),
        ("def f():\n  def g(): pass\n  return g\nstr(f())", "<function f.<locals>.g>"),
        ("import warnings; warnings.catch_warnings", "<class 'warnings.catch_warnings'>"),
    ],
)
def test_values(run: Any, text: str, shown: str) -> None:
    assert shown in repr(run.value(text))


def test_a_state_dict_is_written_as_pytorch_writes_it(run: Any) -> None:
    program = "m = nn.Linear(2, 1)\nnn.Sequential(m, nn.ReLU()).load_state_dict({'0.weight': ones(1, 2), '0.bias': zeros(1)})"
    told = run.value(program)
    assert repr(told) == terse.text(told) == "<All keys matched successfully>"
    assert run.output("print(m.state_dict())") == (
        "OrderedDict([('weight', tensor([[1., 1.]])), ('bias', tensor([0.]))])\n"
    )
    told = run.value("m.load_state_dict({'x': ones(1)}, strict=False)")
    assert repr(told) == (
        "_IncompatibleKeys(missing_keys=['weight', 'bias'], unexpected_keys=['x'])"
    )
    assert run.value("_.missing_keys") == ["weight", "bias"]


def test_what_notebooks_show_is_echoed(run: Any) -> None:
    assert len(run("x = ones(2)\nx.requires_grad_()\nm = nn.Linear(1, 1)\nm.requires_grad_()")) == 2
    assert run("manual_seed(0)\nm.train()\nm.eval()\nx.requires_grad_();") == []
