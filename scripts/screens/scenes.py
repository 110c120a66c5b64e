"""The scenes: what is typed, and what is said of each."""

from __future__ import annotations

from typing import NamedTuple


class Scene(NamedTuple):
    """Lines that are entered.

    name: of the file. title, words: what is said of it. shell: whether it plays there and not at the
    prompt. before: what was entered unseen. typing: what is typed in the end and not entered, a key in
    angle brackets; seen: what is then on the screen.
    """

    name: str
    title: str
    words: str
    lines: tuple[str, ...] = ()
    shell: bool = False
    before: tuple[str, ...] = ()
    typing: tuple[str, ...] = ()
    seen: str = ""


# What lies in the folder of the scenes.
FILES = {
    "heights.csv": "name,height,weight,born\nann,1.71,62.5,1990-04-02\nbob,1.83,,1988-11-17\n"
    "cem,1.65,58.1,1993-01-30\ndee,1.78,71.9,\n",
    "fit.tcalc": "import torch\nfrom torch import nn\ntorch.manual_seed(0)\n"
    "model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))\n"
    "torch.save(model.state_dict(), 'sine.pt')\n",
}
SCENES = (
    Scene(
        "error", "An error shows where, and what would fit",
        "The shapes stand under the operands, the axes that clash are marked, and the fixes that are "
        "offered were tried.",
        ("A = ones(2, 3)", "scale = rand(4, 3)", "(A + 1) @ scale"),
    ),
    Scene(
        "gradient", "Values know where they come from",
        "PyTorch's names and numbers, with the node of the graph and the gradients.",
        (
            "x = tensor([1., 2., 3.], requires_grad=True)",
            "loss = (x ** 2).mean(); loss",
            "loss.backward(); x.grad",
            "{'x': x, 'squares': x ** 2, 'rate': 0.1}",
        ),
    ),
    Scene(
        "plot", "Lines in dots",
        "`plot`, `hist`, `bar` and a program's `matplotlib.pyplot` draw where you are.",
        (
            "t = linspace(0, 4 * pi, 400)",
            "plot(t, sin(t), exp(-t / 5) * cos(2 * t), label=['sine', 'fading'])",
        ),
    ),
    Scene(
        "heat", "Matrices in colours",
        "`heat` and `imshow` in half a cell each; on terminals that draw pixels, in pixels.",
        (
            "r = linspace(-2, 2, 48)",
            "heat(sin(3 * r[:, None]) * exp(-r ** 2), map='coolwarm', title='waves')",
        ),
    ),
    Scene(
        "graph", "The graph of a result",
        "`:graph` draws what gradients will go through, with the source of each step.",
        ("y = softmax(x @ W + b, 1)", "loss = -y[:, 0].log().mean()", ":graph loss"),
        before=(
            "W = rand(3, 4, requires_grad=True)", "b = zeros(4, requires_grad=True)", "x = ones(8, 3)",
        ),
    ),
    Scene(
        "explain", "What it would do, without doing it",
        "`:explain` tells shapes, work and memory; a hole `?` asks which shape fits.",
        (
            ":explain softmax(ones(8, 3) @ ones(3, 4), 1).sum()",
            "ones(2, 3) @ ? -> (2, 5)",
        ),
    ),
    Scene(
        "completion", "While you type",
        "The call at the cursor and the shape of the line stand below it; Tab tells what each name is.",
        before=("x = ones(3, 4)",),
        typing=("nn.functional.softm", "<Tab>"), seen="softmin",
    ),
    Scene(
        "preview", "A clash is seen before Enter",
        "Nothing is run for that: shapes and dtypes are worked out alone.",
        before=("x = ones(3, 4)",),
        typing=("norm(x, dim=0) @ x",), seen="ShapeError",
    ),
    Scene(
        "table", "What a file holds",
        "`tcalc FILE` sums up tables, arrays and models.",
        ("tcalc heights.csv",), shell=True,
    ),
    Scene(
        "inspect", "A model, from its header",
        "`tcalc inspect` reads no more than it must; `--stats` reads the numbers, too.",
        ("tcalc inspect sine.pt", "tcalc inspect --stats sine.pt"),
        shell=True, before=("tcalc fit.tcalc",),
    ),
    Scene(
        "why", "Where the first nan came from",
        "`:why` names the call, and what it was given.",
        (
            "x = tensor([1., 0., 2.]); y = x.log() * x",
            "y.sum()",
            ":why y.sum()",
        ),
    ),
)  # fmt: skip
