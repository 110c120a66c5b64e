"""Fine-tuning: a trained network is frozen, its head replaced, and only the head trained."""

import sys

import torch
import torch.nn as nn
import torch.optim as optim

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 60
torch.manual_seed(0)


class Network(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.body = nn.Sequential(
            nn.Linear(10, 64), nn.BatchNorm1d(64), nn.Tanh(), nn.Linear(64, 32), nn.Tanh()
        )
        self.fc = nn.Linear(32, classes)

    def forward(self, x):
        return self.fc(self.body(x))


x = torch.randn(256, 10)
weight = torch.randn(10)
many, few = (x @ weight * 2).round().clamp(-2, 2).long() + 2, (x @ weight > 0).long()


def train(model, optimizer, target, name):
    criterion = nn.CrossEntropyLoss()
    for epoch in range(epochs):
        optimizer.zero_grad()
        loss = criterion(model(x), target)
        loss.backward()
        optimizer.step()
        if epoch % max(1, epochs // 5) == 0:
            print(f"{name}  epoch {epoch:3d}  loss {loss.item():.6f}")


model = Network(5)
train(model, optim.SGD(model.parameters(), lr=0.1, momentum=0.9), many, "five classes")

# Freeze all the parameters in the network.
for param in model.parameters():
    param.requires_grad = False
# A new head has requires_grad=True.
model.fc = nn.Linear(32, 2)
before = model.body[0].weight.clone()
optimizer = optim.SGD(model.fc.parameters(), lr=1e-2, momentum=0.9)
train(model, optimizer, few, "two classes ")
print("trained:", [name for name, p in model.named_parameters() if p.requires_grad])
print("the body is as before:", torch.equal(before, model.body[0].weight))
