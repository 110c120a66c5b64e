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
record['two words'] = x
record["it's"] = [x]
record[7] = {'deep': number}
items = [box, x]
network = nn.Sequential(nn.Linear(2, 3), nn.Sequential(nn.ReLU()))
by_name = nn.ModuleDict({'first': nn.Linear(1, 2)})
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
        ("x.", "x.add_"),
        ("x.add", "x.add_"),
        ("record['", "record['it's']"),
        ("zzz['", "zzz['a']"),
        ("box['", "box['size']"),
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


@pytest.mark.parametrize(
    ("text", "first"),
    [
        # Keywords come before names, and both begin as typed where anything does.
        ("norm(x, ", ["norm(x, p=", "norm(x, dim=", "norm(x, keepdim=", "norm(x, dtype="]),
        ("norm(x, d", ["norm(x, dim=", "norm(x, dtype="]),
        ("scale(x, ", ["scale(x, factor=", "scale(x, mode="]),
        # Without that letters in order will do, the parts of names first.
        ("norm(x, kpd", ["norm(x, keepdim="]),
        ("nn.functional.crent", ["nn.functional.cross_entropy"]),
        ("torch.sofmax", ["torch.softmax"]),
        ("x.ReSh", ["x.reshape"]),
        # What works in place where it was typed, or is the only form.
        ("x.add", ["x.add", "x.addbmm"]),
        ("x.add_", ["x.add_"]),
        ("x.zer", ["x.zero_"]),
        ("torch.nn.Lin", ["torch.nn.Linear"]),
        # Keys of dictionaries and of modules that have names.
        ("record['", ["record['a']", "record['two words']"]),
        ('record["', ['record["a"]', 'record["two words"]', 'record["it\'s"]']),
        ("record['tw", ["record['two words']"]),
        ("record[", ["record['a']", "record['two words']", 'record["it\'s"]', "record[7]"]),
        ("y = 2 * record[7]['", ["y = 2 * record[7]['deep']"]),
        ("by_name['", ["by_name['first']"]),
        # Subscripts lead on.
        ("record['two words'].sha", ["record['two words'].shape"]),
        ("items[0].nested.in", ["items[0].nested.inner"]),
        ("network[0].wei", ["network[0].weight"]),
        ("network[1][0].inpl", ["network[1][0].inplace"]),
        ("network[0].weight.requires_g", ["network[0].weight.requires_grad"]),
        ("by_name['first'].in_", ["by_name['first'].in_features"]),
    ],
)
def test_offers_first(text: str, first: list[str], session: Session) -> None:
    assert offered(text, session)[: len(first)] == first


@pytest.mark.parametrize(
    ("text", "name", "note"),
    [
        ("nor", "norm", "The norm of all elements, or over dimensions."),
        ("x.reshap", "reshape", "The elements in another shape; one"),
        ("norm(x, ", "keepdim=", "bool, by default False"),
        ("scale(x, ", "mode=", "by default 'a'"),
        ("x", "x", "[2, 3] float32"),
        ("numb", "number", "int 3"),
        ("box.", "inner", "[2, 3] float32"),
        ("record['", "two words']", "[2, 3] float32"),
        ("torch.lina", "linalg", "module"),
        ("math.sq", "sqrt", "Return the square root of x."),
        ("nn.Lin", "Linear", "input @ weight.T + bias."),
        (":ti", "time", "How long an expression takes"),
        (":help synt", "syntax", ""),
    ],
)
def test_says_what_each_is(text: str, name: str, note: str, session: Session) -> None:
    (found,) = [each for each in complete(text, len(text), session) if each.text == name]
    assert found.note.startswith(note[:34])


def test_a_name_that_nobody_typed_is_not_loaded() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from tcalc.session import Session; from tcalc.prompt.completion import complete;"
        "found = complete('torch.', 6, Session());"
        "assert len([each for each in found if each.note]) > 400;"
        "assert 'numpy' not in sys.modules and 'scipy' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_only_what_stands_before_the_cursor_counts(session: Session) -> None:
    found = complete("nor + 1", 3, session)
    assert any(each.text == "norm" and each.start == 0 for each in found)


def test_files_inside_the_strings_of_what_takes_a_path(
    tmp_path: Path, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data.npy").touch()
    (tmp_path / "data.log").touch()
    (tmp_path / "dark").mkdir()
    (tmp_path / "dark" / "α.csv").touch()
    (tmp_path / ".hidden").touch()
    (tmp_path / "bad\x1b[31m").touch()
    monkeypatch.chdir(tmp_path)
    assert offered("read('da", session) == ["read('dark/", "read('data.npy", "read('data.log"]
    assert offered("read(count=2, path='data.n", session) == ["read(count=2, path='data.npy"]
    assert offered('y = read("dark/', session) == ['y = read("dark/α.csv']
    assert offered("read('b", session) == []
    assert offered("read('", session) == ["read('dark/", "read('data.npy", "read('data.log"]
    assert offered('load("data.n', session) == ['load("data.npy']
    assert offered("read('.", session) == ["read('.hidden"]
    assert offered("print('da", session) == []
    assert offered("read('x'), 'da", session) == []
    assert offered(":load dat", session) == [":load data.npy", ":load data.log"]
    assert offered(":load y=data.n", session) == [":load y=data.npy"]
    assert offered(":save dark/", session) == [":save dark/α.csv"]
