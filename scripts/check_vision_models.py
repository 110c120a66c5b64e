#!/usr/bin/env python3
"""Check that weight files of real torchvision load in tcalc and give its outputs.

Run it with a Python that has torchvision: `python scripts/check_vision_models.py [NAME ...]`. For each
network, torchvision draws weights and saves them where the hub keeps what is published for it;
tcalc builds the network with weights="DEFAULT", and must give the same scores of the same images.
Then tcalc saves the network, and torchvision reads that. tcalc is run as --tcalc says, by default by
the checkout's own environment.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from torchvision import models

ROOT = Path(__file__).resolve().parent.parent
# A network of each kind.
NAMES = (
    "resnet18 resnet50 resnext50_32x4d wide_resnet50_2 alexnet vgg11 vgg16_bn squeezenet1_0 "
    "squeezenet1_1 mobilenet_v2 densenet121 googlenet"
)
PROGRAM = """
net = torchvision.models.{name}(weights="DEFAULT").eval()
with torch.no_grad():
    scores = net(torch.load("images.pt"))
torch.save({{"scores": scores, "state": net.state_dict()}}, "answer.pt")
"""
SIZE = 96


def built(name: str) -> torch.nn.Module:
    """A network of torchvision's with weights that are drawn, and no means that are zero."""
    torch.manual_seed(0)
    settings = {"init_weights": True} if name.startswith("googlenet") else {}
    net = models.get_model(name, **settings)
    with torch.no_grad():
        net.train()(torch.randn(2, 3, SIZE, SIZE))
    return net.eval()


def check(name: str, command: list[str], folder: Path) -> float:
    """The greatest difference of the scores, over their size."""
    net = built(name)
    url = models.get_model_weights(name).DEFAULT.url
    kept = folder / "cache" / "hub" / "checkpoints"
    kept.mkdir(parents=True, exist_ok=True)
    torch.save(net.state_dict(), kept / url.rpartition("/")[2])
    images = torch.randn(2, 3, SIZE, SIZE)
    torch.save(images, folder / "images.pt")
    if name == "googlenet":  # as it is with published weights
        net.transform_input, net.aux_logits = True, False
    with torch.no_grad():
        wanted = net(images)
    program = folder / "program.tcalc"
    program.write_text(PROGRAM.format(name=name))
    subprocess.run(
        [*command, program.name],
        cwd=folder,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TORCH_HOME": str(folder / "cache")},
    )
    answer = torch.load(folder / "answer.pt", weights_only=True)
    missing, unexpected = net.load_state_dict(answer["state"], strict=False)
    if unexpected or any(not key.startswith("aux") for key in missing):
        raise AssertionError(f"{name}: other keys: {missing}, {unexpected}")
    return float((answer["scores"] - wanted).abs().max() / wanted.abs().max())


def main() -> int:
    """Check the named networks, or one of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=NAMES.split(), metavar="NAME")
    parser.add_argument("--tcalc", default=f"{ROOT}/.venv/bin/python -m tcalc", metavar="COMMAND")
    chosen = parser.parse_args()
    worst = 0.0
    for name in chosen.names:
        with tempfile.TemporaryDirectory() as folder:
            apart = check(name, shlex.split(chosen.tcalc), Path(folder))
        print(f"{name:18} scores apart by {apart:.1e} of the largest", flush=True)
        worst = max(worst, apart)
    return int(worst > 1e-4)


if __name__ == "__main__":
    sys.exit(main())
