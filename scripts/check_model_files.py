#!/usr/bin/env python3
"""Check files of models both ways with real PyTorch, and with the safetensors library if it is there.

Run it with a Python that has torch 2.13: `python scripts/check_model_files.py`. PyTorch writes a
file, tcalc loads it and saves what it got under another name, and PyTorch, with weights_only=True,
must read from that what it wrote: structure, types, numbers, strides, and which tensors share
memory. Then tcalc trains and saves, and PyTorch goes on from there. tcalc is run as --tcalc says, by
default by the checkout's own environment.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

import torch
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
AGAIN = """
value = torch.load('{0}')
torch.save(value, '{1}')
"""
TRAIN = """
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
opt = torch.optim.Adam(net.parameters(), lr=0.01)
x = torch.arange(15.).reshape(5, 3) / 10
def step():
    opt.zero_grad()
    loss = net(x).square().mean()
    loss.backward()
    opt.step()
    return loss.item()
for _ in range(3): step()
torch.save({'epoch': 3, 'model_state_dict': net.state_dict(),
            'optimizer_state_dict': opt.state_dict()}, 'own.pt')
print([step() for _ in range(3)])
"""


def tcalc(command: list[str], folder: Path, program: str) -> str:
    """What a program prints; it finds its files in the folder."""
    path = folder / "program.tcalc"
    path.write_text(program)
    done = subprocess.run(
        [*command, path.name],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    if done.returncode:
        sys.exit(f"tcalc failed:\n{done.stderr}")
    return done.stdout


def model() -> tuple[nn.Module, torch.optim.Optimizer]:
    """A network with buffers that Adam has trained a little."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    optimizer = torch.optim.Adam(net.parameters(), amsgrad=True)
    for _ in range(2):
        optimizer.zero_grad()
        net(torch.rand(5, 3)).sum().backward()
        optimizer.step()
    return net, optimizer


def values() -> dict[str, Any]:
    """What is written, by name."""
    net, optimizer = model()
    x = torch.arange(12.0).reshape(3, 4)
    dtypes = [torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64,
              torch.complex128, torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32,
              torch.int64, torch.uint16, torch.uint32, torch.uint64]  # fmt: skip
    deep: Any = x
    for _ in range(50):
        deep = [deep]
    twice = {"a": x}
    return {
        "tensor": x,
        "number": 1.5,
        "state_dict": net.state_dict(),
        "adam": {
            "epoch": 7,
            "model_state_dict": net.state_dict(),
            "optimizer_state_dict": optimizer.state_dict(),
            "loss": torch.tensor(0.25),
            "best": None,
        },
        "parameters": list(net.parameters()),
        "dtypes": {str(t): x.to(t) for t in dtypes},
        "views": {"x": x, "t": x.T, "row": x[1], "columns": x[:, 1:3], "steps": x[::2, ::3],
                  "stretched": x[0].expand(5, 4), "diagonal": x.diagonal(), "again": x},
        "small": {"zero": torch.tensor(3), "empty": torch.empty(0, 3), "one": torch.ones(1, 1, 1)},
        "conjugate": {"c": torch.tensor([1 + 2j]).conj(), "imag": torch.tensor([1 + 2j]).conj().imag},
        "grad": {"x": torch.ones(2, requires_grad=True), "p": nn.Parameter(torch.ones(2), False)},
        "meta": torch.empty(2, 3, device="meta"),
        "plain": {"int": [0, 255, 256, 65536, -1, -(1 << 31), 1 << 31, 1 << 70, -(1 << 70)],
                  "float": [0.1, float("inf"), -0.0], "text": ["", "ä€𝄞", "x" * 300], "bool": [True, False],
                  "complex": 1 - 2j, "tuple": (1, (2,), ()), "none": None, "set": {1, "a"},
                  "size": torch.Size([2, 3]), "dtype": torch.bfloat16, "device": torch.device("cuda", 1),
                  (1, "key"): 2, 3: 4, None: 5, 1.5: 6, True: 7},
        "ordered": OrderedDict([("b", 1), ("a", x)]),
        "counter": Counter("abca"),
        "deep": deep,
        "twice": [twice, twice],
        "many": {f"w{i}": torch.full((3,), float(i)) for i in range(1500)},
        "long": list(range(3000)),
    }  # fmt: skip


def differ(a: Any, b: Any, path: str, seen: dict[int, int]) -> str | None:
    """Where and how two values differ, or None. seen: of storages and containers, which is which."""
    if type(a) is not type(b):
        return f"{path}: {type(a).__name__} became {type(b).__name__}"
    if isinstance(a, torch.Tensor):
        if (a.dtype, a.shape, a.requires_grad) != (b.dtype, b.shape, b.requires_grad):
            return f"{path}: {a.dtype} {a.shape} became {b.dtype} {b.shape}"
        if a.device.type == "meta" or not a.numel():
            return None
        if not a.is_conj() and not a.is_neg() and a.stride() != b.stride():
            return f"{path}: strides {a.stride()} became {b.stride()}"
        if not torch.equal(*(t.detach().to(torch.complex128).resolve_neg() for t in (a, b))):
            return f"{path}: other numbers"
        if a.is_conj() or a.is_neg():
            return None
        mine, theirs = a.untyped_storage().data_ptr(), b.untyped_storage().data_ptr()
        return None if seen.setdefault(mine, theirs) == theirs else f"{path}: shares no memory"
    if isinstance(a, (dict, list, tuple)):
        if len(a) != len(b) or seen.setdefault(id(a), id(b)) != id(b):
            return f"{path}: another container"
        if isinstance(a, dict):
            if list(a) != list(b) or list(map(type, a)) != list(map(type, b)):
                return f"{path}: other keys"
            if getattr(a, "_metadata", None) != getattr(b, "_metadata", None):
                return f"{path}: other metadata"
            pairs = [(a[key], b[key], key) for key in a]
        else:
            pairs = list(zip(a, b, range(len(a))))
        return next(filter(None, (differ(x, y, f"{path}[{k!r}]", seen) for x, y, k in pairs)), None)
    return None if repr(a) == repr(b) else f"{path}: {a!r} became {b!r}"


def check_checkpoints(command: list[str], folder: Path) -> int:
    """Files of PyTorch's, both forms, through tcalc and back; how many went wrong."""
    wrong = 0
    found = values()
    programs = []
    for name, value in found.items():
        for form in (True, False):
            if not form and name == "meta":  # PyTorch's old form has none
                continue
            torch.save(value, folder / f"{name}-{form}.pt", _use_new_zipfile_serialization=form)
            programs.append(AGAIN.format(f"{name}-{form}.pt", f"{name}-{form}.pth"))
    torch.save(found["adam"], folder / "protocol4-True.pt", pickle_protocol=4)
    programs.append(AGAIN.format("protocol4-True.pt", "protocol4-True.pth"))
    found["protocol4"] = found["adam"]
    tcalc(command, folder, "".join(programs))
    for path in sorted(folder.glob("*.pth")):
        name, _, _ = path.stem.partition("-")
        again = torch.load(path, weights_only=True)
        what = differ(found[name], again, "", {})
        wrong += what is not None
        print(f"{path.stem:24} {'same' if what is None else what}")
    return wrong


def check_training(command: list[str], folder: Path) -> int:
    """What tcalc trained and saved, trained on in PyTorch."""
    told = json.loads(tcalc(command, folder, TRAIN))
    saved = torch.load(folder / "own.pt", weights_only=True)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 1))
    optimizer = torch.optim.Adam(net.parameters())
    net.load_state_dict(saved["model_state_dict"])
    optimizer.load_state_dict(saved["optimizer_state_dict"])
    found = []
    for _ in range(3):
        optimizer.zero_grad()
        loss = net(torch.arange(15.0).reshape(5, 3) / 10).square().mean()
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    good = saved["epoch"] == 3 and all(abs(a - b) <= 1e-5 * abs(b) for a, b in zip(told, found))
    print(f"{'trained by tcalc':24} then losses {told} there, {found} here")
    return not good


def check_safetensors(command: list[str], folder: Path) -> int:
    """The same for safetensors."""
    try:
        from safetensors import safe_open
        from safetensors.torch import load_file, save_file
    except ImportError:
        print("safetensors is not installed: not checked")
        return 0
    x = torch.arange(12.0).reshape(3, 4)
    kinds = values()["dtypes"].values()
    written = {str(t.dtype): t for t in kinds if t.dtype != torch.complex128}
    written.update(zero=torch.tensor(3), empty=torch.empty(0, 3), turned=x.T.contiguous())
    save_file(written, folder / "a.safetensors", metadata={"format": "pt", "by": "ä"})
    tcalc(command, folder, "save(load('a.safetensors'), 'b.safetensors')")
    again = load_file(folder / "b.safetensors")
    what = differ(dict(sorted(written.items())), dict(sorted(again.items())), "", {})
    with safe_open(folder / "b.safetensors", "pt") as opened:
        if opened.metadata() != {"format": "pt", "by": "ä"}:
            what = f"metadata became {opened.metadata()}"
    print(f"{'safetensors':24} {what or 'same'}")
    return what is not None


def main() -> int:
    """Run every check; status 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tcalc", default=f"{ROOT}/.venv/bin/python -m tcalc")
    command = shlex.split(parser.parse_args().tcalc)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wrong = check_checkpoints(command, folder)
        wrong += check_training(command, folder) + check_safetensors(command, folder)
    print(f"{wrong} wrong" if wrong else "all as they should be")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
