#!/usr/bin/env python3
"""Write tests/files/data: small files of models as PyTorch and safetensors write them.

Run it with a Python that has torch 2.13 and safetensors: `python tests/files/record.py`.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

DATA = Path(__file__).parent / "data"


def main() -> None:
    """Write them all."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(2):
        optimizer.zero_grad()
        net(torch.arange(8.0).reshape(4, 2)).sum().backward()
        optimizer.step()
    checkpoint = {
        "epoch": 2,
        "model_state_dict": net.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "loss": torch.tensor(0.5),
    }
    torch.save(checkpoint, DATA / "adam.pt")
    torch.save(checkpoint, DATA / "adam_legacy.pt", _use_new_zipfile_serialization=False)
    x = torch.arange(12.0).reshape(3, 4)
    views = {
        "x": x, "t": x.T, "row": x[1], "stretched": x[0].expand(2, 4), "zero": torch.tensor(3),
        "empty": torch.empty(0, 3), "p": nn.Parameter(x), "leaf": x.clone().requires_grad_(),
        "conj": torch.tensor([1 + 2j]).conj(), "meta": torch.empty(2, 3, device="meta"),
    }  # fmt: skip
    torch.save(views, DATA / "views.pt")
    dtypes = [torch.float16, torch.bfloat16, torch.float64, torch.complex64, torch.complex128,
              torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64,
              torch.uint16, torch.uint32, torch.uint64]  # fmt: skip
    torch.save({str(t): x[0].to(t) for t in dtypes}, DATA / "dtypes.pth", pickle_protocol=4)
    plain = {
        "int": [0, 255, 65536, -1, 1 << 40, -(1 << 70)], "float": 0.1, "none": None, "b": True,
        "tuple": (1, ("a",), ()), "set": {1, 2}, "complex": 1 - 2j, "size": torch.Size([2, 3]),
        "dtype": torch.bfloat16, "device": torch.device("cuda", 1), (1, "k"): "key",
    }  # fmt: skip
    torch.save(plain, DATA / "plain.ckpt")
    torch.save(nn.Linear(1, 1), DATA / "whole.pt")
    torch.jit.script(nn.Linear(1, 1)).save(DATA / "scripted.pt")
    save_file({"w": x, "b": x[0].bfloat16(), "n": torch.tensor(3)}, DATA / "a.safetensors",
              metadata={"format": "pt"})  # fmt: skip


if __name__ == "__main__":
    main()
