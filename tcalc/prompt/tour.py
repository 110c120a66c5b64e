"""`tcalc --tour`: five minutes at a prompt, where the user types and each step is checked.

Without a terminal the lines are entered by themselves, so that the tour can be read, and tested.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from tcalc.prompt.repl import converse
from tcalc.theme import paint

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.prompt.repl import Entry, Repl


class Step(NamedTuple):
    """text: what there is to learn. line: what to type. check: an expression that is true once it
    was done, or the beginning of the line that does it, where that is a command or a question.
    """

    text: str
    line: str
    check: str


STEPS = (
    Step("A line is evaluated when you press Enter. Plain numbers stay plain.", "2**10 / 3",
         "isinstance(_, float)"),
    Step("A list becomes a tensor as soon as something tensor-like touches it. `@` multiplies "
         "matrices.", "A = [[1, 2], [3, 4]]; B = A @ A; B", "B.shape == (2, 2)"),
    Step("`_` is the last value. The prompt shows the number that the next one will have: what came at "
         "`2>` is `_2`. PyTorch's functions are here by their names, and as methods of tensors.", "B.float().inverse()", "_.is_floating_point()"),
    Step("Random numbers are PyTorch's own, number by number, after a seed.",
         "manual_seed(0); x = randn(3, 4); x", "x.shape == (3, 4)"),
    Step("When something does not fit, the error shows what, where, and the shapes. Try it: this "
         "line fails, and changes nothing.", "x @ x", "x @ x"),
    Step("Mend it: `.T` turns a matrix over. (The up arrow brings the line back.)", "x @ x.T",
         "_.shape == (3, 3)"),
    Step("A name with a `?` is explained. Tab completes names, and shows what there is.", "norm?",
         "norm"),
    Step("A gradient is one call: here of the sum of squares, which is 2 x.",
         "grad(x.square().sum(), x)", "allclose(_, 2 * x)"),
    Step("Pictures are drawn in the terminal.", "plot(sin(linspace(0, 6, 100)))", "plot"),
    Step("What ends in `_` works in place, as in PyTorch.", "x.zero_()", "not x.any()"),
    Step("You can take a line back: variables, memory and random numbers are as they were.", ":undo",
         ":undo"),
    Step("Training is PyTorch's too. A model of one weight a column, and something to descend by:",
         "w = zeros(4, requires_grad=True); opt = torch.optim.SGD([w], lr=0.1)",
         "w.requires_grad and len(opt.param_groups) == 1"),
    Step("A hundred steps towards `x @ w = 1`. A `for` of one line ends with an empty line.",
         "for i in range(100): opt.zero_grad(); ((x @ w - 1) ** 2).mean().backward(); opt.step()",
         "w.any()"),
    Step("How near is it?", "x @ w", "_.shape == (3,)"),
    Step("How long does something take, and which way is quicker?", ":bench x @ w | mv(x, w)",
         ":bench"),
    Step("What there is by now:", ":vars", ":vars"),
)  # fmt: skip

_END = """That was the tour. `:save first.tcalc` writes what you have entered as a program, and
`tcalc first.tcalc` runs it. At a shell: tcalc 'norm([3, 4])', tcalc data.csv, tcalc --help.
Here: `:help` lists topics and commands; Ctrl-D leaves."""


def tour(repl: Repl, read: Callable[[], Entry] | None) -> int:
    """Go through the steps; the exit status. read: gives what a person enters, None for nobody."""
    say = repl.output.tell
    say("A tour of five minutes. Enter alone types a line for you; :skip goes on; Ctrl-D leaves.")
    for number, step in enumerate(STEPS, 1):
        first, *more = wrap(step.text, min(repl.width, 100) - 8)
        say(f"\n{_strong(repl, f'{number:2}/{len(STEPS)}')}  {first}")
        for line in more:
            say(f"       {line}")
        say(f"       type: {_code(repl, step.line)}")
        if not _do(repl, step, read):
            return 0
    say(f"\n{_END}")
    if read is not None:
        converse(repl, read, greet=False)
    return repl.requested or 0


def _do(repl: Repl, step: Step, read: Callable[[], Entry] | None) -> bool:
    """Read lines until one does what the step is about; False where the user leaves."""
    while True:
        try:
            entry = None if read is None else read()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return False
        text = "" if entry is None else entry.text.strip()
        if text == ":skip":
            text = step.line
        if not text:
            text = step.line
            repl.output.tell(f"{repl.prompt}{_code(repl, text)}")
        repl.enter(text)
        if repl.leaving:
            return False
        if _is_done(repl, step, text):
            repl.output.tell(_strong(repl, "       ✓"))
            return True
        if read is None:
            raise AssertionError(f"the tour does not do what it says: {step.line}")
        repl.output.tell(f"       not quite; try: {_code(repl, step.line)}")


def _is_done(repl: Repl, step: Step, text: str) -> bool:
    """Whether what was entered does what a step is about."""
    if text.split() == step.line.split():
        return True
    if step.check.startswith(":") or step.check.isidentifier():
        return text.startswith(step.check)
    if step.check == step.line:  # it is to fail, and did not
        return False
    with repl.aside():
        try:
            return bool(repl.session.evaluate(step.check))
        except Exception:  # what it asks for is not there
            return False


def _strong(repl: Repl, text: str) -> str:
    return paint(text, "strong") if repl.output.error_colour else text


def _code(repl: Repl, text: str) -> str:
    return paint(text, "code") if repl.output.error_colour else text
