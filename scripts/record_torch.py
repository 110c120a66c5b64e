#!/usr/bin/env python3
"""Record PyTorch's answers to the cases in tests/recorded/cases, for tests that need no PyTorch.

Run it with a Python that has torch 2.13: `python scripts/record_torch.py [FAMILY ...]`. A family whose
prelude imports what is not there (torchvision, Pillow) is passed by: record it by one that has it.

A case file holds blocks of lines separated by empty lines. All lines of a block but the last are
run, the last is an expression whose value (or the class of the error it raises) is recorded. A
block that starts with `# prelude` is run before each of the others. One that raises an error named
NotCompared is left out: PyTorch has no such call. A first line `# differs: REASON` marks a case that
tcalc answers otherwise.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

CASES = Path(__file__).resolve().parent.parent / "tests" / "recorded" / "cases"
ANSWERS = CASES.parent / "answers"
NOTES = CASES.parent.parent / "golden" / "notes"


def blocks(text: str) -> tuple[str, list[str]]:
    """The prelude and the blocks of a case file."""
    found = [b.strip("\n") for b in text.replace("\r", "").split("\n\n") if b.strip()]
    prelude = "\n".join(b for b in found if b.startswith("# prelude"))
    return prelude, [b for b in found if not b.startswith("# prelude")]


def number(value: Any) -> Any:
    """A number as JSON can hold it."""
    if isinstance(value, complex):
        return [number(value.real), number(value.imag)]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def encode(value: Any, torch: Any) -> Any:
    """A value as JSON data."""
    if isinstance(value, torch.Tensor):
        flat = value.detach().resolve_conj().resolve_neg().cpu().reshape(-1)
        return {
            "tensor": str(value.dtype).removeprefix("torch."),
            "shape": list(value.shape),
            "data": [number(v) for v in flat.tolist()],
            "grad_fn": type(value.grad_fn).__name__ if value.grad_fn is not None else None,
            "requires_grad": value.requires_grad,
        }
    if isinstance(value, torch.Size):
        return {"size": list(value)}
    if isinstance(value, (torch.dtype, torch.device)):
        return {"text": str(value)}
    if isinstance(value, (tuple, list)):
        return {"items": [encode(v, torch) for v in value]}
    if value is None or isinstance(value, (bool, int, float, complex)):
        return {"number": number(value), "type": type(value).__name__}
    return {"text": str(value)}


def answer(prelude: str, block: str, torch: Any) -> Any:
    """What PyTorch gives for a block."""
    import numpy

    scope: dict[str, Any] = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional,
                             "np": numpy, "math": math}  # fmt: skip
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float32)
    *before, last = block.split("\n")
    # A block may end in an indented line; then its value is the name `result`.
    if last.startswith((" ", "\t")):
        before, last = [*before, last], "result"
    exec(prelude, scope)
    try:
        exec("\n".join(before), scope)
        return encode(eval(last, scope), torch)
    except Exception as e:  # PyTorch's answer, whatever it is
        first = (str(e).splitlines() or [""])[0]
        return {"error": type(e).__name__, "message": first[:200]}


def bind_torchvision(scope: dict[str, Any], torch: Any) -> None:
    """torchvision, where it is installed, with a file of weights as its hub would have fetched it."""
    try:
        import torchvision
    except (ImportError, RuntimeError):  # a build for another PyTorch
        print("no torchvision: what the notes show of it is not recorded", file=sys.stderr)
        return
    scope["torchvision"] = torchvision
    os.environ["TORCH_HOME"] = tempfile.mkdtemp()
    kept = Path(torch.hub.get_dir(), "checkpoints")
    kept.mkdir(parents=True)
    name = Path(torchvision.models.ResNet18_Weights.DEFAULT.url).name
    torch.save(torchvision.models.resnet18().state_dict(), kept / name)


def record_notes(torch: Any) -> None:
    """Record what the notes' code blocks show, run in order in one session, each seeded anew.

    A block that does not parse is run line by line; an error is recorded by its class.
    """
    import ast

    import numpy

    shown: list[dict[str, str]] = []
    scope: dict[str, Any] = {"torch": torch, "np": numpy, "nn": torch.nn, "optim": torch.optim}
    scope["print"] = lambda *args: shown.append({"print": " ".join(map(str, args))})
    found = {}
    bind_torchvision(scope, torch)

    def run(text: str) -> None:
        for statement in ast.parse(text).body:
            try:
                if isinstance(statement, ast.Expr):
                    value = eval(compile(ast.Expression(statement.value), "", "eval"), scope)
                    if value is not None:
                        shown.append({"value": repr(value)})
                else:
                    exec(compile(ast.Module([statement], []), "", "exec"), scope)
            except Exception as e:  # PyTorch's answer, whatever it is
                shown.append({"error": type(e).__name__})

    for path in sorted(NOTES.glob("*.tcalc")):
        torch.manual_seed(0)
        shown.clear()
        text = path.read_text(encoding="utf-8")
        try:
            run(text)
        except SyntaxError:
            shown.clear()
            torch.manual_seed(0)
            for line in text.splitlines():
                try:
                    run(line)
                except SyntaxError:
                    shown.append({"error": "SyntaxError"})
        found[path.stem] = list(shown)
    (NOTES / "answers.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    print(f"notes: {len(found)} blocks")


def main() -> int:
    """Record the named families, or all."""
    import torch

    warnings.simplefilter("ignore")
    ANSWERS.mkdir(exist_ok=True)
    wanted = set(sys.argv[1:])
    if not wanted or "notes" in wanted:
        record_notes(torch)
    for path in sorted(CASES.glob("*.txt")):
        if wanted and path.stem not in wanted:
            continue
        prelude, cases = blocks(path.read_text())
        try:
            recorded = [{"case": b, "answer": answer(prelude, b, torch)} for b in cases]
        except ModuleNotFoundError as error:
            print(f"{path.stem}: passed by ({error})")
            continue
        recorded = [r for r in recorded if r["answer"].get("error") != "NotCompared"]
        lines = ",\n".join(json.dumps(r, ensure_ascii=False) for r in recorded)
        text = f'{{"torch": "{torch.__version__}", "cases": [\n{lines}\n]}}\n'
        (ANSWERS / f"{path.stem}.json").write_text(text)
        errors = sum("error" in r["answer"] for r in recorded)
        print(f"{path.stem}: {len(recorded)} cases, {errors} of them errors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
