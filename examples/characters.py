"""A character model with one layer of causal attention, trained on a sentence."""

import math
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 200
torch.manual_seed(1337)
text = "the quick brown fox jumps over the lazy dog and the dog sleeps on in the sun. " * 8
chars = sorted(set(text))
stoi = {ch: i for i, ch in enumerate(chars)}
itos = {i: ch for i, ch in enumerate(chars)}
encode = lambda s: [stoi[c] for c in s]
decode = lambda l: "".join(itos[i] for i in l)
data = torch.tensor(encode(text), dtype=torch.long)
block_size, batch_size, n_embd = 16, 16, 32


def get_batch():
    ix = torch.randint(len(data) - block_size, (batch_size,))
    x = torch.stack([data[i : i + block_size] for i in ix])
    y = torch.stack([data[i + 1 : i + block_size + 1] for i in ix])
    return x, y


class Head(nn.Module):
    """One head of self-attention."""

    def __init__(self, head_size):
        super().__init__()
        self.key = nn.Linear(n_embd, head_size, bias=False)
        self.query = nn.Linear(n_embd, head_size, bias=False)
        self.value = nn.Linear(n_embd, head_size, bias=False)
        self.register_buffer("tril", torch.tril(torch.ones(block_size, block_size)))

    def forward(self, x):
        B, T, C = x.shape
        k, q, v = self.key(x), self.query(x), self.value(x)
        weights = q @ k.transpose(-2, -1) / math.sqrt(k.shape[-1])
        weights = weights.masked_fill(self.tril[:T, :T] == 0, float("-inf"))
        return F.softmax(weights, dim=-1) @ v


class CharModel(nn.Module):
    def __init__(self, heads=4):
        super().__init__()
        self.tokens = nn.Embedding(len(chars), n_embd)
        self.positions = nn.Embedding(block_size, n_embd)
        self.heads = nn.ModuleList([Head(n_embd // heads) for _ in range(heads)])
        self.mix = nn.Linear(n_embd, n_embd)
        self.norm = nn.LayerNorm(n_embd)
        self.out = nn.Linear(n_embd, len(chars))

    def forward(self, idx, targets=None):
        x = self.tokens(idx) + self.positions(torch.arange(idx.shape[1]))
        x = x + self.mix(torch.cat([h(x) for h in self.heads], dim=-1))
        logits = self.out(self.norm(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.view(-1, len(chars)), targets.view(-1))

    @torch.no_grad()
    def generate(self, idx, count):
        for _ in range(count):
            logits, _ = self(idx[:, -block_size:])
            probs = F.softmax(logits[:, -1], dim=-1)
            idx = torch.cat([idx, torch.multinomial(probs, num_samples=1)], dim=1)
        return idx


model = CharModel()
print(f"{sum(p.numel() for p in model.parameters())} parameters, {len(chars)} characters")
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
for step in range(steps):
    xb, yb = get_batch()
    logits, loss = model(xb, yb)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    if step % max(1, steps // 10) == 0:
        print(f"step {step:4d}  loss {loss.item():.6f}")
start = torch.zeros((1, 1), dtype=torch.long)
print(repr(decode(model.generate(start, 40)[0].tolist())))
