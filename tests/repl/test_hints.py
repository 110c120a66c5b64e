"""What stands under the line while it is typed."""

from __future__ import annotations

import pytest

from tcalc.prompt.hints import hints
from tcalc.session import Session


@pytest.fixture(scope="module")
def session() -> Session:
    made = Session()
    made.evaluate("""
x = ones(2, 3)
def scale(tensor, factor=2, *rest, mode='a', **more):
    "Scale a tensor."
    return tensor
class Box:
    "A box of a size."
    def __init__(self, size, colour=None):
        pass
box = Box(1)
bad = '\\x1b[31m'
def red(x='\\x1b[31m'): pass
""")
    return made


def shown(session: Session, text: str, width: int = 77, cursor: int | None = None) -> list[str]:
    """The lines, what stands for the argument at the cursor between brackets."""
    lines = hints(session, text, len(text) if cursor is None else cursor, width)
    return ["".join(f"[{t}]" if s.endswith("here") else t for s, t in line) for line in lines]


@pytest.mark.parametrize(
    ("text", "signature"),
    [
        ("norm(", "norm([input], p='fro', dim=None, keepdim=False, dtype=None)"),
        ("norm(x, ", "norm(input, [p='fro'], dim=None, keepdim=False, dtype=None)"),
        ("norm(x, dim=", "norm(input, p='fro', [dim=None], keepdim=False, dtype=None)"),
        ("y = 2 * norm((1, 2), [3, ", "norm(input, [p='fro'], dim=None, keepdim=False, dtype=None)"),
        ("norm(x, 'fr", "norm(input, [p='fro'], dim=None, keepdim=False, dtype=None)"),
        ("norm(x, ')', ", "norm(input, p='fro', [dim=None], keepdim=False, dtype=None)"),
        ("norm(exp(x), ", "norm(input, [p='fro'], dim=None, keepdim=False, dtype=None)"),
        ("norm(exp(", "exp([input])"),
        # A tensor's method is written without the tensor, also of what is not computed.
        ("x.norm(", "norm([p='fro'], dim=None, keepdim=False, dtype=None)"),
        ("(x + 1).norm(2, ", "norm(p='fro', [dim=None], keepdim=False, dtype=None)"),
        # PyTorch's where Python's of that name says nothing.
        ("sum(x, ", "sum(input, [dim=None], keepdim=False, *, dtype=None)"),
        ("scale(x, 1, 2, 3", "scale(tensor, factor=2, [*rest], mode='a', **more)"),
        ("scale(x, mode=", "scale(tensor, factor=2, *rest, [mode='a'], **more)"),
        ("scale(x, other=", "scale(tensor, factor=2, *rest, mode='a', [**more])"),
        ("Box(1, ", "Box(size, [colour=None])"),
        ("len(", "len(…)"),
        ("exp(x, 1, ", "exp(input)"),
        ("red(", "red([x='\\x1b[31m'])"),
    ],
)  # fmt: skip
def test_the_signature_of_the_call_at_the_cursor(
    text: str, signature: str, session: Session
) -> None:
    assert shown(session, text, 100)[0] == signature


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("norm(", "The norm of all elements, or over dimensions."),
        ("scale(", "Scale a tensor."),
        ("nn.Linear(", "input @ weight.T + bias."),
        ("len(", "Return the number of items in a container."),
    ],
)
def test_one_line_of_meaning(text: str, meaning: str, session: Session) -> None:
    assert shown(session, text)[1].startswith(meaning[:40])


@pytest.mark.parametrize("width", [20, 37, 77, 117])
@pytest.mark.parametrize(
    "text",
    [
        "nn.functional.scaled_dot_product_attention(1, 2, 3, is_causal=",
        "nn.Transformer(dropout=",
        "scale(",
        "x @ x",
        ":time 1",
    ],
)
def test_everything_fits_the_width_and_shows_the_argument(
    text: str, width: int, session: Session
) -> None:
    lines = shown(session, text, width)
    assert lines
    assert max(len(line.replace("[", "", 1).replace("]", "", 1)) for line in lines) <= width + 2
    if text.endswith("is_causal=") and width > 60:
        assert "[is_causal=False]" in lines[0]
        assert lines[0].startswith("scaled_dot_product_attention(…, ") == (width < 100)


def test_the_value_of_the_line_and_the_help_of_a_command(session: Session) -> None:
    assert shown(session, "x.sum(0)") == ["= [3] float32"]
    assert shown(session, "x.sum(0)", cursor=6)[1:] == [
        "The sum of all elements, or over one or several dimensions.", "= [3] float32",
    ]  # fmt: skip
    assert shown(session, "x @ x")[0].startswith("ShapeError: ")
    assert shown(session, ":time ")[0] == ":time EXPR"
    assert shown(session, ":nothing ") == []


@pytest.mark.parametrize("text", ["", "x", "1 +", "(1, 2", "nothing(", "'(", "# f(", ")(", "f'{"])
def test_nothing_to_say(text: str, session: Session) -> None:
    assert [line for line in shown(session, text) if not line.startswith("=")] == []
