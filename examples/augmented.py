"""Pictures of random numbers, cut, turned over and coloured anew each time, which a small network
begins to learn by heart.
"""

import sys

import torch
from torch import nn, optim
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
from torchvision.utils import make_grid

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 30
torch.manual_seed(0)

augment = transforms.Compose(
    [
        transforms.Resize(20),
        transforms.RandomCrop(16, padding=1),
        transforms.RandomHorizontalFlip(),
        transforms.ColorJitter(brightness=0.2, contrast=0.2),
        transforms.ToTensor(),
        transforms.Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
    ]
)
plain = transforms.Compose(
    [
        transforms.Resize(20),
        transforms.CenterCrop(16),
        transforms.ToTensor(),
        transforms.Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
    ]
)
train = datasets.FakeData(64, (3, 24, 24), num_classes=4, transform=augment)
test = datasets.FakeData(64, (3, 24, 24), num_classes=4, transform=plain)
print(train)

model = nn.Sequential(
    nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 3), nn.ReLU(), nn.Flatten(),
    nn.Linear(32 * 5 * 5, 4),
)  # fmt: skip
optimizer = optim.Adam(model.parameters(), lr=2e-3)
for epoch in range(1, epochs + 1):
    total = 0.0
    for images, targets in DataLoader(train, batch_size=16, shuffle=True):
        loss = nn.functional.cross_entropy(model(images), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item()
    if epoch % 5 == 0 or epoch == epochs:
        print(f"epoch {epoch}  loss {total / 4:.4f}")

model.eval()
images, targets = next(iter(DataLoader(test, batch_size=64)))
with torch.no_grad():
    right = (model(images).argmax(1) == targets).float().mean().item()
print(f"right: {right:.2f}")
print("a grid of them:", tuple(make_grid(images[:8], nrow=4, normalize=True).shape))
