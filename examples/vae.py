"""A variational autoencoder of points that lie on a curve in four dimensions."""

import math
import sys

import torch
from torch import nn
from torch.distributions import Independent, Normal, kl_divergence
from torch.utils.data import DataLoader, TensorDataset

epochs = int(sys.argv[1]) if len(sys.argv) > 1 else 40
torch.manual_seed(0)
# Four-dimensional points that lie, up to noise, on a curve of one turn.
angle = 2 * math.pi * torch.rand(512, 1)
wave = torch.arange(1, 3)
points = torch.cat([torch.cos(angle * wave), torch.sin(angle * wave)], 1)
points = points + 0.05 * torch.randn_like(points)


class VAE(nn.Module):
    def __init__(self, size=4, hidden=32, latent=2):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(size, hidden), nn.SiLU(), nn.Linear(hidden, 2 * latent)
        )
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.SiLU(), nn.Linear(hidden, size))
        self.log_noise = nn.Parameter(torch.full((size,), -1.5))
        self.register_buffer("zero", torch.zeros(latent))

    def prior(self):
        return Independent(Normal(self.zero, torch.ones_like(self.zero)), 1)

    def encode(self, x):
        loc, log_scale = self.encoder(x).chunk(2, dim=-1)
        return Independent(Normal(loc, log_scale.exp()), 1)

    def decode(self, z):
        return Independent(Normal(self.decoder(z), self.log_noise.exp()), 1)

    def forward(self, x):
        posterior = self.encode(x)
        likelihood = self.decode(posterior.rsample()).log_prob(x)
        return likelihood, kl_divergence(posterior, self.prior())


model = VAE()
print(sum(p.numel() for p in model.parameters()), "parameters")
loader = DataLoader(TensorDataset(points), batch_size=64, shuffle=True)
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
for epoch in range(1, epochs + 1):
    totals = torch.zeros(2)
    for (batch,) in loader:
        likelihood, divergence = model(batch)
        loss = (divergence - likelihood).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        totals += torch.stack([likelihood.detach().sum(), divergence.detach().sum()])
    if epoch % max(1, epochs // 8) == 0:
        likelihood, divergence = totals / len(points)
        elbo = likelihood - divergence
        print(
            f"epoch {epoch:2d}  elbo {elbo:.5f}  likelihood {likelihood:.5f}  kl {divergence:.5f}"
        )

model.eval()
with torch.no_grad():
    posterior = model.encode(points[:3])
    print("posterior:", posterior)
    print("means:", posterior.mean)
    drawn = model.decode(model.prior().sample((1000,))).mean
    print("radius of what it dreams up:", f"{drawn[:, [0, 2]].norm(dim=1).mean():.4f}")
