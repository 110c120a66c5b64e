"""Layers on arrays beyond PyTorch's recorded answers: what they cost, refuse and survive."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tcalc.errors import TcalcError
from tcalc.library.nn import batchnorm
from tcalc.runtime.ops.nn.convolution import kernels
from tcalc.runtime.ops.nn.interpolation import resampling, sampling
from tcalc.session import Session
from tcalc.source import Source


def ran(session: Session, program: str) -> set[Any]:
    """The code objects that ran in a program."""
    found: set[Any] = set()
    compiled = session.compiled(Source(program))
    sys.setprofile(lambda frame, event, argument: found.add(frame.f_code))
    try:
        compiled()
    finally:
        sys.setprofile(None)
    return found


PRODUCTS = (kernels.kernel_sums.__code__, kernels.backward.__code__)


@pytest.mark.parametrize(
    ("weight", "input", "parts"),
    [("False", "True", (False, True)), ("True", "False", (True, False)), ("True", "True", (1, 1))],
)
@pytest.mark.parametrize("layer", ["nn.Conv1d(2, 2, 3)", "nn.Conv1d(2, 2, 3, stride=2)"])
def test_a_convolution_computes_the_gradients_that_are_wanted(
    layer: str, weight: str, input: str, parts: tuple[Any, Any]
) -> None:
    session = Session()
    session.evaluate(
        f"m = {layer}.requires_grad_({weight})\nx = torch.ones(1, 2, 9, requires_grad={input})\n"
        "y = m(x).sum()"
    )
    codes = ran(session, "y.backward()")
    assert tuple(code in codes for code in PRODUCTS) == tuple(map(bool, parts))


def test_a_frozen_layer_has_no_backward() -> None:
    session = Session()
    session.evaluate(
        "m = nn.Sequential(nn.Conv1d(2, 2, 3), nn.BatchNorm1d(2), nn.ReLU(), nn.MaxPool1d(2))\n"
        "m.requires_grad_(False)\nhead = nn.Linear(6, 1)\n"
        "y = head(m(torch.ones(2, 2, 8)).flatten(1)).sum()"
    )
    codes = ran(session, "y.backward()")
    assert not codes & {*PRODUCTS, batchnorm.batch_norm.kernel.__code__}
    assert session.evaluate("m(torch.ones(2, 2, 8)).grad_fn") is None


def test_a_map_of_places_needs_no_gradient_of_the_image() -> None:
    session = Session()
    session.evaluate(
        "g = torch.zeros(1, 1, 1, 2, requires_grad=True)\n"
        "y = F.grid_sample(torch.ones(1, 1, 2, 2), g, align_corners=True).sum()"
    )
    codes = ran(session, "y.backward()")
    assert sampling.weighed.kernel.__code__ in codes
    assert sampling.spread_back.kernel.__code__ not in codes


@pytest.mark.parametrize(
    "program",
    [
        "nn.Conv2d(1, 1, 3)([1])",
        "m = nn.Conv2d(1, 1, 3)\nm.kernel_size = 'a'\nm.padding = object()\nm(ones(1, 5, 5))",
        "m = nn.MaxPool2d(2)\nm.stride = [None]\nm(ones(1, 5, 5))",
        "m = nn.AdaptiveAvgPool2d(2)\nm.output_size = object()\nm(ones(1, 5, 5))",
        "m = nn.BatchNorm1d(2)\nm.momentum = 'a'\nm(ones(2, 2))",
        "m = nn.Dropout(0.5)\nm.p = 'a'\nm(ones(2))",
        "m = nn.Upsample(scale_factor=2)\nm.mode = 5\nm(ones(1, 1, 2))",
        "m = nn.ZeroPad2d(1)\nm.padding = {}\nm(ones(1, 1, 2))",
        "nn.Conv2d(1, 1, 1 << 70)",
        "nn.Conv2d(1 << 40, 1 << 40, 3)",
        "nn.BatchNorm2d(1 << 60)",
        "nn.Upsample(size=1 << 60)(ones(1, 1, 2))",
        "F.interpolate(ones(1, 1, 2), scale_factor=1e30)",
        "F.interpolate(ones(1, 1, 2), scale_factor=float('nan'))",
        "F.affine_grid(ones(1, 2, 3), (1, 1, 1 << 40, 1 << 40), align_corners=False)",
        "nn.ReflectionPad1d(1 << 40)(ones(1, 4))",
        "nn.ConstantPad1d(1 << 40, 0.)(ones(1, 4))",
        "nn.AdaptiveAvgPool1d(1 << 40)(ones(1, 4))",
        "F.fractional_max_pool2d(ones(1, 4, 4), 2, output_ratio=float('nan'))",
        "nn.PixelShuffle(1 << 40)(ones(4, 1, 1))",
        "nn.LazyConv2d(1, 3)(5)",
    ],
)
def test_what_cannot_be_is_refused_in_words_of_ours(program: str) -> None:
    with pytest.raises(TcalcError):
        Session().evaluate(program)


def test_settings_are_exact_numbers() -> None:
    session = Session()
    session.evaluate(
        "class N:\n    def __index__(self): return 3\n"
        "m = nn.Conv2d(N(), 6, N(), padding=(N(), 1))\np = nn.MaxPool2d([N(), N()])"
    )
    assert (
        session.evaluate("str(m)")
        == "Conv2d(3, 6, kernel_size=(3, 3), stride=(1, 1), padding=(3, 1))"
    )
    for value in session.evaluate("[m.in_channels, *m.kernel_size, *p.kernel_size]"):
        assert type(value) is int


def test_text_shows_no_addresses() -> None:
    session = Session()
    session.evaluate("m = nn.MaxPool2d(2)\nm.stride = [object()]")
    assert session.evaluate("str(nn.Sequential(m))").split("\n")[1] == (
        "  (0): MaxPool2d(kernel_size=2, stride=[<object object>], padding=0, dilation=1, "
        "ceil_mode=False)"
    )


def test_a_copy_is_of_its_own() -> None:
    session = Session()
    session.evaluate(
        "import copy\nm = nn.Sequential(nn.LazyConv1d(2, 3), nn.BatchNorm1d(2))\nn = copy.deepcopy(m)\n"
        "y = m(torch.randn(2, 3, 8))"
    )
    assert session.evaluate("m[0].in_channels, n[0].in_channels") == (3, 0)
    assert session.evaluate("n[0].has_uninitialized_params()") is True
    session.evaluate("k = copy.deepcopy(m)\ny = k(torch.randn(2, 3, 8))")
    counts = "m[1].num_batches_tracked.item(), k[1].num_batches_tracked.item()"
    assert session.evaluate(counts) == (1, 2)


def test_a_plan_trains_as_eager_does() -> None:
    program = """
torch.manual_seed(0)
m = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2), nn.Upsample(scale_factor=2, mode='bilinear'), nn.Flatten(), nn.Linear(288, 1))
def step(x):
    m.zero_grad()
    loss = (m(x) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        for p in m.parameters():
            p -= 0.01 * p.grad
    return loss
run = WRAP(step)
seen = [run(torch.randn(2, 1, 14, 14)).item() for i in range(4)]
[seen, *[b.flatten().tolist() for b in m.buffers()]]"""
    found = []
    for wrap in ("", "torch.compile"):
        *before, last = program.replace("WRAP", wrap).strip().split("\n")
        session = Session()
        session.evaluate("\n".join(before))
        found.append(session.evaluate(last))
    assert found[0] == found[1]


def test_users_norms_say_what_they_take() -> None:
    session = Session()
    session.evaluate(
        "class Any(nn.modules.batchnorm._BatchNorm):\n    def _check_input_dim(self, input): pass\nm = Any(3)"
    )
    assert session.evaluate("m(torch.ones(2, 3, 1, 1, 1, 1)).shape") == (2, 3, 1, 1, 1, 1)
    with pytest.raises(TcalcError, match="_check_input_dim"):
        session.evaluate("nn.modules.batchnorm._BatchNorm(3)(ones(2, 3))")


@pytest.mark.parametrize("mode", resampling.TAPS)
def test_weights_of_a_resampling_add_up_to_one(mode: str) -> None:
    for old in (1, 2, 5, 9):
        for new in (1, 3, 8):
            indices, weights = resampling.TAPS[mode](resampling.Axis(mode, old, new), float)
            assert indices.min() >= 0 and indices.max() < old
            if weights is not None:
                assert abs(weights.sum(0) - 1).max() < 1e-12


def test_layers_of_ones_own_are_made_of_pytorchs_parts() -> None:
    session = Session()
    session.evaluate(
        "from torch.nn.modules.utils import _pair, _triple\n"
        "class Centred(nn.Conv2d):\n"
        "    def forward(self, x):\n"
        "        w = self.weight - self.weight.mean((1, 2, 3), keepdim=True)\n"
        "        return self._conv_forward(x, w, None)\n"
        "y = Centred(1, 2, 3, padding=1, padding_mode='reflect')(torch.ones(1, 5, 5))"
    )
    assert session.evaluate("y.shape, y.abs().max().item() < 1e-6") == ((2, 5, 5), True)
    assert session.evaluate("_pair(3), _triple([1, 2])") == ((3, 3), (1, 2))
    assert session.evaluate("isinstance(nn.Dropout2d(), nn.modules.dropout._DropoutNd)") is True
