"""An LSTM that learns to continue a sine wave."""

import sys

import torch
from torch import nn

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 100
torch.manual_seed(1)
wave = torch.sin(torch.arange(0, 60, 0.2))
length = 20
inputs = torch.stack([wave[i : i + length] for i in range(len(wave) - length)]).unsqueeze(-1)
targets = wave[length:].unsqueeze(-1)


class Forecaster(nn.Module):
    def __init__(self, hidden_size=32):
        super().__init__()
        self.lstm = nn.LSTM(input_size=1, hidden_size=hidden_size, num_layers=2, batch_first=True)
        self.head = nn.Linear(hidden_size, 1)

    def forward(self, x):
        out, (h, c) = self.lstm(x)
        return self.head(out[:, -1])


model = Forecaster()
print(model)
optimizer = torch.optim.RMSprop(model.parameters(), lr=2e-3)
scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps)
criterion = nn.SmoothL1Loss()
for step in range(steps):
    optimizer.zero_grad()
    loss = criterion(model(inputs), targets)
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 0.5)
    optimizer.step()
    scheduler.step()
    if step % max(1, steps // 10) == 0:
        print(f"step {step:4d}  loss {loss.item():.6f}")

# Ten steps on from the end, each from what was foretold before.
model.eval()
window = wave[-length:].clone()
with torch.no_grad():
    for _ in range(10):
        following = model(window.view(1, length, 1)).view(1)
        window = torch.cat([window[1:], following])
print("continued:", [round(v, 3) for v in window[-10:].tolist()])
