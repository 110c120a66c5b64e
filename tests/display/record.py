"""Record how PyTorch prints tensors: `python tests/display/record.py [seed] [count] [file]`.

Needs a Python that has PyTorch; the tests read the file that this writes and need none. A case is
[dtype, shape, base64 of elements (repeated until the shape is full), options, expected text].
"""

from __future__ import annotations

import base64
import json
import random
import sys
from pathlib import Path

import torch

REALS = ["float32", "float64", "float16", "bfloat16"]
DTYPES = [*REALS, "float32", "bool", "uint8", "int8", "int16", "int32", "int64"]
DTYPES += ["complex64", "complex128"]
UNSIGNED = ["uint16", "uint32", "uint64"]
SHAPES = [
    (), (), (1,), (2,), (3,), (7,), (13,), (40,), (101,), (1000,), (1001,), (5000,),
    (1, 1), (2, 3), (3, 20), (20, 3), (40, 40), (7, 200), (2000, 2), (1, 1500),
    (2, 2, 2), (3, 1, 4), (10, 10, 11), (2, 6, 100), (8, 7, 20), (2, 1, 2, 3), (7, 6, 7, 8),
    (1, 1, 1, 1, 2), (0,), (0, 3), (2, 0, 4),
]  # fmt: skip
OPTIONS: list[dict[str, object]] = [
    {"precision": 2}, {"precision": 8}, {"precision": 0}, {"sci_mode": True}, {"sci_mode": False},
    {"threshold": 5}, {"threshold": 5, "edgeitems": 1}, {"threshold": 5, "edgeitems": 0},
    {"linewidth": 40}, {"linewidth": 200}, {"profile": "short"}, {"profile": "full"},
]  # fmt: skip
SPECIAL = [0.0, -0.0, float("nan"), float("inf"), float("-inf"), 1.0, -1.0, 1e8, 1e-4, 0.5]


def reals(rng: random.Random, count: int) -> list[float]:
    """Values of one of the kinds on which the printer decides."""
    kind = rng.randrange(9)
    scale = 10.0 ** rng.randint(-12, 12)
    near = 10.0 ** rng.choice([-5, -4, -3, 0, 3, 8])
    makers = [
        lambda: rng.gauss(0, 1),
        lambda: rng.gauss(0, 1) * scale,
        lambda: float(rng.randint(-1200, 1200)),
        lambda: float(rng.randint(-10, 10) * 10 ** rng.randint(0, 9)),
        lambda: rng.choice(SPECIAL),
        lambda: rng.choice(SPECIAL[:5]),
        lambda: near * rng.choice([1.0, 0.99999, 1.00001, 2, 1000, 1001, 999.99]),
        lambda: round(rng.uniform(0, 100), 2),
        lambda: rng.choice([rng.random(), rng.random(), rng.choice(SPECIAL)]),
    ]
    return [makers[kind]() for _ in range(count)]


def sample(rng: random.Random, dtype: torch.dtype, count: int) -> torch.Tensor:
    if dtype == torch.bool:
        return torch.tensor([rng.random() < 0.5 for _ in range(count)], dtype=dtype)
    if dtype.is_complex:
        parts = zip(reals(rng, count), reals(rng, count))
        return torch.tensor([complex(*pair) for pair in parts], dtype=dtype)
    if dtype.is_floating_point:
        return torch.tensor(reals(rng, count), dtype=torch.float64).to(dtype)
    info = torch.iinfo(dtype)
    top = min(info.max, 10 ** rng.randint(0, 19))
    return torch.tensor([rng.randint(max(info.min, -top), top) for _ in range(count)], dtype=dtype)


def case(rng: random.Random, dtypes: list[str] = DTYPES) -> list[object]:
    name, shape = rng.choice(dtypes), rng.choice(SHAPES)
    options = rng.choice(OPTIONS) if rng.random() < 0.25 else {}
    total = torch.Size(shape).numel()
    base = sample(rng, getattr(torch, name), rng.choice([1, 2, 5, 16, 37]) if total > 16 else total)
    raw = bytes(base.view(torch.uint8).numpy()) if base.numel() else b""
    full = base.repeat(-(-total // max(1, base.numel())))[:total].reshape(shape)
    torch.set_printoptions(profile="default")
    torch.set_printoptions(**options)
    if full.dtype.is_floating_point and rng.random() < 0.1:
        full.requires_grad_()
    if len(text := repr(full)) > 3000:
        return case(rng, dtypes)
    grad = full.requires_grad
    return [name, list(shape), base64.b64encode(raw).decode(), options, grad, text]


def main() -> None:
    arguments = [*sys.argv[1:3], "1", "900"][-2:] if len(sys.argv) < 3 else sys.argv[1:3]
    seed, count = map(int, arguments)
    target = Path(sys.argv[3] if len(sys.argv) > 3 else Path(__file__).parent / "data/repr.json")
    rng = random.Random(seed)
    cases = [case(rng) for _ in range(count)] + [case(rng, UNSIGNED) for _ in range(count // 10)]
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    target.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
