"""`why`: the call that first made an element what it is, by running again."""

from __future__ import annotations

import re

import pytest

from .conftest import Asking


def test_a_chain_is_told_from_its_end(run: Asking) -> None:
    text = "a = tensor([1., 2.])\nb = tensor([0., 5.])\nc = (a - b).sqrt()\nwhy((c * 2)[1])"
    assert run(text) == (
        "nan first came of sqrt(-3), test.tcalc:3:5  (a - b).sqrt()\n"
        "\n"
        "(c * 2)[1] = nan    mul  test.tcalc:4  c * 2\n"
        "c[1] = nan          first nan: sqrt  test.tcalc:3  (a - b).sqrt()\n"
        "╰─ (a - b)[1] = -3  sub  test.tcalc:3  a - b\n"
        "   ├─ a[1] = 2      test.tcalc:1  tensor([1., 2.])\n"
        "   ╰─ b[1] = 5      test.tcalc:2  tensor([0., 5.])\n"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        # elementwise, reductions, products
        ("x = tensor([0., 1.])\ny = x / 0\nwhy(y.sum())", "nan first came of div(0, 0), test.tcalc:2:5  x / 0"),
        ("x = tensor([-1., 1.]).log()\nwhy(x.max())", "nan first came of log(-1), test.tcalc:1:5  tensor([-1., 1.]).log()"),
        ("x = full((2, 2), 3e38)\ny = x @ x\nwhy(y[0, 1])", "inf first came of mm(2 elements, 2 elements) in matmul, test.tcalc:2:5  x @ x"),
        ("x = ones(2, 2)\nx[1] = nan\nwhy((x @ x)[1, 0])", "nan first came of fill_(value=nan), test.tcalc:2:1  x[1] = nan"),
        ("x = tensor([[1., inf], [2., 3.]])\nwhy(x.softmax(1)[0])", "nan first came of softmax(inf, dim=1), test.tcalc:2:5  x.softmax(1)"),
        # a mask hides a branch that is nan
        ("x = tensor([-1., 4.])\ny = where(x > 0, x.sqrt(), x / 0 * 0)\nwhy(y)", "nan first came of mul(-inf, 0), test.tcalc:2:28  x / 0 * 0"),
        # indices, views, moves
        ("x = arange(6.)\ny = x.view(2, 3).T\nz = (y - 2).sqrt()\nwhy(z.flip(0).roll(1, 0)[0, 0])", "nan first came of sqrt(-2), test.tcalc:3:5  (y - 2).sqrt()"),
        ("x = cat([ones(2), tensor([-1.]).sqrt(), ones(2)])\nwhy(x[tensor([4, 2])])", "nan first came of sqrt(-1), test.tcalc:1:19  tensor([-1.]).sqrt()"),
        ("x = ones(3)\nv = x[1:]\nv.sub_(2)\nv.log_()\nwhy(x)", "nan first came of log_(-1), test.tcalc:4:1  v.log_()"),
        # loops and functions
        ("w = tensor(10.)\nfor i in range(9):\n    w = w * w\nwhy(w)", "inf first came of mul(1e+32, 1e+32), test.tcalc:3:9  w * w, the 6th time it ran"),
        ("def f(t):\n    return t.log()\ny = f(tensor(1.)) + f(tensor(-1.))\nwhy(y)", "nan first came of log(-1), test.tcalc:2:12  t.log(), the 2nd time it ran"),
        # gradients, in the program's own words
        ("x = tensor([0., 1.], requires_grad=True)\n(x.sqrt() * 0).sum().backward()\nwhy(x.grad)", "nan first came of div(0, 0) in SqrtBackward0, gradient of test.tcalc:2:2  x.sqrt()"),
        # what came in with nan, and a plain value
        ("x = tensor([1., nan])\nwhy(x * 2)", "nan came in at test.tcalc:1  tensor([1., nan])"),
        ("x = tensor([1., 2.])\nwhy((x * 3 + 1)[1])", "made by add(6, 1), test.tcalc:2:6  x * 3 + 1"),
        ("x = ones(2, 3)\nwhy(x)", "all 6 elements of x are finite; ask of one, as x[1, 2]"),
    ],
)  # fmt: skip
def test_what_came_first(run: Asking, text: str, line: str) -> None:
    found = run(text).splitlines()
    assert line in (found[0], found[1] if len(found) > 1 else "")


def test_infinities_of_which_nan_came_are_followed(run: Asking) -> None:
    text = "x = tensor([1000., 1.])\ny = x.exp()\nwhy(y - y.max())"
    assert run(text).splitlines()[1:3] == [
        "nan first came of sub(inf, inf), test.tcalc:3:5  y - y.max()",
        "inf first came of exp(1000), test.tcalc:2:5  x.exp()",
    ]


def test_parts_are_told_by_what_they_depend_on(run: Asking) -> None:
    text = "x = arange(12.).reshape(3, 4)\ny = x @ x.T\nz = y.cumsum(0)\nwhy(z[1, 2])"
    assert run(text).splitlines()[2:] == [
        "z[1, 2] = 276            cumsum  test.tcalc:3  y.cumsum(0)",
        "╰─ y[0:2, 2] = 62 … 214  mm  test.tcalc:2  x @ x.T",
    ]


def test_steps_of_optimizers_are_followed(run: Asking) -> None:
    text = """\
m = nn.Linear(2, 1)
o = optim.SGD(m.parameters(), 0.1)
for i in range(4):
    o.zero_grad()
    l = m(ones(3, 2)).pow(2).mean()
    if i == 2:
        l = l + (l * 0).sqrt() * 0
    l.backward()
    o.step()
why(m.weight)
"""
    found = run(text)
    assert (
        "nan first came of div(0, 0) in SqrtBackward0, gradient of test.tcalc:7:17  (l * 0).sqrt()"
        in found
    )
    assert "m.weight[0, 0] = nan" in found
    assert "m.weight.grad[0, 0] = nan" in found


def test_random_numbers_are_drawn_again_as_they_were(run: Asking) -> None:
    run("x = randn(1000)")
    run("y = x.sort().values[:3].log()")
    found = run("why(y[1])")
    assert re.match(r"nan first came of log\(-\d", found)
    value = run.value("x.sort().values[1].item()")
    assert f"log({value:.6g})" in found
    state = run.value("torch.get_rng_state()")
    run("why(y[1])")
    assert run.value("torch.get_rng_state()").equal(state)


def test_nothing_is_done_twice(run: Asking, tmp_path: object) -> None:
    run.session.folders = (str(tmp_path),)
    text = (
        f"n = 0\nprint('once')\nwith open('{tmp_path}/a.txt', 'w') as f:\n"
        f"    f.write('1')\nsave(ones(2), '{tmp_path}/b.npy')\ntorch.manual_seed(3)\n"
        "torch.set_default_dtype(torch.float64)\nx = rand(2) - 5\n"
    )
    try:
        assert run(text) == "once\n"
        assert "rand(2) - 5" in run("why(x[0])")
        assert run.value("torch.get_default_dtype()").name == "float64"
    finally:
        run("torch.set_default_dtype(torch.float32)")


def test_what_cannot_be_run_again_is_said(run: Asking) -> None:
    text = "import time\nx = tensor([time.perf_counter()])\nwhy(x / 0 * 0 + x)"
    found = run("import time\nx = tensor([time.perf_counter()], dtype=float64)\nwhy(x[0])")
    assert found.startswith("cannot tell: run again it came to ")
    assert "  it calls perf_counter() in line 2 of test.tcalc\n" in found
    assert "nan first came of mul(inf, 0)" in run(text)


def test_errors_and_resets_are_run_again(run: Asking) -> None:
    run("x = ones(2)")
    with pytest.raises(AttributeError):
        run("x.sub_(3)\nx.undefined")
    run("y = x.sqrt()")
    assert "nan first came of sqrt(-2)" in run("why(y)")
    run.session.reset()
    run("x = tensor(-1.)")
    assert "nan first came of log(-1)" in run("why(x.log())")


def test_variables_given_beforehand(run: Asking) -> None:
    value = run.value("tensor([2., -3.])")
    other = Asking()
    other.session.variables["x"] = value
    assert "nan first came of log(-3)" in other("y = x.log()\nwhy(y)")


@pytest.mark.parametrize(
    "text",
    ["f = jit(lambda t: (t - 1).sqrt())\nf(zeros(2))\nwhy(f(zeros(2)))",
     "x = zeros(300_000)\ny = (x - 1).sqrt()\nwhy(y[7])",
     "x = zeros(3, dtype=torch.float16)\ny = (x - 1).sqrt()\nwhy(y)",
     "x = zeros(2, 3)\ny = vmap(lambda t: (t - 1).sqrt())(x)\nwhy(y)",
     "with no_grad():\n    y = (zeros(2) - 1).sqrt()\nwhy(y)"],
)  # fmt: skip
def test_ways_of_running(run: Asking, text: str) -> None:
    assert "nan first came of sqrt(-1)" in run(text)


def test_what_is_no_tensor(run: Asking) -> None:
    with pytest.raises(TypeError, match="why is for tensors"):
        run("why(3)")
    with pytest.raises(RuntimeError, match="outside of vmap"):
        run("vmap(lambda t: why(t))(ones(2, 2))")
    assert run("why(zeros(0))") == "zeros(0) has no elements\n"
