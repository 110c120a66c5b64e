"""Help, asked for as at a shell or as a command, and commands that are none."""

from __future__ import annotations

import pytest

from .conftest import Talk


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("help norm", "norm(input, p='fro'"), ("help plots", "Pictures of numbers"), ("help", "Commands"),
        ("help nn.Linear", "Linear("), ("help :undo", ":undo"), ("help me", "nothing is called 'me'"),
    ],
)  # fmt: skip
def test_help_needs_no_parentheses(asked: str, answer: str, talk: Talk) -> None:
    assert answer in talk(asked)
    assert talk.repl.number == 1 and not talk.repl.log


def test_a_variable_of_that_name_is_one(talk: Talk) -> None:
    talk("help = 3")
    assert talk("help") == "3\n"
    assert "SyntaxError" in talk("help norm")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        (":plot", "`plot(x)`"), (":norm x", "`norm(x)`"), (":undoo", "did you mean :undo?"),
        (":zzz", ":help lists the commands"), ("mean t", "a call is written `mean(t)`"),
        ("sqrt 2", "a call is written `sqrt(2)`"), ("retrun x", "did you mean `return`?"),
    ],
)  # fmt: skip
def test_what_is_no_command_is_told_what_it_may_be(line: str, hint: str, talk: Talk) -> None:
    assert hint in talk(line)
