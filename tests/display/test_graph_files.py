"""Graphs of tensors as SVG and DOT: every op and leaf, joined, and none over another."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tcalc.display.graphfiles import boxes, dot, svg
from tcalc.errors import ArgumentError, TcalcError
from tcalc.session import Session

PROGRAM = """
x = ones(2, 2, requires_grad=True)
w = randn(2, 3, requires_grad=True)
b = zeros(3, requires_grad=True)
h = relu(x @ w + b)
y = (h * h).mean() + (x * 2 < 3).sum() + (x * 2).sum()
"""
SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.chdir(tmp_path)
    made = Session()
    made.evaluate(PROGRAM)
    return made


def test_boxes_know_names_shapes_and_lines(session: Session) -> None:
    def name(value: object) -> str | None:
        return next((n for n, v in session.variables.items() if v is value), None)

    graph = boxes(session.variables["y"], name)
    assert [box.kind for box in graph].count("leaf") == 3
    assert ("MmBackward0", "float32 [2, 3]", "line 5: x @ w") in [box.lines for box in graph]
    assert graph[-1].kind == "root"
    assert graph[-1].lines[0] == "y = AddBackward0"
    assert all(source < at for at, box in enumerate(graph) for source in box.inputs)
    text = dot(graph)
    assert text.count("->") == sum(len(box.inputs) for box in graph)
    assert 'label="x\\nfloat32 [2, 2]"' in text
    drawn = ElementTree.fromstring(svg(graph))
    assert len(drawn.findall(f"{SPACE}g")) == len(graph)
    assert len(drawn.findall(f"{SPACE}path")) == text.count("->")


def test_no_box_lies_over_another(session: Session) -> None:
    session.evaluate("for i in range(12):\n    y = y * y.detach() + (x @ w).sum() * i")
    drawn = ElementTree.fromstring(svg(boxes(session.variables["y"], lambda _: None)))
    whole = [float(drawn.attrib[key]) for key in ("width", "height")]
    rects = [r.attrib for r in drawn.iter(f"{SPACE}rect")]
    places = [tuple(float(r[key]) for key in ("x", "y", "width", "height")) for r in rects]
    for at, (x, y, wide, high) in enumerate(places):
        assert x >= 0 and y >= 0 and x + wide <= whole[0] + 1 and y + high <= whole[1]
        for left, top, across, down in places[:at]:
            assert x >= left + across or left >= x + wide or y >= top + down or top >= y + high


def test_text_of_programs_is_no_markup(session: Session) -> None:
    session.evaluate('z = x * float(len("<script>&\\""))\ngraph(z, "z.svg")\ngraph(z, "z.dot")')
    text = Path("z.svg").read_text(encoding="utf-8")
    ElementTree.fromstring(text)
    assert "<script" not in text
    assert re.search(r'label="[^"]*\\"', Path("z.dot").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "call", ["graph(x, 'x.png')", "graph(3, 'x.svg')", "graph(x, 3)", "graph(3)"]
)
def test_what_is_refused(session: Session, call: str) -> None:
    with pytest.raises(ArgumentError):
        session.evaluate(call)


def test_files_are_written_where_programs_may(session: Session) -> None:
    with pytest.raises(TcalcError):
        session.evaluate("graph(x, '/etc/graph.svg')")
