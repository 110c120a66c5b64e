"""The line as people see and use it: every feature on a real screen, at two widths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .screens import Screen, needs_tmux

pytestmark = needs_tmux
SETUP = "x = ones(3, 4); config = {'rate': 0.1, 'layers': [1, 2]}; 7 * 100"


@pytest.fixture(scope="module", params=[80, 120])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    home = tmp_path_factory.mktemp("home")
    for name in ("notes.txt", "numbers.npy"):
        (home / name).touch()
    script = home / "editor"
    script.write_text("#!/bin/sh\nprintf '+ 5000' >> \"$1\"\n")
    script.chmod(0o700)
    made = Screen(request.param, home, VISUAL=str(script))
    try:
        made.enter(SETUP, "700")
        yield made
    finally:
        made.close()


@pytest.fixture
def screen(shared: Screen) -> Screen:
    shared.fresh()
    return shared


def test_the_call_and_the_value_stand_under_the_line(screen: Screen) -> None:
    screen.type("norm(x, ")
    *_, signature, _ = screen.shows(
        "> norm(x,",
        "  norm(input, p='fro', dim=None, keepdim=False, dtype=None)",
        "  The norm of all elements, or over dimensions.",
    )
    assert "\x1b[1;4mp='fro'" in signature
    screen.type("dim=0)")
    screen.shows("> norm(x, dim=0)", "  = [4] float32")
    screen.type(" @ x")
    screen.wait(lambda lines: lines[-1].startswith("  ShapeError: "))
    screen.press("C-c")
    screen.shows("> norm(x, dim=0) @ x", ">")


def test_a_long_signature_shows_the_argument_at_the_cursor(screen: Screen) -> None:
    screen.type("nn.functional.scaled_dot_product_attention(x, x, x, is_causal=")
    *_, signature, meaning = screen.wait(lambda lines: len(lines) == 3)
    assert "is_causal=False" in signature
    assert max(len(signature), len(meaning)) <= screen.columns
    assert ("…" in signature.split(",")[0]) == (screen.columns == 80)


def test_nothing_of_it_stays_when_the_line_runs(screen: Screen) -> None:
    screen.type("norm(x) > 1")
    screen.wait(lambda lines: lines[-1] == "  = [] bool")
    screen.press("Enter")
    lines = screen.wait(lambda lines: lines[-1] == ">" and len(lines) > 2)
    assert lines[0] == "> norm(x) > 1"
    assert not any("= []" in line for line in lines)


def test_keywords_come_first_and_each_is_described(screen: Screen) -> None:
    screen.type("norm(x, ")
    screen.press("Tab")
    lines = screen.wait(lambda lines: len(lines) > 4 and "keepdim=" in lines[3])
    names = [line.split()[0] for line in lines[1:5]]
    assert names == ["p=", "dim=", "keepdim=", "dtype="]
    assert "bool, by default False" in lines[3]
    screen.press("Tab", "Tab")
    screen.wait(lambda lines: lines[0] == "> norm(x, dim=")
    screen.press("Enter")
    screen.type("1)")
    screen.shows("> norm(x, dim=1)", "  = [3] float32")


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        ("nn.functional.bcelogi", "nn.functional.binary_cross_entropy_with_logits"),
        ("load('num", "load('numbers.npy"),
        (":load num", ":load numbers.npy"),
        ("config['ra", "config['rate']"),
        ("x.resha", "x.reshape"),
        ("x.zer", "x.zero_"),
        ("2 * \\alpha", "2 * α"),
    ],
)
def test_tab_completes(typed: str, whole: str, screen: Screen) -> None:
    screen.type(typed)
    screen.press("Tab")
    screen.wait(lambda lines: lines[0].startswith(f"> {whole}"))


def test_history_by_prefix_and_by_search(screen: Screen) -> None:
    screen.enter("first = 11; first + 100", "111")
    screen.enter("second = 22; second + 200", "222")
    screen.fresh()
    screen.type("fir")
    screen.press("Up")
    screen.wait(lambda lines: lines[0] == "> first = 11; first + 100")
    screen.press("C-c")
    screen.shows("> first = 11; first + 100", ">")
    screen.press("C-r")
    screen.type("200")
    screen.wait(lambda lines: "> second = 22; second + 200" in lines)
    screen.press("Enter", "Enter")
    screen.wait(lambda lines: sum("222" in line for line in lines) == 1 and lines[-1] == ">")


def test_a_line_of_several_is_indented_and_edited(screen: Screen) -> None:
    screen.type("def f(v):")
    screen.press("Enter")
    screen.shows("> def f(v):", ".")
    screen.type("w = v * 2")
    screen.press("Enter")
    screen.type("return w")
    screen.shows("> def f(v):", ".     w = v * 2", ".     return w")
    screen.press("Up", "End", "BSpace")
    screen.type("3")
    screen.shows("> def f(v):", ".     w = v * 3", ".     return w")
    screen.press("Down", "End", "Enter", "Enter")
    screen.wait(lambda lines: lines[-1] == ">")
    screen.enter("f(1000)", "3000")


def test_brackets_are_marked(screen: Screen) -> None:
    screen.type("(x + '(')")
    screen.wait(lambda lines: lines[0] == "> (x + '(')")
    line = screen.lines(styled=True)[0]
    marked = re.findall(r"\x1b\[(?:1;)?4m(?:\x1b\[39m)?(.)", line)
    assert marked == ["(", ")"]
    screen.press("Left", "Left", "Left")
    screen.wait(lambda _: "4m" not in screen.lines(styled=True)[0])


@pytest.mark.parametrize("brackets", [True, False])
def test_pastes_keep_their_meaning(brackets: bool, screen: Screen) -> None:
    screen.paste("def g(v):\n    w = v\n\n    return w * 3\n\n", brackets=brackets)
    screen.wait(lambda lines: ".     return w * 3" in lines)
    if brackets:
        screen.press("Enter", "Enter")
    screen.wait(lambda lines: lines[-1] == ">")
    screen.fresh()
    screen.enter("g(2001)", "6003")
    screen.fresh()
    screen.paste(">>> y = g(3)\n>>> y + 40\n49\n", brackets=brackets)
    if brackets:
        screen.shows("> y = g(3)", ". y + 40")
        screen.press("Enter")
    screen.wait(lambda lines: lines[-1] == ">" and any(line.endswith(" 49") for line in lines))


def test_an_editor_takes_the_line_over(screen: Screen) -> None:
    screen.type("70 ")
    screen.press("C-x", "C-e")
    screen.wait(lambda lines: any("5070" in line for line in lines) and lines[-1] == ">")


def test_control_c_clears_and_control_d_asks(screen: Screen) -> None:
    screen.type("half a line")
    screen.press("C-c")
    screen.shows("> half a line", ">")
    screen.press("C-d")
    screen.wait(lambda lines: "Ctrl-D again leaves" in lines[-1])
    screen.type("8")
    screen.wait(lambda lines: lines[-1] == "> 8")
    screen.press("C-c")


def test_control_d_twice_leaves(tmp_path: Path) -> None:
    screen = Screen(80, tmp_path)
    try:
        screen.enter("x = 1; x + 500", "501")
        screen.press("C-d")
        screen.wait(lambda lines: lines[-1] == "  Ctrl-D again leaves, and with it go 1 variable")
        screen.press("C-d")
        assert screen.ended()
    finally:
        screen.close()


def test_the_keys_of_vi(tmp_path: Path) -> None:
    (tmp_path / "config" / "tcalc").mkdir(parents=True)
    (tmp_path / "config" / "tcalc" / "config.toml").write_text('keys = "vi"\n')
    screen = Screen(80, tmp_path)
    try:
        screen.type("1 + 3000")
        screen.press("Escape", "0", "x", "i")
        screen.type("4")
        screen.shows("> 4 + 3000")
        screen.press("Enter")
        screen.wait(lambda lines: any("3004" in line for line in lines))
    finally:
        screen.close()


@pytest.mark.parametrize("theme", ["auto", "dark", "light"])
def test_colours_by_theme_and_none_where_none_are_wanted(theme: str, tmp_path: Path) -> None:
    (tmp_path / "config" / "tcalc").mkdir(parents=True)
    (tmp_path / "config" / "tcalc" / "config.toml").write_text(f'theme = "{theme}"\n')
    plain = {"NO_COLOR": "1"} if theme == "auto" else {}
    screen = Screen(80, tmp_path, **plain)
    try:
        screen.type("norm(12, ")
        *_, line, signature, meaning = screen.shows(
            "> norm(12,",
            "  norm(input, p='fro', dim=None, keepdim=False, dtype=None)",
            "  The norm of all elements, or over dimensions.",
        )
        assert "\x1b[1;4mp='fro'" in signature
        coloured = re.compile(r"\x1b\[(3[0-8]|9[0-7])")
        assert bool(coloured.search(line)) == (theme != "auto")
        assert bool(coloured.search(meaning)) == (theme != "auto")
    finally:
        screen.close()
