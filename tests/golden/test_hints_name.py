"""Whatever a hint anywhere in the source names is there: functions, methods, options, commands."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcalc.help.lookups import tensor_names
from tcalc.language import absent, elsewhere
from tcalc.language.attributes import visible
from tcalc.options import COMMANDS as WORDS
from tcalc.options import OPTIONS
from tcalc.parser import habits
from tcalc.prompt.commands import COMMANDS
from tcalc.runtime.base.registry import NAMES, lookup
from tcalc.session import Session

ROOT = Path(__file__).resolve().parents[2] / "tcalc"
# Those of ours, curl's and tensorboard's.
FLAGS = {option.flag for option in OPTIONS} | {"--create-dirs", "--logdir"}
# What is called on values that are no tensors, and names that stand for the program's own.
METHODS = {
    *tensor_names(),
    *(name.rpartition(".")[2] for name in NAMES),
    *(name for kind in (str, list, dict, set, tuple) for name in dir(kind)),
    *visible(lookup("torch.nn.Module")), "add_images", "apply", "blocked_autorange", "convert",
    "initialize_parameters", "reset", "step",
}  # fmt: skip
OWN = {"f", "name", "model", "Name"}
IMPORTED = {"plt": "matplotlib.pyplot"}
_CALL = re.compile(r"(?<![\w.'\"])((?:[A-Za-z_]\w*\.)*)([A-Za-z_]\w*)\(")
_METHOD = re.compile(r"(?<![\w.)\]…])\.([a-z_]\w*)\(")
_FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
_COMMAND = re.compile(r"`:([a-z]+)")
_WORD = re.compile(r"\btcalc ([a-z]+)\b")


def texts(node: ast.AST) -> Iterator[str]:
    """The texts that an expression can give, values left out as {}."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield "".join(
            part.value if isinstance(part, ast.Constant) else "{}" for part in node.values
        )
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)
    elif isinstance(node, ast.BinOp):
        yield from texts(node.left)
        yield from texts(node.right)


def hints() -> dict[str, str]:
    """Every hint, by itself, with where it stands."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if "hint" in source else ():
            if isinstance(node, ast.keyword) and node.arg == "hint":
                for text in texts(node.value):
                    found[text] = f"{path.relative_to(ROOT)}:{node.value.lineno}"
    for table in (elsewhere._INSTEAD, elsewhere._MEMBERS, absent.INSTEAD, habits._NAMES):
        found |= {text: name for name, text in table.items()}
    return found


HINTS = hints()


def is_there(owner: str, name: str, session: Session) -> bool:
    """Whether a call in a hint is of something that a program finds."""
    if name in OWN or "{}" in owner + name:
        return True
    if not owner:
        known = session.namespace.visible(name) is not None
        return known or name in METHODS or hasattr(builtins, name)
    root = owner.partition(".")[0]
    if session.namespace.visible(root) is not None:
        try:
            session.evaluate(owner + name)
        except AttributeError:
            return False
        return True
    return name in METHODS or is_module_member(owner, name)


def is_module_member(owner: str, name: str) -> bool:
    """Whether a name is that of a module that a program imports first."""
    try:
        root = owner.partition(".")[0]
        Session().evaluate(f"import {IMPORTED.get(root, root)} as {root}\n{owner}{name}")
    except Exception:
        return False
    return True


def test_there_are_many() -> None:
    assert len(HINTS) > 200


@pytest.mark.parametrize("hint", sorted(HINTS))
def test_it_names_what_is_there(hint: str) -> None:
    session = Session()
    missing = [
        owner + name for owner, name in _CALL.findall(hint) if not is_there(owner, name, session)
    ]
    missing += ["." + name for name in _METHOD.findall(hint) if name not in METHODS]
    missing += [flag for flag in _FLAG.findall(hint) if flag not in FLAGS]
    missing += [":" + name for name in _COMMAND.findall(hint) if name not in COMMANDS]
    missing += [f"tcalc {word}" for word in _WORD.findall(hint) if word not in WORDS]
    assert not missing, f"{HINTS[hint]}: {hint}"
