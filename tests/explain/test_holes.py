"""Which shapes fit a hole in an expression, and what is no hole."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tcalc.errors import ShapeError
from tcalc.explain.holes import asked, solved
from tcalc.session import Session

SETUP = "A = randn(3, 4); x = randn(6, 4); image = randn(2, 3, 8, 8); k = arange(4)"
# Questions, and what fits.
FITS = {
    "A @ ? -> (3, 5)": "[4, 5]",
    "? @ A -> [2, 4]": "[2, 3]",
    "x.view(?, 8)": "3",
    "x.reshape(2, ?, 3)": "4",
    "cat([A, ?]) -> (7, 4)": "[4, 4]",
    "cat([A, ?], 1) -> (3, 9)": "[3, 5]",
    "stack([A, ?]) -> (2, 3, 4)": "[3, 4]",
    "A + ? -> (3, 4)": "[] [1] [4] [1, 1] [1, 4] [3, 1] [3, 4]",
    "A @ ?": "[4] [4, n] [n, 4, m]",
    "einsum('ij,jk->ik', A, ?) -> (3, 2)": "[1, 2] [4, 2]",
    "nn.functional.conv2d(image, ?) -> (2, 16, 6, 6)": "[16, 3, 3, 3]",
    "nn.functional.linear(A, ?) -> (3, 7)": "[7, 4]",
    "zeros(?, 3).T @ x": "6",
    "x.sum(?) -> 6": "1",
    "x.unsqueeze(?) -> (6, 1, 4)": "-2 1",
    "k[?] -> ()": "[]",
    "A[?] -> (4,)": "-3 -2 0 1 2",
    "('what?', A @ ?)[1]": "[4] [4, n] [n, 4, m]",
}
NO_HOLES = [
    "A", "A?", "?", "A ? 1 : 2", "? @ ?", "'A @ ?'", "A @ ? -> B", "A @ ? -> (3, n)", "x = A @ ?",
    "-> (3,) ?", "A @ ? -> (3,) -> (4,)", "# A @ ?", "A @ ?; A",
]  # fmt: skip


@pytest.fixture(scope="module")
def session() -> Session:
    made = Session()
    made.evaluate(SETUP)
    return made


@pytest.mark.parametrize(("text", "answers"), FITS.items(), ids=FITS)
def test_what_fits(session: Session, text: str, answers: str) -> None:
    query = asked(text)
    assert query is not None
    found = [line.removeprefix("? = ") for line in solved(session, query).splitlines()]
    assert " ".join(found) == answers


@pytest.mark.parametrize("text", NO_HOLES)
def test_what_is_no_hole(text: str) -> None:
    assert asked(text) is None


def test_nothing_fits(session: Session) -> None:
    query = asked("A @ ? -> (4, 4)")
    assert query is not None
    with pytest.raises(ShapeError) as raised:
        solved(session, query)
    assert str(raised.value) == "nothing was found that fits ? and gives [4, 4] (A is [3, 4])"


def run(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tcalc", *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def test_at_the_shell_and_at_the_prompt() -> None:
    done = run("A = ones(3, 4)", "A @ ? -> (3, 5)", "A.view(?, 2)")
    assert (done.stdout, done.stderr, done.returncode) == ("? = [4, 5]\n? = 6\n", "", 0)
    done = run("repl", text="A = ones(3, 4)\nA @ ? -> (3, 5)\n:explain A.view(?, 2)\nA?\n")
    assert done.stdout.startswith("? = [4, 5]\n? = 6\nA\n")
    assert (done.stderr, done.returncode) == ("", 0)


def test_errors_stay_what_they_are() -> None:
    done = run("ones(2) ? 3")
    assert done.returncode == 3
    assert "`?` is not part of the language" in done.stderr
    done = run("ones(2, 3) @ ? -> (5, 5)")
    assert done.returncode == 1
    assert done.stderr.startswith("ShapeError: nothing was found that fits ?")
