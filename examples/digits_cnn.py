"""Handwritten digits of 8x8 pixels, read from a csv file, and a small convolutional network.

The digits are from E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI
Machine Learning Repository (CC BY 4.0).
"""

import sys

import torch
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset, random_split

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 10
torch.manual_seed(0)


class Digits(Dataset):
    """Rows of 64 grey levels from 0 to 16 and the digit that they show."""

    def __init__(self, path):
        with open(path) as file:
            rows = [[float(v) for v in line.split(",")] for line in file]
        table = torch.tensor(rows)
        self.images = table[:, :64].reshape(-1, 1, 8, 8) / 16
        self.digits = table[:, 64].long()

    def __len__(self):
        return len(self.digits)

    def __getitem__(self, index):
        return self.images[index], self.digits[index]


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, padding=1),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(16, 32, kernel_size=3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(0.25), nn.Linear(32 * 2 * 2, 10))

    def forward(self, x):
        return self.classifier(self.features(x))


train, test = random_split(Digits("tests/data/digits.csv"), [600, 120])
train_loader = DataLoader(train, batch_size=32, shuffle=True)
test_loader = DataLoader(test, batch_size=120)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = CNN().to(device)
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(model.parameters(), lr=1e-3)
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=3, gamma=0.5)
print(model)
print("parameters:", sum(p.numel() for p in model.parameters() if p.requires_grad))

for epoch in range(epochs):
    model.train()
    total = 0.0
    for images, digits in train_loader:
        images, digits = images.to(device), digits.to(device)
        optimizer.zero_grad()
        loss = criterion(model(images), digits)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(digits)
    scheduler.step()

    model.eval()
    correct = 0
    with torch.no_grad():
        for images, digits in test_loader:
            predicted = model(images.to(device)).argmax(dim=1)
            correct += (predicted == digits.to(device)).sum().item()
    print(
        f"epoch {epoch + 1}  loss {total / len(train):.6f}  "
        f"test accuracy {correct / len(test):.3f}  lr {scheduler.get_last_lr()[0]:g}"
    )
