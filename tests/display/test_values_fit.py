"""Values of many kinds in windows of several sizes: what is shown, what is said to be left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tcalc import config
from tcalc.display import terminal
from tcalc.display.cells import cells
from tcalc.display.ink import ABOUT, ALARM, Line
from tcalc.display.window import Window
from tcalc.session import Session

WINDOWS = ((40, 12), (80, 20), (120, 36))
SETUP = """
def numbers(*shape, most=1999):
    n = 1
    for size in shape: n = n * size
    return (arange(n) * 7919 % most / 250. + 1).reshape(shape)
"""
# Each a program whose last value is drawn.
KINDS = {
    "number": "tensor(1 / 3)",
    "vector": "arange(12)",
    "long_vector": "numbers(5000)",
    "matrix": "numbers(3, 4)",
    "wide_matrix": "numbers(4, 60)",
    "tall_matrix": "arange(300).reshape(100, 3)",
    "large_matrix": "numbers(1000, 1000)",
    "powers": "tensor([[1e-9, 2.5], [3e12, 0.]])",
    "odd": "x = numbers(4, 5); x[0, 1] = nan; x[2, 0] = inf; x[3, 4] = -inf; x[1] = 0; x",
    "folded_odd": "x = numbers(200, 200); x[0, 1] = nan; x[100] = -inf; x",
    "zeros": "eye(4)",
    "bools": "arange(40).reshape(2, 20) % 3 == 0",
    "complex": "numbers(2, 3) - 1.5j",
    "half": "numbers(2, 3).bfloat16()",
    "empty": "ones(3, 0)",
    "meta": "ones(3, 4, device='meta')",
    "sparse": "eye(3).to_sparse()",
    "gradient": "x = ones(2, 3, requires_grad=True); x * 2",
    "parameter": "nn.Parameter(ones(2))",
    "array": "numbers(2, 3).numpy()",
    "blocks": "arange(24).reshape(4, 3, 2)",
    "many_blocks": "numbers(50, 2, 2, 2)",
    "large_blocks": "numbers(64, 3, 70, 70)",
    "result": "max(numbers(3, 4), 1)",
    "folded_result": "max(numbers(400, 4), 1)",
    "tensors": "[ones(2), zeros(2, 2)]",
    "state": "m = nn.Linear(2, 2)\nfor p in m.parameters(): p.data.fill_(2)\nm.state_dict()",
    "large_state": (
        "{f'layers.{i}.attention.{k}': numbers(*s) for i in range(12)"
        " for k, s in (('weight', (64, 64)), ('bias', (64,)), ('steps', ()))}"
    ),
    "odd_state": "x = numbers(9, 9); x[0, 0] = nan; {'good': numbers(9, 9), 'bad': x, 'n': tensor(nan)}",
    "nested": (
        "{'model': {'w': numbers(30, 30), 'b': zeros(3)}, 'lr': 0.1, 'betas': (0.9, 0.999),"
        " 'history': list(range(100)), 'note': 'text ' * 40, 3: [ones(2), None]}"
    ),
    "settings": "{f'option {i}': i * 1.5 for i in range(9)}",
    "cycle": "d = {'a': ones(20, 20), 'n': 1}; d['self'] = d; d",
    "short_list": "[1, 2.5, 'three']",
    "long_list": "list(range(10**5))",
    "long_set": "set(range(500))",
    "lists": "[[i * j for i in range(30)] for j in range(40)]",
    "records": "[{'name': f'n{i}', 'size': i} for i in range(40)]",
    "fields": (
        "from dataclasses import dataclass\n@dataclass\nclass Run:\n    name: str\n    loss: object\n"
        "    lr: float = 0.1\nRun('first', numbers(20, 20))"
    ),
    "named": (
        "from collections import namedtuple\nPoint = namedtuple('Point', 'x y')\n"
        "Point(numbers(30, 30), 'text')"
    ),
    "wide_characters": "{'損失': numbers(30, 30), 'точность': 0.5, 'e\u0301tat': '値' * 60}",
    "long_text": "'0123456789' * 1000",
    "long_lines": "nn.Sequential(*[nn.Linear(4, 4) for _ in range(50)])",
    "own_text": (
        "class Own(dict):\n    def __repr__(self):\n        return 'my own text'\nOwn(a=ones(30, 30))"
    ),
}  # fmt: skip


def value_of(kind: str) -> Any:
    return Session().evaluate(SETUP + KINDS[kind])


def drawn(value: object, width: int, height: int, rest: str = ":more shows the rest") -> list[Line]:
    return list(terminal.show(value, "_1", Window(width, height, rest=rest)))


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_shown(kind: str, golden: Callable[[str, str], None]) -> None:
    value = value_of(kind)
    parts = []
    for width, height in WINDOWS:
        text = "".join(line.painted(False) + "\n" for line in drawn(value, width, height))
        parts.append(f"-- {width} x {height}\n{text}")
    golden(f"fit_{kind}.txt", "".join(parts))


@pytest.mark.parametrize("kind", KINDS)
def test_it_fits(kind: str) -> None:
    value = value_of(kind)
    for width, height in (*WINDOWS, (60, 16), (200, 60)):
        rows = 0
        for line in drawn(value, width, height):
            # Only text is left to the terminal to break: all else ends in time.
            rows += -(-max(line.cells, 1) // width)
            assert line.cells <= width or kind in ("long_text", "long_lines"), line.text
        assert rows <= height


@pytest.mark.parametrize("theme", ["auto", "16", "dark", "light", "none"])
def test_colours_change_nothing_else(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config.settings, "theme", theme)
    for kind in KINDS:
        for line in drawn(value_of(kind), 80, 20):
            painted = re.sub(r"\x1b\[[\d;]+m", "", line.painted(True))
            assert painted.rstrip() == line.painted(False)


def test_zeros_are_faint_and_what_is_not_finite_alarms() -> None:
    inks = {
        text.strip(): ink for line in drawn(value_of("odd"), 80, 20) for text, ink in line.pieces
    }
    assert inks["0.0000"] == ABOUT
    assert inks["!nan"] == inks["!inf"] == inks["!-inf"] == inks["nan 1"] == ALARM


def test_only_ascii_where_there_is_nothing_else() -> None:
    for kind in KINDS:
        if kind != "wide_characters":
            window = Window(60, 16, rest="--terse shows all", ascii=True)
            for line in terminal.show(value_of(kind), "_1", window):
                assert line.text.isascii(), line.text


# -- all of a value ---------------------------------------------------------------------------


def every(value: object, width: int = 80) -> list[str]:
    return [line.painted(False) for line in terminal.every(value, "_1", Window(width, 20))]


def test_all_rows_come_in_bands_of_columns() -> None:
    session = Session()
    lines = every(session.evaluate("arange(3000).reshape(100, 30)"), 40)
    bands = [line.strip() for line in lines if line.startswith("  [")]
    assert bands == ["[:, 0:6]", "[:, 6:12]", "[:, 12:18]", "[:, 18:24]", "[:, 24:30]"]
    numbers = sorted(int(word) for line in lines[1:] if "[" not in line for word in line.split())
    assert numbers == list(range(3000))
    assert all(len(line) <= 40 for line in lines)


def test_all_blocks_are_there() -> None:
    session = Session()
    lines = every(session.evaluate("arange(2 * 3 * 4 * 5).reshape(2, 3, 4, 5)"))
    labels = re.findall(r"\[(\d), (\d), :, :\]", "\n".join(lines))
    assert labels == [(str(i), str(j)) for i in range(2) for j in range(3)]
    lines = every(session.evaluate("arange(2 * 3 * 50).reshape(2, 3, 50)"))
    assert [line.strip() for line in lines if "[1, :, " in line] == [
        "[1, :, 0:16]", "[1, :, 16:32]", "[1, :, 32:48]", "[1, :, 48:50]",
    ]  # fmt: skip


def test_a_vector_counts_its_elements() -> None:
    lines = every(Session().evaluate("arange(10000)"))
    assert lines[1].split()[:3] == ["[", "0]", "0"]
    assert lines[-1].split()[-1] == "9999"
    assert sum(len(line.partition("]")[2].split()) for line in lines[1:]) == 10000


def test_one_notation_serves_all_parts() -> None:
    lines = every(Session().evaluate("x = ones(40, 40); x[39, 39] = 1e-9; x[0, 0] = nan; x"))
    words = {word for line in lines[1:] if "[" not in line for word in line.split()}
    assert words == {"1.0000e+00", "1.0000e-09", "!nan"}


def test_all_of_containers_and_text() -> None:
    session = Session()
    assert every(session.evaluate("list(range(2000))"))[-1].endswith("1999]")
    lines = every(session.evaluate("{f'k{i}': 'v' * 200 for i in range(600)}"))
    assert len([line for line in lines if line.endswith("v" * 200 + "'")]) == 600
    lines = every(session.evaluate("[zeros(30, 2), ones(40)]"))
    assert sum(line == "  0.  0." for line in lines) == 30
    assert every("x" * 5000) == [f"_1  '{'x' * 5000}'"]


def test_what_is_made_is_made_as_it_is_read() -> None:
    # All of it would take 16 GB of words.
    session = Session()
    lines = iter(terminal.every(session.evaluate("zeros(1).expand(10**5, 10**3)"), None, Window()))
    assert "[100000, 1000]" in next(lines).text
    assert next(lines).text.strip() == "[:, 0:20]"
    assert next(lines).text.split() == ["0."] * 20


# -- print options ----------------------------------------------------------------------------


def shown(program: str, width: int = 80, height: int = 20) -> list[str]:
    session = Session()
    value = session.evaluate(SETUP + program)
    try:
        return [line.painted(False) for line in drawn(value, width, height)]
    finally:
        session.evaluate("torch.set_printoptions(profile='default')")


def test_print_options_are_kept_to() -> None:
    lines = shown("torch.set_printoptions(edgeitems=2); numbers(100, 100)")
    assert len(lines) == 8 and lines[-1].startswith("  … 96 more rows, 96 more columns")
    lines = shown("torch.set_printoptions(threshold=5); arange(10)")
    assert lines[2] == "  0  1  2  …  7  8  9"
    lines = shown("torch.set_printoptions(precision=1); numbers(2, 2)")
    assert lines[1] == "  1.0  8.7"
    assert max(map(len, shown("torch.set_printoptions(linewidth=40); numbers(9, 99)"))) <= 40
    lines = shown("torch.set_printoptions(profile='full'); numbers(100, 100)")
    assert len(lines) > 100 and not any("more" in line for line in lines)
    assert shown("torch.set_printoptions(sci_mode=True); ones(2)")[1] == "  1.0000e+00  1.0000e+00"


def test_the_width_counts_cells() -> None:
    for line in drawn(value_of("wide_characters"), 40, 20):
        assert cells(line.text) == line.cells <= 40


@pytest.mark.parametrize(
    "program",
    [
        "{'\\x1b[31mred': ones(30, 30), 'a\\nb': 3, 'c\\td': 4}",
        "class K:\n    def __repr__(self):\n        d.clear(); return 'k'\nd = {K(): 1, 'b': ones(99), 'c': 2}\nd",
        "d = {'x': ones(30, 30)}; d['d'] = [d, {'e': d}]; d",
        "x = [ones(30, 30)]\nfor i in range(99): x = [x, {'a': x}, zeros(2)]\nx",
        "[{'a': '\\x1b[2J\\n'}, {'a': 10**200}, {'b': None}, 5]",
        "x = zeros(2, 3, 2, 3, 2, 3, 2, 3, 2) / 0\n{'a long key' * 3: x, 'b': x.to(complex128), 'c': 2}",
        "class " + "Long" * 30 + ": pass\n{'a' * 50: " + "Long" * 30 + "(), 'b': ones(30, 30)}",
    ],
)
def test_nothing_breaks_out_of_a_table(program: str) -> None:
    value = Session().evaluate(program)
    for width in (40, 60):
        for line in drawn(value, width, 20):
            assert line.text.isprintable() and line.cells <= width
