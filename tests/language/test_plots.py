"""Plots of programs: `plot` and its kin, and what `matplotlib.pyplot` is here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.errors import ModuleError
from tcalc.session import Session

PYPLOT = "import matplotlib.pyplot as plt\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(text: str) -> str:
    parts: list[str] = []
    session = Session(write=parts.append)
    session.evaluate(text)
    return "".join(parts)


# -- for formulas -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plot([1, 2, 4])", ["4 ┤", "0.0"]),
        ("plot(arange(5.), arange(5.) ** 2)", ["15", "┬"]),
        ("plot(sin, 0, 6)", ["1.0 ┤", "-1.0 ┤"]),
        ("plot(lambda v: v * v, -1, 1)", ["1.0 ┤"]),
        ("plot(lambda v: float(v) if v > 0 else 0.0, -1, 1)", ["1.0"]),
        ("plot({'a': [1, 2], 'b': [2, 1]})", ["a", "b"]),
        ("plot(rand(9, 3))", ["┤"]),
        ("plot(ones(3, requires_grad=True) * tensor([1., 2, 3]))", ["3"]),
        ("plot(arange(4).bfloat16())", ["3"]),
        ("plot(np.array([1, 2, 3]))", ["3"]),
        ("plot(range(4), title='up')", ["up"]),
        ("plot([1, 10, 100], log='y')", ["100 ┤", " 10 ┤", "  1 ┤"]),
        ("hist(randn(1000), bins=8)", ["█"]),
        ("hist([1, 2, 2, 3], title='h')", ["h", "█"]),
        ("bar({'ann': 3, 'bob': 5})", ["ann", "bob", "5 ┤"]),
        ("bar(['x', 'y'], [1, 2], across=True)", ["y ┤", "x ┤"]),
        ("bar([1, -2])", ["-2"]),
        ("heat(eye(4))", ["█", "0"]),
        ("imshow(rand(3, 8, 8))", ["┤"]),
        ("heat(rand(5, 8, 8))", ["▒"]),
        ("plot.scatter([1, 2, 3], [3, 1, 2], c=[0, 0, 1])", ["• 0", "• 1"]),
        ("plot.scatter(rand(9), rand(9), c=rand(9))", ["┤"]),
    ],
)
def test_formulas_are_drawn(text: str, seen: list[str]) -> None:
    found = run(text)
    assert all(part in found for part in seen), found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("plot()", "takes what is to be drawn"),
        ("plot('a')", "numbers are drawn"),
        ("plot([1, 2], [1, 2, 3])", "x has 2 numbers, y 3"),
        ("plot(ones(3, 20))", "20 lines"),
        ("plot(tensor([1j, 2]))", "complex"),
        ("plot([1], log='z')", "log"),
        ("plot([1], xlim=3)", "two numbers"),
        ("plot([1, 2], label=['a', 'b'])", "2 names for 1"),
        ("plot(sin, 1, 1)", "two different numbers"),
        ("hist([1], bins=0)", "bins"),
        ("hist([1], bins=[2, 1])", "increase"),
        ("heat(zeros(0, 3))", "nothing"),
        ("heat(eye(2), map='nosuch')", "no colour map"),
        ("bar(['a'], [1, 2])", "as many names"),
        ("plot.scatter([1], [1, 2])", "x has 1"),
        ("plot([1], save='x.exe')", "ends in .png"),
        ("plot([1], save='../../x.txt')", "x.txt"),
        ("plot(ones(2, device='meta'))", "meta"),
        ("plot.nosuch", "nosuch"),
    ],
)
def test_what_cannot_be_drawn_is_told(text: str, message: str) -> None:
    with pytest.raises(Exception, match=message) as caught:
        run(text)
    assert not isinstance(caught.value, (NameError, UnboundLocalError, RecursionError))


def test_labels_bear_a_terminal() -> None:
    found = run(r"plot([1, 2], title='\x1b[31mred\x07', label='a\nb', xlabel='\x9b')")
    assert "\x1b" not in found and "\x07" not in found and "\x9b" not in found


def test_into_a_file(tmp_path: Path) -> None:
    assert run("plot([1, 2, 3], save='a.txt')") == ""
    assert "┤" in (tmp_path / "a.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_into_a_picture(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="it draws picture files, where it is installed")
    run(f"plot(sin, 0, 6, title='a', label='b', save='a.{kind}')")
    start = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind]
    assert (tmp_path / f"a.{kind}").read_bytes().startswith(start)


def test_without_matplotlib_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ModuleError, match="not installed") as caught:
        run("plot([1], save='a.png')")
    assert "tcalc[plot]" in caught.value.hint and not (tmp_path / "a.png").exists()


def test_live_is_drawn_on_terminals_alone() -> None:
    assert run("for k in range(5):\n    plot.live(k)\nprint('done')") == "done\n"


def test_torch_keeps_its_own_names() -> None:
    assert run("print(scatter(zeros(3), 0, tensor([1]), tensor([5.])))") == "tensor([0., 5., 0.])\n"
    assert run("plot = 3; hist = 4; print(plot + hist)") == "7\n"
    with pytest.raises(AttributeError):
        run("torch.plot")


# -- matplotlib's names -----------------------------------------------------------------------


def saved(text: str) -> str:
    """What a program of matplotlib's names draws, saved as text."""
    run(f"{PYPLOT}{text}\nplt.savefig('f.txt')")
    return Path("f.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plt.plot([1, 2, 3], 'r--', label='a')\nplt.legend()", ["a", "3"]),
        ("plt.plot([0, 1], [1, 2], 'bo', [0, 1], [2, 1], 'g-')", ["•"]),
        ("plt.plot(arange(6.).reshape(3, 2))", ["4"]),
        ("plt.title('T'); plt.xlabel('X'); plt.ylabel('Y'); plt.plot([1, 2])", ["T", "X", "Y"]),
        ("plt.scatter(rand(5), rand(5), c=arange(5), cmap='plasma', s=3, alpha=.5)", ["┤"]),
        ("plt.hist(randn(100), bins=5, color='tab:green')", ["█"]),
        ("plt.bar(['a', 'b'], [1, 2], color=['r', 'b'][0])", ["a", "b"]),
        ("plt.barh([0, 1], [1, 2])", ["█"]),
        ("plt.imshow(rand(28, 28), cmap='gray'); plt.axis('off'); plt.title('7')", ["7"]),
        ("plt.imshow(rand(8, 8, 3).numpy())", ["0 ┤"]),
        ("plt.matshow(eye(3)); plt.colorbar()", ["█"]),
        ("plt.semilogy([1, 10, 100])", ["100", " 10"]),
        ("plt.plot([1, 2]); plt.yscale('log'); plt.xlim(0, 5); plt.ylim((1, 10))", ["10 ┤"]),
        ("plt.plot([1, 2]); plt.xticks([0, 1], ['no', 'yes'])", ["no", "yes"]),
        ("plt.plot([1, 2]); plt.text(0.5, 1.5, 'mid')", ["mid"]),
        ("plt.annotate('here', xy=(0, 0), xytext=(1, 1)); plt.plot([0, 2], [0, 2])", ["here"]),
        ("plt.axhline(1, ls='--'); plt.axvline(x=0.5); plt.plot([0, 2])", ["┤"]),
        ("plt.fill_between([0, 1, 2], [0, 1, 0], alpha=.2)", ["⡐"]),
        ("plt.errorbar([0, 1], [1, 2], yerr=[.1, .2], fmt='o', capsize=3)", ["•"]),
        ("plt.step([0, 1, 2], [1, 2, 3])", ["3"]),
        ("plt.contourf(rand(8, 8), levels=4)", ["┤"]),
        ("plt.hlines(1, 0, 2, colors='r'); plt.vlines([0, 1], 0, 1)", ["1"]),
        ("plt.gca().add_patch(plt.Rectangle((0, 0), 1, 1, fill=False, edgecolor='red'))", ["┤"]),
        ("ax = plt.subplot(1, 2, 2); ax.plot([1, 2]); ax.set_title('right')", ["right"]),
        ("fig, axs = plt.subplots(2, 2, figsize=(6, 6))\nfor k, a in enumerate(axs.flat):\n"
         "    a.plot([k, k + 1]); a.set_title(f'no {k}')", ["no 0", "no 3"]),
        ("fig, (a, b) = plt.subplots(1, 2)\na.plot([1]); b.set(title='B', xlim=(0, 1))", ["B"]),
        ("fig = plt.figure(figsize=(3, 3)); ax = fig.add_subplot(111); ax.plot([1, 2])\n"
         "fig.suptitle('all'); fig.tight_layout()", ["all"]),
        ("line, = plt.plot([1, 2]); line.set_data([0, 1], [5, 9])", ["9"]),
        ("plt.plot([3, 1]); plt.cla(); plt.plot([70, 80])", ["80"]),
        ("plt.figure(1); plt.plot([5, 6]); plt.figure(2); plt.figure(1)", ["6"]),
        ("plt.rcParams['figure.figsize'] = (5, 5); plt.style.use('ggplot'); plt.plot([1, 2])", ["2"]),
    ],
)  # fmt: skip
def test_pyplot_draws(text: str, seen: list[str]) -> None:
    found = saved(text)
    assert all(part in found for part in seen), found


def test_pyplot_gives_what_matplotlib_gives() -> None:
    found = run(
        PYPLOT + "counts, edges, _ = plt.hist([1., 2, 2, 4], bins=3)\nprint(counts, edges)\n"
        "print(plt.xlim(0, 5), plt.gca().get_title(), type(plt.gcf()).__name__)\n"
        "fig, ax = plt.subplots(2, 3); print(ax.shape, len(ax), len(ax[0]), ax[1, 2], len(ax.flatten()))\n"
        "import matplotlib; matplotlib.use('Agg')\n"
        "from matplotlib import cm, pyplot\nprint(pyplot is plt, len(cm.viridis(0.5)))\n"
        "plt.close('all'); plt.show()\n"
    )
    assert found == (
        "[1. 2. 1.] [1. 2. 3. 4.]\n(0.0, 5.0)  Figure\n(2, 3) 2 3 <Axes: > 6\nTrue 4\n"
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("plt.plot([1, 2], [1])", ValueError),
        ("plt.plot([1], 'q')", ValueError),
        ("plt.plot([1], nosuch=3)", TypeError),
        ("plt.subplot(2, 2, 5)", ValueError),
        ("plt.subplots(0)", ValueError),
        ("plt.imshow([1, 2])", TypeError),
        ("plt.yscale('cubic')", ValueError),
        ("plt.quiver([1], [1])", AttributeError),
        ("plt.figure().add_subplot(projection='3d')", Exception),
        ("plt.gca().add_patch(3)", Exception),
        ("plt.savefig('a.doc')", Exception),
        ("plt.subplots(2)[1]['a']", IndexError),
        ("plt.gca().model", AttributeError),
        ("plt.gcf().whole", AttributeError),
        ("plt.plot([1])[0].series", AttributeError),
    ],
)
def test_pyplot_refuses(text: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        run(PYPLOT + text)


def test_an_object_of_a_program_is_asked_nothing() -> None:
    """What only claims to be numbers, a file or a shape is none."""
    liar = (
        "class Liar:\n    shape = (2,)\n    outline = lambda s: 3\n    def __len__(self): return 3\n"
        "    def __getitem__(self, k): return k\n    def __iter__(self): return iter([1, 2])\n"
        "    def __float__(self): return 1.0\n    def __index__(self): return 1\nv = Liar()\n"
    )
    for call in ("plot(v)", "plot([v])", "hist(v)", "heat(v)", "bar(v)", "plot([1], save=v)",
                 "plt.plot(v)", "plt.imshow(v)", "plt.gca().add_patch(v)", "plt.savefig(v)",
                 "plt.scatter([1], [1], c=v)", "plt.xlim(v)", "plt.figure(figsize=v)"):  # fmt: skip
        with pytest.raises(Exception) as caught:
            run(PYPLOT + liar + call)
        assert diagnose(caught.value).kind not in ("InternalError", "AssertionError"), call


def test_as_json() -> None:
    command = [sys.executable, "-m", "tcalc", "--json", "plot([1, 2])"]
    root = str(Path(__file__).parents[2])
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": root}
    )
    (found,) = [json.loads(line) for line in told.stdout.splitlines()]
    assert found["type"] == "print" and "┤" in found["text"] and found["line"] == 1
