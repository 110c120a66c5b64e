"""A transformer encoder that learns to give a sequence back in reverse order."""

import sys

import torch
from torch import nn

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 300
torch.manual_seed(0)
vocabulary, length, width = 10, 8, 32


class Reverser(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.position = nn.Parameter(torch.randn(length, width))
        layer = nn.TransformerEncoderLayer(
            d_model=width,
            nhead=4,
            dim_feedforward=64,
            dropout=0.0,
            batch_first=True,
            norm_first=True,
        )
        self.encoder = nn.TransformerEncoder(layer, num_layers=2)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, tokens):
        return self.head(self.encoder(self.embedding(tokens) + self.position))


model = Reverser()
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
warmup = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, (step + 1) / 10))
criterion = nn.CrossEntropyLoss(label_smoothing=0.05)
for step in range(steps):
    model.train()
    tokens = torch.randint(vocabulary, (32, length))
    loss = criterion(model(tokens).transpose(1, 2), tokens.flip(1))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    warmup.step()
    if step % max(1, steps // 10) == 0:
        print(f"step {step:4d}  loss {loss.item():.6f}")

model.eval()
tokens = torch.randint(vocabulary, (200, length))
with torch.no_grad():
    right = (model(tokens).argmax(-1) == tokens.flip(1)).float().mean()
print(f"right: {right.item():.3f}")
