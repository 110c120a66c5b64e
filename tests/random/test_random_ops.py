"""Random numbers as programs draw them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.errors import ArgumentError, AutogradError, LimitError, ShapeError, StateError
from tcalc.runtime.types.devices import device
from tcalc.session import Session


def run(source: str) -> Any:
    session = Session()
    for line in source.strip().splitlines()[:-1]:
        session.evaluate(line.strip())
    return session.evaluate(source.strip().splitlines()[-1].strip())


def values(source: str) -> Any:
    return run(source).detach().array.tolist()


def test_a_seed_gives_pytorchs_numbers() -> None:
    found = values("manual_seed(0)\nrand(2, 2)")
    assert np.round(found, 4).tolist() == [[0.4963, 0.7682], [0.0885, 0.132]]
    assert values("manual_seed(0)\ntorch.randint(10, (3,))") == [4, 9, 3]
    assert values("manual_seed(0)\nrandint(low=0, high=10, size=[3])") == [4, 9, 3]
    assert values("manual_seed(0)\nrandperm(5)") == [4, 0, 1, 3, 2]
    assert values("torch.manual_seed(1.0)\nrand(3)") == values("manual_seed(1)\nrand(3)")


def test_a_generator_of_ones_own() -> None:
    assert values(
        """
        g = torch.Generator().manual_seed(0)
        a = rand(2)
        rand(2, generator=g)
        """
    ) == values("manual_seed(0)\nrand(2)")
    assert run("torch.Generator().device") == device("cpu")
    assert run("torch.Generator().initial_seed()") == 67280421310721
    assert values("manual_seed(3)\ntorch.default_generator.get_state()") == values(
        "torch.Generator().manual_seed(3).get_state()"
    )
    with pytest.raises(StateError, match="Expected a 'cpu' device type for generator"):
        run("rand(2, generator=torch.Generator('cuda'))")
    with pytest.raises(ArgumentError, match=r"must be torch.Generator, not int"):
        run("rand(2, generator=3)")


def test_states_and_forks() -> None:
    for source in (
        "s = get_rng_state()\na = rand(3)\nset_rng_state(s)\nequal(a, rand(3))",
        "g = torch.Generator()\ns = g.get_state()\na = rand(3, generator=g)\n"
        "t = g.set_state(s)\nequal(a, rand(3, generator=g))",
        "manual_seed(4)\na = rand(2)\nmanual_seed(4)\n"
        "with torch.random.fork_rng(): b = rand(5)\nequal(a, rand(2))",
        "n = seed()\na = rand(2)\nmanual_seed(n)\nequal(a, rand(2))",
    ):
        assert run(source) is True, source
    with pytest.raises(ArgumentError, match=r"must be a torch.ByteTensor"):
        run("set_rng_state(zeros(5056))")


def test_the_like_of_a_transposed_tensor_is_drawn_in_its_layout() -> None:
    assert run("rand_like(zeros(2, 3).T).stride()") == (1, 3)
    for name in ("rand", "randn"):
        transposed = values(f"manual_seed(0)\n{name}_like(zeros(2, 3).T).T")
        assert transposed == values(f"manual_seed(0)\n{name}(2, 3)")
    assert values("manual_seed(0)\nrandint_like(zeros(3), 10)") == [4.0, 9.0, 3.0]
    assert values("manual_seed(0)\nrandint_like(zeros(3), low=0, high=10)") == [4.0, 9.0, 3.0]


def test_bounds_of_random() -> None:
    for call in ("random_(10)", "random_(0, 10)", "random_(to=10)", "random_(0, to=10)"):
        assert values(f"manual_seed(0)\nzeros(3).{call}") == [4.0, 9.0, 3.0]
    assert min(values("torch.zeros(50, dtype=torch.int8).random_(100, None)")) >= 100
    with pytest.raises(ArgumentError, match="argument 'bounds' must be int, not float"):
        run("zeros(3).random_(1.5)")
    with pytest.raises(ArgumentError, match="two bounds"):
        run("zeros(3).random_(1, 2, 3)")


def test_parameters_may_be_tensors_of_one_number() -> None:
    assert values("zeros(2).uniform_(tensor(3.), tensor(3.))") == [3, 3]
    assert values("zeros(2).bernoulli_(tensor(1.))") == [1, 1]
    with pytest.raises(ArgumentError, match="argument 'mean' must be float, not str"):
        run("zeros(2).normal_('a')")


def test_whole_numbers_are_taken_as_chances_and_weights() -> None:
    assert values("bernoulli([0, 1, 1])") == [0, 1, 1]
    assert values("multinomial([0, 1, 0], 1)") == [1]
    assert values("poisson([0, 0])") == [0, 0]
    assert values("normal([1, 2], 0)") == [1, 2]
    assert values("normal(5, [0, 0])") == [5, 5]
    assert values("normal([1, 2], [[0], [0]])") == [[1, 2], [1, 2]]
    assert values("binomial([3, 4], [1, 0])") == [3, 0]


def test_no_gradient_comes_through_a_draw() -> None:
    for draw, node in (
        ("bernoulli(x)", "BernoulliBackward0"),
        ("poisson(x)", "PoissonBackward0"),
        ("normal(x, 1.)", "NormalBackward1"),
        ("normal(0., x)", "NormalBackward2"),
        ("normal(x, ones(3, 1))", "NormalBackward3"),
        ("(x * 1).uniform_()", "UniformBackward0"),
        ("(x * 1).normal_()", "NormalBackward0"),
        ("(x * 1).random_(1, 3)", "RandomBackward0"),
        ("(x * 1).bernoulli_(0.5)", "BernoulliBackward2"),
        ("(x * 1).exponential_()", "ExponentialBackward0"),
    ):
        made = f"x = tensor([0.25, 0.5], requires_grad=True)\ny = {draw}\n"
        assert run(made + "y.grad_fn.name()") == node
        assert values(made + "y.sum().backward()\nx.grad") == [0, 0]
    assert run("x = tensor([1.], requires_grad=True)\nrand_like(x).requires_grad") is False
    assert run("rand(2, requires_grad=True).is_leaf") is True


def test_writing_is_counted_and_checked() -> None:
    assert run("x = zeros(2)\ny = x.normal_().uniform_()\n(y is x, x._version)") == (True, 2)
    with pytest.raises(AutogradError, match="leaf Variable that requires grad"):
        run("zeros(2, requires_grad=True).normal_()")
    assert run("x = zeros(2, requires_grad=True)\nwith no_grad(): y = x.normal_()\ny is x") is True
    with pytest.raises(AutogradError, match="modified by an inplace operation"):
        run("x = ones(2, requires_grad=True)\ny = x * 1\nz = (y * y).sum()\nw = y.normal_()\n"
            "z.backward()")  # fmt: skip
    with pytest.raises(StateError, match="more than one element"):
        run("zeros(1).expand(3).uniform_()")


def test_meta_tensors_take_no_numbers() -> None:
    assert run("rand(10**6, 10**6, device='meta').shape") == (10**6, 10**6)
    assert run("manual_seed(0)\na = randn(3, device='meta')\nrand(1).item()") == pytest.approx(
        0.4962566
    )
    assert run("bernoulli(zeros(2, device='meta')).device.type") == "meta"
    assert run("zeros(2, device='meta').normal_().shape") == (2,)


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("rand(-1)", ShapeError, "negative dimension"),
        ("rand(100000000000)", LimitError, "needs 373 GiB"),
        ("randperm(100000000000)", LimitError, "a permutation of"),
        ("randint(5, 2)", ArgumentError, "'size' must be tuple of ints, not int"),
        ("randint(5.0, (2,))", ArgumentError, "'high' must be int, not float"),
        ("randint(1, 2, 3, (2,))", ArgumentError, "takes high and size"),
        ("randint_like(zeros(2))", ArgumentError, "'high' must be int, not None"),
        ("randperm(3.)", ArgumentError, "'n' must be int, not float"),
        ("randperm(-1)", StateError, "negative dimension -1"),
        ("normal(0, 1)", ArgumentError, "'size' must be tuple of ints"),
        ("normal(tensor([1.]), 1., (2,))", ArgumentError, "only with two numbers"),
        ("normal(zeros(2), ones(3))", ShapeError, "must match the size"),
        ("zeros(2).bernoulli_(ones(3))", ShapeError, "does not broadcast"),
        ("multinomial(ones(3), 1.5)", ArgumentError, "'num_samples' must be int"),
        ("rand(2, dtype=int64)", NotImplementedError, "not implemented for 'Long'"),
    ],
)
def test_refusals(source: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        run(source)
