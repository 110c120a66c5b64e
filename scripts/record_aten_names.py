#!/usr/bin/env python3
"""Write tcalc/library/profiler/aten_names.txt: what PyTorch's profiles call its ops.

Run it with a Python that has PyTorch; nothing else of tcalc needs that.
"""

from __future__ import annotations

import textwrap
from pathlib import Path

import torch

TARGET = Path(__file__).resolve().parent.parent / "tcalc/library/profiler/aten_names.txt"


# What only other ops of PyTorch's use, and what tensors answer without asking an op.
INNER = ("_foreach", "_fused", "_cudnn", "_mkldnn", "_sparse", "_nested", "_mps", "_test", "__")
ANSWERED = "dim numel size stride is_complex is_floating_point is_signed is_inference type_as requires_grad_ retain_grad is_leaf output_nr data set_data is_contiguous storage_offset get_device"


def main() -> None:
    registered = {n.partition(".")[0] for n in torch._C._dispatch_get_all_op_names()}
    names = {n.removeprefix("aten::") for n in registered if n.startswith("aten::")}
    shown = sorted(n for n in names if not n.startswith(INNER) and n not in ANSWERED.split())
    text = textwrap.fill(" ".join(shown), 99, break_long_words=False, break_on_hyphens=False)
    TARGET.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
