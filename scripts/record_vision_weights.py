#!/usr/bin/env python3
"""Write tcalc/library/vision/models/weights.json: which weights torchvision publishes for its networks.

Run it with a Python that has torchvision; nothing else of tcalc needs that. By class of weights and
name: where they are, what they were trained for, and how images are prepared for them; the names of
ImageNet's classes once.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

TARGET = (
    Path(__file__).resolve().parent.parent
    / "tcalc"
    / "library"
    / "vision"
    / "models"
    / "weights.json"
)
# The files of torchvision.models whose networks tcalc has.
FILES = "alexnet densenet googlenet mobilenetv2 resnet squeezenet vgg"


def plain(value: Any) -> Any:
    """A setting as JSON has it: of an enumeration its name."""
    return getattr(value, "name", value)


def main() -> int:
    """Write the file."""
    import importlib

    from torchvision.models import WeightsEnum
    from torchvision.models._meta import _IMAGENET_CATEGORIES

    found: dict[str, Any] = {}
    for file in FILES.split():
        module = importlib.import_module(f"torchvision.models.{file}")
        for name in module.__all__:
            kind = getattr(module, name)
            if not (isinstance(kind, type) and issubclass(kind, WeightsEnum)) or not list(kind):
                continue
            members = {}
            for member in kind:
                meta = {k: v for k, v in member.meta.items() if k != "_docs"}
                if meta["categories"] == _IMAGENET_CATEGORIES:
                    meta["categories"] = "imagenet"
                settings = {k: plain(v) for k, v in member.transforms.keywords.items()}
                members[member.name] = {"url": member.url, "transforms": settings, "meta": meta}
            found[name] = {"default": kind.DEFAULT.name, "members": members}
    categories = {"imagenet": _IMAGENET_CATEGORIES}
    TARGET.write_text(json.dumps({"weights": found, "categories": categories}, indent=1) + "\n")
    print(f"{len(found)} classes of weights, {TARGET.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
