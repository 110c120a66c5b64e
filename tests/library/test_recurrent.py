"""Recurrent layers and attention beyond PyTorch's recorded answers: plans, batches, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tcalc.errors import ShapeError, TcalcError
from tcalc.session import Session

STEP = """
torch.manual_seed(0)
m = {layer}
state = copy.deepcopy(m.state_dict())
x = torch.randn(5, 2, 4)
opt = torch.optim.SGD(m.parameters(), lr=0.1)
def step(x):
    opt.zero_grad()
    loss = ({call})[0].pow(2).mean()
    loss.backward()
    opt.step()
    return loss
def run(f):
    m.load_state_dict(state)
    torch.manual_seed(1)
    return [f(x).item() for _ in range(4)]
run(step) == run(torch.compile(step))
"""
LAYERS = {
    "nn.LSTM(4, 3, 2, dropout=0.3)": "m(x)",
    "nn.GRU(4, 3, bidirectional=True)": "m(x)",
    "nn.RNN(4, 3, batch_first=True)": "m(x)",
    "nn.MultiheadAttention(4, 2, dropout=0.2)": "m(x, x, x, need_weights=False)",
}


def run(text: str) -> Any:
    session = Session()
    *before, last = text.strip().split("\n")
    session.evaluate("\n".join(["import copy", *before]))
    return session.evaluate(last)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_training_step_gives_the_same_in_a_plan(
    layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("tcalc.library.jit.planned.remark", said.append)
    assert run(STEP.format(layer=layer, call=LAYERS[layer])) is True
    assert not said, "it runs eagerly"


def test_a_batch_of_sequences_is_read_as_each_alone() -> None:
    for layer in ("nn.LSTM(4, 3, 2)", "nn.GRU(4, 3, bidirectional=True)", "nn.RNN(4, 3)"):
        found = run(
            f"m = {layer}\nx = torch.randn(3, 5, 2, 4)\n"
            "torch.func.vmap(lambda t: m(t)[0])(x), torch.stack([m(t)[0] for t in x])"
        )
        np.testing.assert_allclose(*(t.detach().array for t in found), rtol=1e-5, atol=1e-6)


def test_nothing_is_kept_where_no_gradient_is_wanted() -> None:
    out = run("with torch.no_grad():\n    out = nn.LSTM(4, 3)(torch.randn(5, 2, 4))[0]\nout")
    assert out.grad_fn is None
    frozen = run("nn.GRU(4, 3).requires_grad_(False)(torch.randn(5, 2, 4))[0]")
    assert frozen.grad_fn is None


def test_packed_sequences_give_what_each_gives_alone() -> None:
    alone, packed = run(
        "from torch.nn.utils.rnn import pack_sequence, unpack_sequence\n"
        "m = nn.LSTM(4, 3, bidirectional=True)\n"
        "data = [torch.randn(n, 4) for n in (2, 5, 1, 5)]\n"
        "out, _ = m(pack_sequence(data, enforce_sorted=False))\n"
        "torch.cat([m(d)[0] for d in data]), torch.cat(unpack_sequence(out))"
    )
    np.testing.assert_allclose(alone.detach().array, packed.detach().array, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("sizes", ["[1, 2]", "[2.5, 0.5]", "[3, 1]", "[3, 0]", "[[2, 1]]"])
def test_batch_sizes_that_are_none_are_refused(sizes: str) -> None:
    with pytest.raises(ShapeError, match="batch_sizes"):
        run(f"p = nn.utils.rnn.PackedSequence(ones(3, 2), tensor({sizes}))\nnn.RNN(2, 3)(p)")


@pytest.mark.parametrize(
    "change",
    [
        "m.num_layers = 3", "m.mode = 'x'", "m.mode = [1]", "m.dropout = 'a'; m.num_layers = 2",
        "m.weight_hh_l0 = nn.Parameter(ones(3))", "m.weight_ih_l0 = nn.Parameter(ones(5, 4))",
        "m.bias_hh_l0 = nn.Parameter(ones(1))", "m.bias_hh_l0 = None", "m.weight_hh_l0 = None",
    ],
)  # fmt: skip
def test_what_a_program_makes_of_a_layer_is_refused_in_words(change: str) -> None:
    with pytest.raises((TcalcError, AttributeError)) as caught:
        run(f"m = nn.LSTM(4, 3)\n{change}\nm(ones(2, 1, 4))")
    assert "_d" not in str(caught.value)


def test_rows_that_see_nothing_give_nothing_and_no_gradient() -> None:
    out, slope = run(
        "q = torch.randn(1, 2, 3, requires_grad=True)\n"
        "mask = tensor([[True, False], [False, False]])\n"
        "out = F.scaled_dot_product_attention(q, q, q, mask)\n"
        "out.sum().backward()\n"
        "out.detach(), q.grad"
    )
    assert not out.array[0, 1].any()
    assert np.isfinite(slope.array).all()


def test_a_large_stack_is_worked_on_in_blocks_with_the_same_result() -> None:
    fused, plain = run(
        "q, k, v = torch.randn(3, 2, 3, 300, 16)\n"
        "w = (q @ k.mT / 4).masked_fill(torch.ones(300, 300).triu(1).bool(), -inf).softmax(-1)\n"
        "F.scaled_dot_product_attention(q, k, v, is_causal=True), w @ v"
    )
    np.testing.assert_allclose(fused.array, plain.array, rtol=1e-4, atol=1e-5)
