"""What Tab offers, and that nothing runs for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcalc.prompt.completion import complete
from tcalc.session import Session


@pytest.fixture(scope="module")
def session() -> Session:
    made = Session()
    made.run(
        _source("""
x = ones(2, 3)
number = 3
text = 'abc'
record = {'a': 1}
def read(path, count=1):
    return path
def scale(tensor, factor=2, *rest, mode='a', **more):
    return tensor
class Box:
    shade = 1
    def __init__(self, size, colour=None):
        self.inner = x
        self._hidden = 2
    def open(self, key=None):
        return self
    @property
    def costly(self):
        raise RuntimeError('a property ran')
    def __getattr__(self, name):
        raise RuntimeError('__getattr__ ran')
box = Box(1)
box.nested = Box(2)
""")
    )
    return made


def _source(text: str):
    from tcalc.source import Source

    return Source(text)


def offered(text: str, session: Session) -> list[str]:
    """What would stand in the place of what was typed, each with what comes before it."""
    return [
        text[: found.start].rpartition("\n")[2] + found.text
        for found in complete(text, len(text), session)
    ]


@pytest.mark.parametrize(
    ("text", "among"),
    [
        # Bare names: variables, ops, modules, Python's own, keywords.
        ("num", ["number", "numel"]),
        ("y = nor", ["y = norm"]),
        ("le", ["le", "len", "lerp"]),
        ("wh", ["where", "while"]),
        ("math.sq", ["math.sqrt"]),
        ("a\nnor", ["norm"]),
        # Modules, also inside others.
        ("torch.nn.functional.so", ["torch.nn.functional.softmax"]),
        ("linalg.de", ["linalg.det"]),
        ("torch.lin", ["torch.linspace", "torch.linalg"]),
        # Attributes by the type of the value.
        ("x.resh", ["x.reshape"]),
        ("x.sha", ["x.shape"]),
        ("text.upp", ["text.upper"]),
        ("record.k", ["record.keys"]),
        ("box.", ["box.inner", "box.open", "box.costly", "box.shade", "box.nested"]),
        ("box.nested.in", ["box.nested.inner"]),
        ("box.inner.requires_g", ["box.inner.requires_grad"]),
        ("x + box . ne", ["x + box . nested"]),
        # Of what only evaluating could tell, a tensor's.
        ("f(x).me", ["f(x).mean"]),
        ("x[0].T.me", ["x[0].T.mean"]),
        ("'a'.up", ["'a'.upper"]),
        ("f'{x}'.up", ["f'{x}'.upper"]),
        # Keywords where an argument begins.
        ("norm(x, ke", ["norm(x, keepdim="]),
        ("x.sum(di", ["x.sum(dim="]),
        ("f(x).sum(ke", ["f(x).sum(keepdim="]),
        ("scale(x, mo", ["scale(x, mode="]),
        ("scale(fa", ["scale(factor="]),
        ("Box(co", ["Box(colour="]),
        ("box.open(ke", ["box.open(key="]),
        ("torch.sum(x.T, (0, 1), ke", ["torch.sum(x.T, (0, 1), keepdim="]),
        # Greek.
        ("2*\\al", ["2*α"]),
        ("\\Del", ["Δ"]),
        # Commands.
        (":ti", [":time"]),
        (":", [":help", ":vars", ":quit"]),
        (":help no", [":help norm"]),
        (":help linalg.de", [":help linalg.det"]),
        (":help syn", [":help syntax"]),
        (":time nor", [":time norm"]),
    ],
)
def test_offers(text: str, among: list[str], session: Session) -> None:
    found = offered(text, session)
    assert [name for name in among if name not in found] == []


@pytest.mark.parametrize(
    ("text", "absent"),
    [
        ("scale(x, fa", "scale(x, fa="),
        ("scale(x, 2, fac", "scale(x, 2, factor="),
        ("scale(factor=1, fac", "scale(factor=1, factor="),
        ("scale(x, re", "scale(x, rest="),
        ("scale(x + mo", "scale(x + mode="),
        ("scale([mo", "scale([mode="),
        ("box.", "box._hidden"),
        ("box.__cl", "box.__class__"),
        ("(lambda: 0).__glob", "(lambda: 0).__globals__"),
    ],
)
def test_does_not_offer(text: str, absent: str, session: Session) -> None:
    assert absent not in offered(text, session)


@pytest.mark.parametrize(
    "text",
    [
        "# nor",
        "'nor",
        "f('nor",
        "3.",
        "1.5",
        "zzz.",
        "zzz.a",
        "3no",
        "x = '''\nnor",
        "nothing.at.al",
    ],
)
def test_offers_nothing(text: str, session: Session) -> None:
    assert offered(text, session) == []


def test_looking_runs_no_code_and_keeps_the_variables(session: Session) -> None:
    before = dict(session.variables)
    for text in (
        "box.costly.",
        "box.missing.",
        "box.open().",
        "box.open(",
        "box['a'].",
        "box.nested.",
    ):
        complete(text, len(text), session)
    assert session.variables == before


def test_only_what_stands_before_the_cursor_counts(session: Session) -> None:
    found = complete("nor + 1", 3, session)
    assert any(each.text == "norm" and each.start == 0 for each in found)


def test_files_inside_the_strings_of_what_takes_a_path(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data.npy").touch()
    (tmp_path / "dark").mkdir()
    (tmp_path / "dark" / "α.csv").touch()
    (tmp_path / ".hidden").touch()
    (tmp_path / "bad\x1b[31m").touch()
    monkeypatch.chdir(tmp_path)
    assert offered("read('da", session) == ["read('dark/", "read('data.npy"]
    assert offered("read(count=2, path='dat", session) == ["read(count=2, path='data.npy"]
    assert offered('y = read("dark/', session) == ['y = read("dark/α.csv']
    assert offered("read('b", session) == []
    assert offered("read('", session) == ["read('dark/", "read('data.npy"]
    assert offered("read('.", session) == ["read('.hidden"]
    assert offered("print('da", session) == []
    assert offered("read('x'), 'da", session) == []
    assert offered(":load dat", session) == [":load data.npy"]
    assert offered(":load y=dat", session) == [":load y=data.npy"]
    assert offered(":save dark/", session) == [":save dark/α.csv"]
