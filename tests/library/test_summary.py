"""Tables of a model's layers: numbers of PyTorch's models, and nothing that is left behind."""

from __future__ import annotations

import pytest

from tcalc.errors import ArgumentError, ShapeError, StateError
from tcalc.session import Session

NET = """
net = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(),
    nn.Sequential(nn.Flatten(), nn.Linear(16 * 32 * 32, 10)),
)
"""
TABLE = """\
===========================================================
Layer (type:depth-idx)  Output Shape     Param #  Mult-Adds
===========================================================
Sequential              [8, 10]          --       4,849,664
├─Conv2d: 1-1           [8, 16, 32, 32]  448      3,538,944
├─BatchNorm2d: 1-2      [8, 16, 32, 32]  32       --
├─ReLU: 1-3             [8, 16, 32, 32]  --       --
├─Sequential: 1-4       [8, 10]          --       1,310,720
│    ├─Flatten: 2-1     [8, 16384]       --       --
│    ├─Linear: 2-2      [8, 10]          163,850  1,310,720
===========================================================
Total params: 164,330
Trainable params: 164,330
Non-trainable params: 0
Total mult-adds (M): 4.85
===========================================================
Input size (MB): 0.10
Forward pass size (MB): 2.10
Params size (MB): 0.66
Estimated Total Size (MB): 2.85
===========================================================
"""
STATE = """
[net.training, net[1].num_batches_tracked.item(), net[1].running_mean.tolist(), net[0].weight._version,
 net[0].weight.sum().item(), len(net[0]._forward_hooks), torch.get_rng_state().sum().item()]
"""


@pytest.fixture
def printed() -> list[str]:
    return []


@pytest.fixture
def session(printed: list[str]) -> Session:
    made = Session(write=printed.append)
    made.evaluate(NET)
    return made


def test_the_table(session: Session, printed: list[str]) -> None:
    before = str(session.evaluate(STATE))
    session.evaluate("summary(net, (8, 3, 32, 32))")
    assert "".join(printed) == TABLE
    assert str(session.evaluate(STATE)) == before


def test_in_training_too_it_leaves_all_as_it_was(session: Session) -> None:
    before = str(session.evaluate(STATE))
    session.evaluate("summary(net, (8, 3, 32, 32), mode='train', verbose=0)")
    assert str(session.evaluate(STATE)) == before


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("summary(models.resnet18(), (1, 3, 224, 224), verbose=0).total_params", 11_689_512),
        ("summary(models.resnet18(), (1, 3, 224, 224), verbose=0).total_mult_adds", 1_814_073_344),
        ("summary(net, (3, 32, 32), batch_dim=0, verbose=0).total_input", 12_288),
        ("summary(net, input_data=ones(2, 3, 32, 32), verbose=0).total_input", 24_576),
        ("summary(nn.Bilinear(2, 3, 4), [(5, 2), (5, 3)], verbose=0).total_params", 28),
        ("summary(nn.Embedding(9, 4), (5,), dtypes=[torch.long], verbose=0).total_params", 36),
        ("summary(net, verbose=0).total_params", 164_330),
        ("str(summary(net, (1, 3, 32, 32), depth=1, verbose=0)).count('163,850')", 1),
        ("str(summary(net, verbose=0, col_names=['trainable'])).count('True')", 5),
    ],
)
def test_numbers(session: Session, text: str, answer: int) -> None:
    assert session.evaluate(f"from torchvision import models\n{text}") == answer


@pytest.mark.parametrize("module", ["torchinfo", "torchsummary"])
def test_scripts_import_it(session: Session, module: str, printed: list[str]) -> None:
    session.evaluate(f"from {module} import summary\nsummary(net, input_size=(8, 3, 32, 32))")
    assert "".join(printed) == TABLE


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("summary(3, (1, 2))", ArgumentError),
        ("summary(net, (8, 4, 32, 32))", ShapeError),
        ("summary(net, (8, 3, 32, 32), col_names=['size'])", ArgumentError),
        ("summary(net, (8, 3, 32, 32), mode='x')", ArgumentError),
        ("summary(ByValue(), (3,))", StateError),
    ],
)
def test_errors(session: Session, call: str, kind: type[Exception]) -> None:
    session.evaluate(
        "class ByValue(nn.Module):\n    def forward(self, x):\n        return x if x.sum() > 0 else -x"
    )
    before = str(session.evaluate(STATE))
    with pytest.raises(kind):
        session.evaluate(call)
    assert str(session.evaluate(STATE)) == before
    assert session.evaluate("(ones(2) + 1).tolist()") == [2.0, 2.0]
