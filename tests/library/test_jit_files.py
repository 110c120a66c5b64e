"""`torch.jit.save` and `torch.jit.load`: modules in files that run again, and files that mislead."""

from __future__ import annotations

import json
import random
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from test_nn import MODULES, made

from tcalc.errors import AccessError, FileProblem, ModuleError, ParseError, TcalcError
from tcalc.library.jit.modules import RecursiveScriptModule
from tcalc.library.nn.parameter import is_lazy
from tcalc.session import Session
from tcalc.source import Source

NET = """
import math
from dataclasses import dataclass
from torch.nn import Linear as L
@dataclass
class Config:
    hidden: int = 4
SCALE, TABLE = 2.5, tensor([1., 2., 3.])
def scaled(x):
    return x * SCALE + TABLE * math.pi
halved = lambda x: x / 2
class Base(nn.Module):
    __constants__ = ['config']
class Net(Base):
    size = SCALE
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.fc = L(2, config.hidden)
        self.out = nn.Sequential(nn.Linear(config.hidden, 3), nn.BatchNorm1d(3))
        self.register_buffer('b', ones(3), persistent=False)
        self.act = F.relu
        self.tied = nn.Linear(2, config.hidden)
        self.tied.weight = self.fc.weight
        self.shapes = {'a': (1, float('inf')), 'b': [torch.float32, torch.Size([2]), None, 1j]}
    @torch.no_grad()
    def helper(self, x):
        return halved(x)
    def forward(self, x: "whatever"):
        if x.sum() > 1e9:
            return x
        x = self.act(self.fc(x) + self.tied(x))
        return scaled(self.out(self.helper(x))) + self.b
m = Net(Config()).eval()
"""


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.chdir(tmp_path)
    return Session()


def header(path: str) -> dict[str, Any]:
    data = Path(path).read_bytes()
    found: dict[str, Any] = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return found


def test_a_module_runs_again_in_another_session(session: Session) -> None:
    before = session.evaluate(
        NET + "x = randn(5, 2); torch.jit.script(m).save('m.pt'); save(x, 'x.npy'); m(x)"
    )
    other = Session()
    assert other.evaluate("l = torch.jit.load('m.pt'); l(load('x.npy'))").equal(before)
    assert other.evaluate("l.tied.weight is l.fc.weight and not l.training and not l.fc.training")
    assert other.evaluate("l.config") == other.evaluate("l.config")
    assert repr(other.evaluate("l.config")) == "Config(hidden=4)"
    shapes = other.evaluate("l.shapes")
    assert shapes["a"] == (1, float("inf"))
    assert repr(shapes["b"]) == "[torch.float32, torch.Size([2]), None, 1j]"
    assert next(other.evaluate("l.named_buffers()"))[0] == "b"
    # What is loaded can be trained, saved and loaded anew.
    other.evaluate(
        dedent("""
    opt = optim.SGD(l.train().parameters(), lr=0.1)
    l(load('x.npy')).sum().backward(); opt.step(); l.eval(); torch.jit.save(l, 'again.pt')""")
    )
    assert other.evaluate("torch.jit.load('again.pt')(load('x.npy')).equal(l(load('x.npy')))")


@pytest.mark.parametrize(
    "call",
    ["resnet18()", "vgg11()", "squeezenet1_1()", "mobilenet_v2()", "densenet121()",
     "googlenet(init_weights=False)"],
)  # fmt: skip
def test_networks_of_torchvision_can_be_kept(call: str, session: Session) -> None:
    found = session.evaluate(
        f"m = torchvision.models.{call}.eval()\ntorch.jit.save(torch.jit.script(m), 'm.pt')\n"
        "n = torch.jit.load('m.pt')\nx = torch.rand(1, 3, 64, 64)\n"
        "(m(x).equal(n(x)), list(m.state_dict()) == list(n.state_dict()))"
    )
    assert found == (True, True)


def test_any_reader_of_safetensors_gets_the_weights(session: Session) -> None:
    session.evaluate(NET + "torch.jit.save(torch.jit.trace(m, ones(1, 2)), 'm.safetensors')")
    said = header("m.safetensors")
    names = {n for n in said if n != "__metadata__"}
    assert names - {"b", "TABLE"} == set(session.evaluate("list(m.state_dict())")) - {"tied.weight"}
    assert said["__metadata__"]["format"] == "tcalc.jit" and said["__metadata__"]["version"] == "1"
    assert "class Net(Base):" in said["__metadata__"]["program"]
    assert session.evaluate("load('m.safetensors')['fc.weight'].equal(m.fc.weight)")
    assert repr(session.evaluate("torch.jit.load('m.safetensors')")).startswith("Net(\n  original")


@pytest.mark.parametrize("kind", MODULES)
def test_every_layer_can_be_kept(kind: Any, session: Session) -> None:
    module = made(kind)
    if any(is_lazy(t) for t in (*module.parameters(), *module.buffers())):
        pytest.skip("it has no values yet")
    session.variables["s"] = RecursiveScriptModule(module)
    if any(n.endswith("hooks") and v for m in module.modules() for n, v in m.__dict__.items()):
        with pytest.raises(FileProblem, match="has hooks"):
            session.evaluate("torch.jit.save(s, 'm.pt')")
        return
    session.evaluate("torch.jit.save(s, 'm.pt'); l = torch.jit.load('m.pt')")
    loaded = session.variables["l"].__dict__["_original"]
    assert type(loaded) is kind and repr(loaded) == repr(module)
    assert list(loaded.state_dict()) == list(module.state_dict())
    for name, tensor in module.state_dict().items():
        assert loaded.state_dict()[name].equal(tensor), name
    own, other = module.__dict__, loaded.__dict__
    assert {n for n in own if n not in other} <= {"_hooked"}


def test_functions_and_script_modules_of_the_program(session: Session) -> None:
    session.evaluate(NET)
    session.evaluate(
        dedent("""
    torch.jit.script(scaled).save('f.pt'); torch.jit.trace(lambda x: halved(x) + 1, ones(1)).save('g.pt')
    def maker(n):
        def inner(x):
            return x * n
        return inner
    torch.jit.script(maker(7)).save('h.pt')
    class M(torch.jit.ScriptModule):
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(ones(2))
        @torch.jit.script_method
        def forward(self, x):
            return x * self.w
    M().save('s.pt')
    torch.jit.freeze(torch.jit.script(m)).save('z.pt')
    """)
    )
    other = Session()
    assert other.evaluate("torch.jit.load('f.pt')(zeros(3))").equal(
        session.evaluate("scaled(zeros(3))")
    )
    assert other.evaluate("torch.jit.load('g.pt')(ones(1)).item()") == 1.5
    assert other.evaluate("torch.jit.load('h.pt')(ones(1)).item()") == 7
    assert other.evaluate("s = torch.jit.load('s.pt'); s(ones(2)).tolist()") == [1, 1]
    assert other.evaluate("isinstance(s, torch.jit.ScriptModule) and [*s.state_dict()] == ['w']")
    frozen = other.evaluate("z = torch.jit.load('z.pt'); z(ones(1, 2))")
    assert frozen.equal(session.evaluate("m(ones(1, 2))"))
    assert not other.evaluate("list(z.state_dict())")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("torch.jit.save(nn.Linear(1, 1), 'm.pt')", "has no attribute 'save'"),
        ("torch.jit.save(3, 'm.pt')", "takes a script function or module, not int"),
        ("torch.jit.script(nn.Linear(1, 1)).save('m.csv')", "not a file of models"),
        ("torch.jit.script(nn.Linear(1, 1)).save('.m.pt')", "m.pt"),
        ("m = nn.Linear(1, 1); m.h = m.register_forward_hook(print); torch.jit.script(m).save('m.pt')",
         "has hooks"),
        ("m = nn.utils.parametrizations.weight_norm(nn.Linear(1, 1)); torch.jit.script(m).save('m.pt')",
         "made as it ran"),
        ("m = nn.Linear(1, 1); m.it = iter([1]); torch.jit.script(m).save('m.pt')", "'it' cannot be"),
        ("m = nn.Linear(1, 1); m.a = [m.forward]; torch.jit.script(m).save('m.pt')", "'a.0' cannot be"),
        ("torch.jit.script(nn.LazyLinear(2)).save('m.pt')", "has no values yet"),
        ("def f(x): return x + gone\nf.__name__\ntorch.jit.script(f).save('m.pt')", "uses 'gone'"),
        ("def g(): yield 1\nG = g()\ndef f(x): return x + next(G)\ntorch.jit.script(f).save('m.pt')",
         "'G' cannot be kept"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_refused_by_name(
    text: str, message: str, session: Session
) -> None:
    with pytest.raises(TcalcError, match=message):
        session.evaluate(text)
    assert not list(Path().iterdir())


def test_a_name_that_means_two_things_is_refused(session: Session) -> None:
    Path("one.py").write_text("K = 1\ndef one(x):\n    return x + K\n")
    with pytest.raises(FileProblem, match=r"'K' cannot be kept.*different values"):
        session.evaluate(
            dedent("""
        from one import one
        K = 2
        def f(x):
            return one(x) + K
        torch.jit.script(f).save('m.pt')""")
        )
    session.evaluate("import one\ndef g(x):\n    return one.one(x)\n")
    with pytest.raises(
        FileProblem, match="'one' cannot be kept in a file: it is a module of yours"
    ):
        session.evaluate("torch.jit.script(g).save('m.pt')")


# -- files that mislead -----------------------------------------------------------------------------


def write(path: str, program: str, module: object, **metadata: str) -> None:
    said = {"format": "tcalc.jit", "version": "1", "program": program, **metadata}
    said["module"] = module if isinstance(module, str) else json.dumps(module)
    text = json.dumps({"__metadata__": said}).encode()
    Path(path).write_bytes(len(text).to_bytes(8, "little") + text)


def one(value: object, *objects: object, **variables: object) -> dict[str, object]:
    return {"value": value, "objects": list(objects), "variables": variables}


LINEAR = {
    "class": {"name": "torch.nn.Linear"}, "training": True, "parameters": [], "buffers": [],
    "modules": [], "attributes": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("program", "kind"),
    [
        ("import subprocess", ModuleError),
        ("().__class__.__bases__", AccessError),
        ("open('/etc/passwd')", FileProblem),
        ("class C:\n    def __reduce__(self): pass", ParseError),
        ("eval('1')", NameError),
        ("f = (lambda: 0).__globals__", AccessError),
        ("1 +", ParseError),
        ("def f(", ParseError),
        ("raise ValueError('mine')", ValueError),
    ],
)
def test_its_program_is_behind_the_same_walls(
    program: str, kind: type[Exception], session: Session
) -> None:
    write("m.pt", program, one(None))
    with pytest.raises(kind):
        session.evaluate("torch.jit.load('m.pt')")


def test_its_program_sees_no_variables_of_the_session_and_changes_none(session: Session) -> None:
    write("m.pt", "def f(x):\n    return secret\nsecret_too = 1", one({"script": "f"}))
    session.evaluate("secret = 3; f = torch.jit.load('m.pt')")
    with pytest.raises(NameError):
        session.evaluate("f(1)")
    assert "secret_too" not in session.variables


@pytest.mark.parametrize(
    "module",
    [
        "", "[", "[]", "3", "[" * 5000 + "]" * 5000, {}, {"value": 1}, one({}), one({"x": 1}),
        one({"tuple": 1}), one({"tuple": [], "list": []}), one({"own": "f"}), one({"own": "print "}),
        one({"script": "x"}, x=3), one({"name": "torch"}), one({"name": "os.system"}),
        one({"name": "torch.nn.__class__"}), one({"name": "tcalc.errors"}), one({"tensor": "w"}),
        one({"tensor": ["w"]}), one({"dtype": "nn"}), one({"dtype": "nn.Linear"}),
        one({"device": "nowhere"}), one({"size": ["a"]}), one({"size": [1 << 70]}),
        one({"set": [[]]}), one({"dict": [[1]]}), one({"dict": [[[], 1]]}), one({"float": "1e400"}),
        one({"complex": [1]}), one({"complex": ["a", "b"]}), one({"object": 0}), one({"object": -1}),
        one({"object": True}), one({"object": "0"}), one({"object": 0}, []), one({"object": 0}, {}),
        one({"object": 0}, {**LINEAR, "class": {"name": "torch.Tensor"}}),
        one({"object": 0}, {**LINEAR, "class": {"name": "torch.optim.SGD"}}),
        one({"object": 0}, {**LINEAR, "class": "torch.nn.Linear"}),
        one({"object": 0}, {**LINEAR, "training": 1}), one({"object": 0}, {**LINEAR, "modules": {}}),
        one({"object": 0}, {**LINEAR, "modules": [["a", 3]]}),
        one({"object": 0}, {**LINEAR, "modules": [["a.b", {"object": 0}]]}),
        one({"object": 0}, {**LINEAR, "parameters": [["w", {"list": 1}]]}),
        one({"object": 0}, {**LINEAR, "buffers": [["b", 3, True]]}),
        one({"object": 0}, {**LINEAR, "buffers": [["b", None, 1]]}),
        one({"object": 0}, {**LINEAR, "attributes": [["__class__", 3]]}),
        one({"object": 0}, {**LINEAR, "attributes": [["forward", 3]]}),
        one({"object": 0}, {**LINEAR, "attributes": [["_modules", 3]]}),
        one({"object": 0}, {**LINEAR, "attributes": [["_non_persistent", 3]]}),
        one({"object": 0}, {**LINEAR, "attributes": [[3, 3]]}),
        one({"object": 0}, {"class": "torch.nn.Linear", "original": 3}),
        one({"object": 0}, {"class": "torch.jit.RecursiveScriptModule", "original": 3}),
        one({"object": 0}, {"class": "torch.jit.RecursiveScriptModule", "original": {"object": 0}}),
        one(1, **{"type ": 1}), one(1, __builtins__=1), one(1, **{"a b": 1}),
    ],
)  # fmt: skip
def test_what_describes_no_module_is_an_error_of_ours(module: object, session: Session) -> None:
    write("m.pt", "", module)
    with pytest.raises(TcalcError):
        session.evaluate("torch.jit.load('m.pt')")


def test_values_nested_too_deeply(session: Session) -> None:
    deep: Any = 1
    for _ in range(200):
        deep = [deep]
    write("m.pt", "", one(deep))
    with pytest.raises(FileProblem, match="more than 100 deep"):
        session.evaluate("torch.jit.load('m.pt')")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"version": "2"}, "version '2'"), ({"version": ""}, "version ''"),
        ({"format": "pt"}, "holds weights and no program"), ({"program": "#" * (1 << 21)}, "program takes"),
    ],
)  # fmt: skip
def test_another_version_and_too_long_a_program(
    metadata: dict[str, str], message: str, session: Session
) -> None:
    write("m.pt", **{"program": "", "module": one(1), **metadata})  # type: ignore[arg-type]  # by name
    with pytest.raises(FileProblem, match=message):
        session.evaluate("torch.jit.load('m.pt')")


@pytest.mark.parametrize("table", ["parameters", "modules"])
@pytest.mark.parametrize("name", ["_parameters", "_modules", "_buffers", "training"])
def test_members_do_not_take_the_places_of_tables(table: str, name: str, session: Session) -> None:
    value = {"object": 1} if table == "modules" else {"parameter": "w"}
    row = {**LINEAR, table: [[name, value]]}
    write("m.pt", "", one({"object": 0}, row, LINEAR))
    data = Path("m.pt").read_bytes()
    said = json.loads(data[8:])
    said["w"] = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}
    text = json.dumps(said).encode()
    Path("m.pt").write_bytes(len(text).to_bytes(8, "little") + text + bytes(4))
    with pytest.raises(FileProblem, match="is none of a module's"):
        session.evaluate("torch.jit.load('m.pt')")


@pytest.mark.parametrize("name", ["RecursiveScriptModule", "TopLevelTracedModule"])
def test_a_script_module_is_described_by_what_it_is_made_of(name: str, session: Session) -> None:
    write("m.pt", "", one({"object": 0}, {**LINEAR, "class": {"name": f"torch.jit.{name}"}}))
    with pytest.raises(FileProblem, match="no class for that"):
        session.evaluate("torch.jit.load('m.pt')")


def test_a_complex_number_fits(session: Session) -> None:
    write("m.pt", "", one({"complex": [10**400, 0]}))
    with pytest.raises(FileProblem, match="too large"):
        session.evaluate("torch.jit.load('m.pt')")


def test_a_layer_without_its_settings_fails_in_a_sentence(session: Session) -> None:
    write("m.pt", "", one({"object": 0}, LINEAR))
    with pytest.raises(TcalcError, match="'Linear' object has no attribute"):
        session.evaluate("torch.jit.load('m.pt')(ones(1, 2))")


def test_other_files_of_models_are_told_apart(session: Session) -> None:
    data = Path(__file__).parent.parent / "files" / "data"
    script = next(p for p in data.rglob("*script*") if p.suffix == ".pt")
    Path("script.pt").write_bytes(script.read_bytes())
    with pytest.raises(FileProblem, match="TorchScript program in it is for PyTorch's own"):
        session.evaluate("torch.jit.load('script.pt')")
    session.evaluate("save({'w': ones(1)}, 'w.safetensors'); save({'w': ones(1)}, 'w.pt')")
    with pytest.raises(FileProblem, match="holds weights and no program"):
        session.evaluate("torch.jit.load('w.safetensors')")
    Path("text.pt").write_text("no model at all")
    with pytest.raises(FileProblem, match="is no file that torch"):
        session.evaluate("torch.jit.load('text.pt')")
    session.evaluate("torch.jit.script(nn.Linear(1, 1)).save('m.pt')")
    with pytest.raises(FileProblem, match=r"torch\.jit\.save writes") as caught:
        session.evaluate("torch.load('m.pt')")
    assert "torch.jit.load" in str(caught.value.hint)


def test_errors_of_a_loaded_program_show_its_text(session: Session) -> None:
    session.evaluate("def f(x):\n    return x @ ones(7)\ntorch.jit.script(f).save('m.pt')")
    from tcalc.compiler.places import locate

    source = Source("torch.jit.load('m.pt')(ones(2, 3))", "test.tcalc")
    with pytest.raises(TcalcError) as caught:
        session.run(source)
    places = locate(caught.value.__traceback__)
    assert places[-1][0].name == "m.pt" and "x @ ones(7)" in places[-1][0].text


SWAPPED: list[Any] = [
    None, True, 0, -1, 1 << 40, 1.5, "a", [], [1, 2], {"tuple": [1]}, {"object": 0},
    {"tensor": "fc.weight", "requires_grad": False}, {"name": "torch.relu"}, {"own": "Net"},
    {"dict": [["a", 1]]}, {"name": "torch.nn.Linear"},
]  # fmt: skip


def places(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to each value in what JSON says."""
    keys = part if isinstance(part, dict) else range(len(part)) if isinstance(part, list) else ()
    return [found for key in keys for found in [(*path, key), *places(part[key], (*path, key))]]


@pytest.mark.parametrize("seed", range(3))
def test_a_description_changed_at_random_is_a_module_or_an_error_of_ours(
    seed: int, session: Session
) -> None:
    chance = random.Random(seed)
    session.evaluate(
        NET.replace("if x.sum() > 1e9", "if False") + "torch.jit.script(m).save('m.pt')"
    )
    data = Path("m.pt").read_bytes()
    said = header("m.pt")
    size = int.from_bytes(data[:8], "little")
    for _ in range(40):
        module = json.loads(said["__metadata__"]["module"])
        *way, last = chance.choice(places(module))
        part = module
        for key in way:
            part = part[key]
        if chance.random() < 0.3:
            del part[last]
        else:
            part[last] = chance.choice(SWAPPED)
        changed = {**said, "__metadata__": {**said["__metadata__"], "module": json.dumps(module)}}
        text = json.dumps(changed).encode()
        Path("x.pt").write_bytes(len(text).to_bytes(8, "little") + text + data[8 + size :])
        try:
            session.evaluate("torch.jit.load('x.pt')")
        except TcalcError:
            continue
        except NameError as error:  # a variable of the program that its functions name
            assert "is not defined" in str(error)
