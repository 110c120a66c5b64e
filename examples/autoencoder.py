"""An autoencoder that squeezes the 64 pixels of a digit through 8 numbers."""

import sys

import torch
import torch.nn as nn
from torch.utils.data import DataLoader, TensorDataset

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
torch.manual_seed(0)
with open("tests/data/digits.csv") as file:
    pixels = torch.tensor([[float(v) for v in line.split(",")][:64] for line in file]) / 16


class AutoEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(64, 32), nn.LeakyReLU(), nn.LayerNorm(32), nn.Linear(32, 8)
        )
        self.decoder = nn.Sequential(nn.Linear(8, 32), nn.GELU(), nn.Linear(32, 64), nn.Sigmoid())
        self.apply(self.initialise)

    @staticmethod
    def initialise(module):
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)

    def forward(self, x):
        return self.decoder(self.encoder(x))


model = AutoEncoder()
loader = DataLoader(TensorDataset(pixels), batch_size=60, shuffle=True, drop_last=True)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-2)
criterion = nn.BCELoss()
for epoch in range(epochs):
    losses = []
    for (batch,) in loader:
        loss = criterion(model(batch), batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
        optimizer.step()
        losses.append(loss.item())
    print(f"epoch {epoch + 1:2d}  loss {sum(losses) / len(losses):.6f}  gradient {norm:.4f}")

torch.save(model.state_dict(), "autoencoder.pt")
again = AutoEncoder()
again.load_state_dict(torch.load("autoencoder.pt"))
again.eval()
with torch.no_grad():
    print("restored equals trained:", torch.equal(again(pixels), model(pixels)))
