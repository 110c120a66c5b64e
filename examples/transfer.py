"""Transfer: a ResNet-18 that tells shapes apart is frozen, and a new head learns to tell colours."""

import sys

import torch
import torchvision
from torch import nn, optim

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 16
torch.manual_seed(0)


def images(count):
    """Squares and crosses of three colours on noise, with what they are."""
    shape, colour = torch.randint(2, (count,)), torch.randint(3, (count,))
    x = torch.rand(count, 3, 64, 64) * 0.5
    for i in range(count):
        row, column = torch.randint(8, 24, (2,)).tolist()
        if shape[i] == 0:
            x[i, colour[i], row : row + 24, column : column + 24] += 1
        else:
            x[i, colour[i], row + 9 : row + 15, column : column + 24] += 1
            x[i, colour[i], row : row + 24, column + 9 : column + 15] += 1
    return x.double() - 0.4, shape, colour


def train(model, optimizer, kind, name):
    criterion = nn.CrossEntropyLoss()
    for step in range(steps):
        x, *targets = images(16)
        optimizer.zero_grad()
        loss = criterion(model(x), targets[kind])
        loss.backward()
        optimizer.step()
        if step % max(1, steps // 4) == 0:
            print(f"{name}  step {step:2d}  loss {loss.item():.4f}")


# With torchvision.models.resnet18(weights="DEFAULT") it would be one that knows ImageNet.
# A network that is normalized by batches magnifies the last digits of floats: it is in double.
model = torchvision.models.resnet18(num_classes=2).double()
train(model, optim.SGD(model.parameters(), lr=1e-2, momentum=0.9), 0, "shapes ")

# Freeze all the parameters in the network.
for param in model.parameters():
    param.requires_grad = False
# A new head has requires_grad=True.
model.fc = nn.Linear(512, 3).double()
model.eval()
optimizer = optim.SGD(model.fc.parameters(), lr=1e-2, momentum=0.9)
train(model, optimizer, 1, "colours")

x, _, colour = images(64)
with torch.no_grad():
    right = (model(x).argmax(1) == colour).float().mean()
print(f"accuracy {right.item():.2f}")
print("trained:", [name for name, p in model.named_parameters() if p.requires_grad])
