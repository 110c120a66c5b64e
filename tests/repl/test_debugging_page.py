"""The sessions in docs/debugging.md are what the prompt answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Talk

PAGE = Path(__file__).parent.parent.parent / "docs" / "debugging.md"


def sessions() -> list[str]:
    """The blocks of the page that begin with a prompt."""
    blocks = PAGE.read_text(encoding="utf-8").split("```")[1::2]
    return [block.strip("\n") for block in blocks if block.startswith("\n1> ")]


@pytest.mark.parametrize("at", range(len(sessions())))
def test_a_session(at: int, talk: Talk, capsys: pytest.CaptureFixture[str]) -> None:
    shown = []
    for line in sessions()[at].splitlines():
        if line.startswith(prompt := talk.repl.prompt):
            shown.append(line)
            shown += (talk(line.removeprefix(prompt)) + capsys.readouterr().err).splitlines()
    assert "\n".join(shown) == sessions()[at]
