"""A graph as a sparse matrix: which nodes matter (PageRank), and a potential between two of them."""

import sys

import torch

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
torch.manual_seed(0)
n = 200

# A ring, so that every node is reached, and three arrows more from each node to some first ones.
ring = torch.stack([torch.arange(n), (torch.arange(n) + 1) % n])
more = torch.stack([torch.arange(n).repeat(3), (n * torch.rand(3 * n) ** 3).long()])
arrows = torch.cat([ring, more], 1)
links = torch.sparse_coo_tensor(arrows, torch.ones(arrows.shape[1]), (n, n)).coalesce()
print(f"{n} nodes, {links._nnz()} arrows, {int((links.values() > 1).sum())} of them more than once")

# PageRank: where one is after many steps along arrows, one step in seven to anywhere.
leaving = torch.sparse.sum(links, 1).to_dense()
walk = (links * (1 / leaving).unsqueeze(1)).t().coalesce()
rank = torch.full((n,), 1 / n)
for _ in range(steps):
    rank = 0.85 * (walk @ rank) + 0.15 / n
best, nodes = rank.topk(5)
print(
    "most important:", [f"{node} {share:.4f}" for node, share in zip(nodes.tolist(), best.tolist())]
)

# The potential x with L x = b, by gradient descent on x'Lx/2 - b'x: L is the Laplacian of the ring.
pairs = torch.cat([ring, ring.flip(0)], 1)
neighbours = torch.sparse_coo_tensor(pairs, torch.ones(pairs.shape[1]), (n, n))
degrees = torch.sparse.sum(neighbours, 1).to_dense()
everyone = torch.arange(n).repeat(2, 1)
laplacian = (torch.sparse_coo_tensor(everyone, degrees, (n, n)) - neighbours).coalesce()
charge = torch.zeros(n)
charge[0], charge[n // 2] = 1.0, -1.0
x = torch.zeros(n, requires_grad=True)
optimizer = torch.optim.SGD([x], lr=0.2, momentum=0.9)
for _ in range(steps):
    optimizer.zero_grad()
    energy = x @ (laplacian @ x) / 2 - charge @ x
    energy.backward()
    optimizer.step()
print(f"energy {energy.item():.4f}, between the two nodes {(x[0] - x[n // 2]).item():.4f}")
