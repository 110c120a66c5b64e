"""Records PyTorch's random numbers for the tests: run with PyTorch, writes data/*.json.

    python tests/random/record.py

Each sequence is one generator's life: calls in order, each with what came out and a digest of the
state after it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import warnings
from pathlib import Path

import torch

FLOATS = ["float16", "bfloat16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
INTS = ["int8", "uint8", "int16", "int32", "int64"]
SIZES = [*range(41), 100, 1000]
LAYOUTS = ["flat", "flat", "transposed", "sliced", "permuted"]

# name: (dtypes, argument lists); each fills a tensor in place.
FILLS = {
    "uniform_": (FLOATS + COMPLEX, [(0, 1), (-1, 1), (0.3, 7.7), (5, 5), (-3.3, 2.1)]),
    "normal_": (FLOATS + COMPLEX, [(0, 1), (2.5, 0.3), (0, 0), (-1, 3)]),
    "random_": (INTS + FLOATS, [(0, 10), (3, 4), (0, 100), (3, None), (None, None)]),
    "bernoulli_": ([*INTS, *FLOATS, "bool"], [(0.5,), (0.1,), (0.0,), (1.0,)]),
    "exponential_": (FLOATS, [(1.0,), (0.3,)]),
    "geometric_": (FLOATS + INTS, [(0.5,), (0.1,)]),
    "cauchy_": (FLOATS, [(0, 1), (3, 0.2)]),
    "log_normal_": (FLOATS, [(1, 2), (0, 0.5)]),
}
LIMIT = 2**63
WIDE = (
    ["int64", "float32", "float64"],
    [(0, 2**40), (-(2**62), 2**62), (-LIMIT, LIMIT - 1), (5, 2**28 + 5), (-LIMIT, None)],
)


def blank(dtype: str, size: int, layout: str) -> torch.Tensor:
    t = getattr(torch, dtype)
    if layout == "transposed":
        return torch.zeros((3, size), dtype=t).T
    if layout == "sliced":
        return torch.zeros((2 * size, 3), dtype=t)[::2, 1:]
    if layout == "permuted":
        return torch.zeros((2, size, 3), dtype=t).permute(2, 0, 1)
    return torch.zeros(size, dtype=t)


def encode(tensor: torch.Tensor) -> str:
    flat = tensor.contiguous().reshape(-1)
    raw = bytes(flat.view(torch.uint8).numpy()) if flat.numel() else b""
    return base64.b64encode(raw).decode()


def digest() -> str:
    """Of the words and the counts; the kept normal is left out, since libraries round it apart."""
    state = bytes(torch.get_rng_state().numpy())
    return hashlib.sha256(state[:5016]).hexdigest()[:16]


def fill(r: random.Random, name: str) -> dict:
    dtypes, arguments = FILLS[name]
    if name == "random_" and r.random() < 0.3:
        dtypes, arguments = WIDE
    dtype, args = r.choice(dtypes), r.choice(arguments)
    size, layout = r.choice(SIZES), r.choice(LAYOUTS)
    tensor = blank(dtype, size, layout)
    if args == (None, None):
        tensor.random_()
    else:
        getattr(tensor, name)(*args)
    return {"call": name, "dtype": dtype, "size": size, "layout": layout, "args": args,
            "out": encode(tensor), "state": digest()}  # fmt: skip


def weights(r: random.Random, shape: tuple[int, ...], dtype: str, scale: float) -> torch.Tensor:
    n = int(torch.tensor(shape).prod())
    values = torch.tensor([scale * r.random() for _ in range(n)], dtype=torch.float64)
    return values.to(getattr(torch, dtype)).reshape(shape)


def sample(r: random.Random, name: str) -> dict:
    dtype, n = r.choice(FLOATS), r.choice(SIZES[1:])
    result = {"call": name, "dtype": dtype}
    if name == "randperm":
        result["dtype"] = dtype = r.choice(["int16", "int32", "int64", "float32", "float64"])
        result["args"] = [n]
        out = torch.randperm(n, dtype=getattr(torch, dtype))
    elif name == "multinomial":
        shape = r.choice([(n,), (3, n)])
        p = weights(r, shape, dtype, 1.0)
        p += 0.01
        count, replacement = r.randint(1, n), r.random() < 0.5
        count = r.choice([1, count])
        result |= {"shape": shape, "inputs": [encode(p)], "args": [count, replacement]}
        out = torch.multinomial(p, count, replacement)
    elif name == "bernoulli":
        p = weights(r, (n, 3), dtype, 1.0)
        result |= {"shape": (n, 3), "inputs": [encode(p)]}
        out = torch.bernoulli(p)
    elif name == "normal":
        mean, std = weights(r, (n, 3), dtype, 4.0), weights(r, (n, 3), dtype, 2.0)
        result |= {"shape": (n, 3), "inputs": [encode(mean), encode(std)]}
        out = torch.normal(mean, std)
    elif name == "poisson":
        rate = weights(r, (n,), dtype, r.choice([1.0, 9.0, 50.0, 900.0]))
        result |= {"shape": (n,), "inputs": [encode(rate)]}
        out = torch.poisson(rate)
    else:
        result["dtype"] = dtype = r.choice(FLOATS[2:])
        a = weights(r, (n, 3), dtype, r.choice([0.3, 1.0, 8.0]))
        inputs = [a]
        if name == "binomial":
            inputs = [weights(r, (n, 3), dtype, r.choice([5.0, 100.0])).round(), a.clamp(0, 1)]
            out = torch.binomial(*inputs)
        elif name == "standard_gamma":
            out = torch._standard_gamma(a)
        else:
            a += 0.01
            out = torch._sample_dirichlet(a)
        result |= {"shape": (n, 3), "inputs": [encode(i) for i in inputs]}
    return result | {"out": encode(out), "state": digest()}


SAMPLES = ["randperm", "multinomial", "bernoulli", "normal", "poisson", "binomial",
           "standard_gamma", "dirichlet"]  # fmt: skip


def sequence(seed: int, length: int) -> dict:
    r = random.Random(seed)
    torch.manual_seed(seed)
    calls = []
    for _ in range(length):
        if r.random() < 0.6:
            calls.append(fill(r, r.choice(list(FILLS))))
        else:
            calls.append(sample(r, r.choice(SAMPLES)))
    return {"seed": seed, "calls": calls}


def states() -> list[dict]:
    """Whole states: from the start, in the middle, at the end of the words, with a kept normal."""
    found = []
    for seed in (0, 1, -5, 2**63, 2**64 - 1, 123456789012345):
        for drawn in (0, 1, 623, 624, 625, 5000):
            torch.manual_seed(seed)
            if drawn:
                torch.randint(0, 10, (drawn,))
            state = bytes(torch.get_rng_state().numpy())
            found.append({"seed": seed, "drawn": drawn,
                          "digest": hashlib.sha256(state).hexdigest()})  # fmt: skip
    return found


def main() -> None:
    warnings.simplefilter("ignore")
    folder = Path(__file__).parent / "data"
    folder.mkdir(exist_ok=True)
    lives = [sequence(seed, 60) for seed in (0, 7, 2**40 + 3)]
    torch.manual_seed(0)
    torch.randn(3)
    kept = base64.b64encode(bytes(torch.get_rng_state().numpy())).decode()
    recorded = {"torch": torch.__version__, "lives": lives, "kept": kept, "states": states()}
    (folder / "torch.json").write_text(json.dumps(recorded, separators=(",", ":")) + "\n")


main()
