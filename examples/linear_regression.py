"""A line through noisy points: gradient descent by hand, then with torch.nn and torch.optim."""

import sys

import torch
from torch import nn

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
torch.manual_seed(0)
x = torch.linspace(-1, 1, 100).unsqueeze(1)
y = 3 * x - 0.5 + 0.1 * torch.randn(x.shape)

# By hand: y = w x + b, with the gradients of autograd.
w = torch.zeros(1, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for epoch in range(epochs):
    loss = ((x * w + b - y) ** 2).mean()
    loss.backward()
    with torch.no_grad():
        w -= 0.1 * w.grad
        b -= 0.1 * b.grad
        w.grad.zero_()
        b.grad.zero_()
    if epoch % max(1, epochs // 10) == 0:
        print(f"by hand  epoch {epoch:4d}  loss {loss.item():.6f}")
print(f"by hand  y = {w.item():.4f} x + {b.item():.4f}")

# The same with a layer, a loss and an optimizer.
model = nn.Linear(1, 1)
criterion = nn.MSELoss()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(epochs):
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
    if epoch % max(1, epochs // 10) == 0:
        print(f"with nn  epoch {epoch:4d}  loss {loss.item():.6f}")
print(f"with nn  y = {model.weight.item():.4f} x + {model.bias.item():.4f}")
