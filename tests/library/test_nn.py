"""What holds for every module of torch.nn; each is found by its name."""

from __future__ import annotations

import doctest
import inspect
from typing import Any

import pytest

from tcalc.display import plain
from tcalc.library.copying import deepcopy
from tcalc.library.nn.linear import Linear
from tcalc.library.nn.module import Module
from tcalc.library.nn.parameter import is_lazy
from tcalc.runtime.base import registry
from tcalc.runtime.types import dtypes
from tcalc.session import Session
from tcalc.source import Source

NAMES = [n for n in registry.NAMES if n.startswith("torch.nn.") and ".functional." not in n]
EXPORTED = {name: registry.lookup(name) for name in NAMES}
# Each class by the shortest of its names.
CLASSES = {
    value: name
    for name, value in sorted(EXPORTED.items(), key=lambda item: -len(item[0]))
    if isinstance(value, type)
}
MODULES = [
    pytest.param(kind, id=name.removeprefix("torch.nn."))
    for kind, name in CLASSES.items()
    if issubclass(kind, Module) and "._" not in name
]
# What is given for a parameter of a constructor that has no default, whatever the class.
GIVEN: dict[str, Any] = {
    "bias": True, "cutoffs": [2, 3], "d_model": 4, "dim": 1, "downscale_factor": 2, "embed_dim": 4,
    "embedding_dim": 3, "groups": 2, "hidden_size": 3, "in1_features": 2, "in2_features": 3,
    "in_channels": 2, "in_features": 4, "input_size": 2, "kernel_size": 2, "lower": 0.1,
    "mode": "GRU", "n_classes": 5, "nhead": 2, "norm_type": 2, "normalized_shape": 4,
    "num_channels": 4, "num_chunks": 3, "num_classes": 3, "num_embeddings": 5, "num_features": 4,
    "num_groups": 2, "num_heads": 2, "num_layers": 2, "out_channels": 3, "out_features": 3,
    "output_size": 2, "padding": 1, "size": 2, "threshold": 0.1, "unflattened_size": (2, 2),
    "upscale_factor": 2, "value": 20.0,
}  # fmt: skip


# Parameters that have a default, but not one that a module can be made with.
WANTED = {"output_ratio": 0.5}


def made(kind: Any) -> Any:
    """A module of a class, with an argument for each parameter that needs one."""
    arguments = {}
    for name, parameter in inspect.signature(kind).parameters.items():
        if name in WANTED:
            arguments[name] = WANTED[name]
        elif parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            arguments[name] = GIVEN[name] if name in GIVEN else _MADE[name]()
    return kind(**arguments)


def layer(name: str) -> Any:
    return made(registry.lookup(f"torch.nn.{name}"))


_MADE = {
    "decoder_layer": lambda: layer("TransformerDecoderLayer"),
    "encoder_layer": lambda: layer("TransformerEncoderLayer"),
    "module": lambda: Linear(2, 3),
    "modules": lambda: [Linear(3, 3)],
    "original": lambda: Linear(3, 3).weight,
}


@pytest.mark.parametrize("kind", MODULES)
def test_a_copy_reads_the_same(kind: Any) -> None:
    module = made(kind)
    copied = deepcopy(module)
    assert type(copied) is kind and repr(copied) == repr(module)
    assert list(copied.state_dict()) == list(module.state_dict())
    mine = {id(t) for t in (*module.parameters(), *module.buffers())}
    assert not any(id(t) in mine for t in (*copied.parameters(), *copied.buffers()))


@pytest.mark.parametrize("kind", MODULES)
def test_its_state_can_be_loaded(kind: Any) -> None:
    module, other = made(kind), made(kind)
    state = module.state_dict()
    answer = other.load_state_dict(state)
    assert repr(answer) == "<All keys matched successfully>"
    for name, tensor in other.state_dict().items():
        assert is_lazy(tensor) or tensor.equal(state[name]), name


@pytest.mark.parametrize("kind", MODULES)
def test_train_and_eval_reach_all_of_it(kind: Any) -> None:
    module = made(kind)
    assert all(m.training for m in module.modules())
    assert module.eval() is module
    assert not any(m.training for m in module.modules())
    module.train()
    assert all(m.training for m in module.modules())


@pytest.mark.parametrize("kind", MODULES)
def test_its_tensors_can_be_cast(kind: Any) -> None:
    module = made(kind)
    parameters = list(module.parameters())
    assert module.to(dtypes.float64) is module
    assert all(p.dtype == dtypes.float64 for p in module.parameters())
    assert [id(p) for p in module.parameters()] == [id(p) for p in parameters]
    for buffer in module.buffers():
        assert buffer.dtype == dtypes.float64 or not buffer.dtype.is_floating_point


@pytest.mark.parametrize("kind", MODULES)
def test_its_gradients_can_be_forgotten_and_it_can_be_frozen(kind: Any) -> None:
    module = made(kind)
    module.zero_grad()
    module.requires_grad_(False)
    assert not any(p.requires_grad for p in module.parameters())


WITH_EXAMPLES = [
    pytest.param(value, id=name.removeprefix("torch.nn."))
    for name, value in EXPORTED.items()
    if not hasattr(value, "__op__") and doctest.DocTestParser().get_examples(value.__doc__ or "")
]


@pytest.mark.parametrize("value", WITH_EXAMPLES)
def test_examples(value: Any) -> None:
    shown: list[str] = []
    session = Session(write=shown.append)
    for example in doctest.DocTestParser().get_examples(value.__doc__):
        shown.clear()
        session.run(Source(example.source), lambda value, _: shown.append(plain.text(value)))
        got = [line.strip() for line in "\n".join(shown).splitlines() if line.strip()]
        assert got == [line.strip() for line in example.want.splitlines()], example.source


@pytest.mark.parametrize("kind", MODULES)
def test_it_says_what_it_is(kind: Any) -> None:
    assert kind.__doc__ and kind.__module__.startswith("torch.nn.")
