"""Training steps of torch.nn: forward, loss, backward, update; eagerly and as plans.

Five networks, each with a small batch and with a larger one, and the peak of memory of its step.
"""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.works import Memory, Text, Work


class Net(NamedTuple):
    """A network: what makes it, its inputs and targets for a batch of `{n}`, loss and optimizer."""

    key: str
    title: str
    model: str
    data: str
    loss: str
    optimizer: str


_STEP = """
from torch import nn
{model}
{data}
optimizer = torch.optim.{optimizer}
def f(x, t):
    optimizer.zero_grad()
    loss = F.{loss}(net(x), t)
    loss.backward()
    optimizer.step()
    return loss.detach()
"""

NETS = (
    Net(
        "train-mlp", "MLP 784→256→128→10, SGD with momentum",
        """
net = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
""",
        "x, t = torch.randn({n}, 784), torch.randint(0, 10, ({n},))",
        "cross_entropy", "SGD(net.parameters(), lr=0.01, momentum=0.9)",
    ),
    Net(
        "train-cnn", "CNN of 28×28, two convolutions with batch norm, Adam",
        """
net = nn.Sequential(
    nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Linear(1568, 10))
""",
        "x, t = torch.randn({n}, 1, 28, 28), torch.randint(0, 10, ({n},))",
        "cross_entropy", "Adam(net.parameters(), lr=1e-3)",
    ),
    Net(
        "train-lstm", "LSTM 32→64 over 32 steps, Adam",
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(32, 64, batch_first=True)
        self.last = nn.Linear(64, 1)
    def forward(self, x):
        return self.last(self.lstm(x)[0][:, -1])
net = Net()
""",
        "x, t = torch.randn({n}, 32, 32), torch.randn({n}, 1)",
        "mse_loss", "Adam(net.parameters(), lr=1e-3)",
    ),
    Net(
        "train-transformer", "transformer encoder, 2 layers of 64 with 4 heads over 32 tokens, AdamW",
        """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(1000, 64)
        layer = nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.last = nn.Linear(64, 10)
    def forward(self, x):
        return self.last(self.encoder(self.embedding(x)).mean(1))
net = Net()
""",
        "x, t = torch.randint(0, 1000, ({n}, 32)), torch.randint(0, 10, ({n},))",
        "cross_entropy", "AdamW(net.parameters(), lr=1e-3)",
    ),
    Net(
        "train-autoencoder", "autoencoder 784→128→32→128→784, Adam",
        """
net = nn.Sequential(
    nn.Linear(784, 128), nn.GELU(), nn.Linear(128, 32), nn.Linear(32, 128), nn.GELU(),
    nn.Linear(128, 784), nn.Sigmoid())
""",
        "x = torch.rand({n}, 784)\nt = x",
        "mse_loss", "Adam(net.parameters(), lr=1e-3)",
    ),
)  # fmt: skip

BATCHES = (8, 128)


def _setup(net: Net, batch: int) -> str:
    return _STEP.format(
        model=net.model.strip(), data=net.data.format(n=batch), loss=net.loss,
        optimizer=net.optimizer,
    )  # fmt: skip


STEPS = tuple(
    Work(
        net.key, f"{net.title}, batch {batch}", "≤ PyTorch; plans ≥ 1.5× faster, over all",
        {"torch": Text(_setup(net, batch), "loss = f(x, t)", "loss.item()")},
        section="Training steps",
    )
    for net in NETS
    for batch in BATCHES
)  # fmt: skip

PEAKS = tuple(
    Memory(
        "memory", f"{net.title}, batch {BATCHES[-1]}", "≤ PyTorch",
        {"torch": Text(_setup(net, BATCHES[-1]), "loss = f(x, t)", "loss.item()")},
    )
    for net in NETS
)  # fmt: skip
