"""The code blocks of the notes on PyTorch, verbatim, give what PyTorch gives."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tcalc.display import plain
from tcalc.session import Session
from tcalc.source import Source

NOTES = Path(__file__).parent / "notes"
ANSWERS: dict[str, list[dict[str, str]]] = json.loads(
    (NOTES / "answers.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The weights that the notes load, where PyTorch would have put them."""
    home = tmp_path_factory.mktemp("torch")
    kept = home / "hub" / "checkpoints"
    kept.mkdir(parents=True)
    file = str(kept / "resnet18-f37072fd.pth")
    Session(base_dir=str(kept)).evaluate(
        f"torch.save(torchvision.models.resnet18().state_dict(), {file!r})"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCH_HOME", str(home))
        yield


@pytest.fixture(scope="module")
def shown(weights: None) -> dict[str, list[Any]]:
    """What each block shows: run in order in one session, since some use names of earlier ones."""
    found: dict[str, list[Any]] = {}
    current: list[Any] = []
    session = Session(write=lambda text: current.append(("print", text.removesuffix("\n"))))
    for path in sorted(NOTES.glob("*.tcalc")):
        session.evaluate("torch.manual_seed(0)")
        current.clear()
        session.run(
            Source(path.read_text(encoding="utf-8"), path.name),
            lambda value, line: current.append(("value", plain.text(value))),
            keep_going=True,
            on_error=lambda error: current.append(("error", error)),
        )
        found[path.stem] = list(current)
    return found


@pytest.mark.parametrize("block", sorted(ANSWERS))
def test_block(block: str, shown: dict[str, list[Any]]) -> None:
    want = [next(iter(answer.items())) for answer in ANSWERS[block]]
    got = shown[block]
    assert [kind for kind, _ in got] == [kind for kind, _ in want]
    for (kind, mine), (_, theirs) in zip(got, want):
        if kind == "error":
            assert isinstance(mine, getattr(builtins, theirs)), mine
        else:
            assert mine == theirs
