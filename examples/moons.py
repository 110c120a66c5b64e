"""Two half moons that no line separates, told apart by a multilayer perceptron."""

import math
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
torch.manual_seed(0)


def moons(n, noise):
    t = math.pi * torch.rand(n // 2)
    upper = torch.stack([torch.cos(t), torch.sin(t)], dim=1)
    lower = torch.stack([1 - torch.cos(t), 0.5 - torch.sin(t)], dim=1)
    points = torch.cat([upper, lower]) + noise * torch.randn(n, 2)
    labels = torch.cat([torch.zeros(n // 2), torch.ones(n // 2)]).long()
    return points, labels


class MLP(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.fc1 = nn.Linear(2, hidden)
        self.fc2 = nn.Linear(hidden, hidden)
        self.out = nn.Linear(hidden, 2)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.out(x)


points, labels = moons(400, 0.1)
model = MLP()
print(model)
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
criterion = nn.CrossEntropyLoss()
for epoch in range(epochs):
    logits = model(points)
    loss = criterion(logits, labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    if epoch % max(1, epochs // 10) == 0:
        accuracy = (logits.argmax(dim=1) == labels).float().mean()
        print(f"epoch {epoch:4d}  loss {loss.item():.6f}  accuracy {accuracy.item():.3f}")
