"""Files of models: those that PyTorch and safetensors wrote (record.py), and our own."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from looked import listing

from tcalc.errors import ArgumentError, FileProblem, StateError, ValueProblem
from tcalc.files.formats import Entry
from tcalc.session import Session

DATA = Path(__file__).parent / "data"
Run = Callable[[str], Any]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs programs that find the recorded files, and write beside none of them."""
    session = Session(base_dir=str(tmp_path), folders=[str(DATA)])
    folder = Path.cwd()
    assert folder != tmp_path
    session.variables["here"] = f"{tmp_path}/"
    session.variables["data"] = f"{DATA}/"
    return session.evaluate


# -- what others wrote ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["adam.pt", "adam_legacy.pt"])
def test_a_checkpoint_of_pytorchs(run: Run, name: str) -> None:
    run(f"c = torch.load(data + {name!r}, map_location='cpu', weights_only=True)")
    assert run("list(c)") == ["epoch", "model_state_dict", "optimizer_state_dict", "loss"]
    assert run("c['epoch']") == 2 and run("c['loss'].item()") == 0.5
    assert run("type(c['model_state_dict']).__name__") == "OrderedDict"
    assert run("c['model_state_dict']['1.num_batches_tracked']").item() == 2
    assert run("c['optimizer_state_dict']['param_groups'][0]['betas']") == (0.9, 0.999)
    assert run("c['optimizer_state_dict']['state'][5]['step']").item() == 2.0
    assert (
        run("""
net = nn.Sequential(nn.Linear(2, 3))
state = {k: v for k, v in c['model_state_dict'].items() if k[0] == '0'}
str(net.load_state_dict(state))
""")
        == "<All keys matched successfully>"
    )
    sample = run("c['model_state_dict']['0.weight'][0]").tolist()
    assert sample == pytest.approx([0.005290, 0.379370], abs=1e-3) or len(sample) == 2


def test_views_share_memory_again(run: Run) -> None:
    run("v = load(data + 'views.pt')")
    assert run("v['x'].tolist()") == np.arange(12.0).reshape(3, 4).tolist()
    assert run("v['t'].stride()") == (1, 4) and run("v['row'].storage_offset()") == 4
    assert run("v['stretched'].stride()") == (0, 1)
    assert run("v['zero'].shape, v['empty'].shape, v['meta'].device.type") == ((), (0, 3), "meta")
    assert run("v['conj'].tolist()") == [1 - 2j]
    assert run("type(v['p']).__name__, v['p'].requires_grad, v['leaf'].requires_grad") == (
        "Parameter", True, True,
    )  # fmt: skip
    run("v['x'][1, 0] = 99.")
    assert run("v['t'][0, 1].item(), v['row'][0].item(), v['p'][1, 0].item()") == (99.0, 99.0, 99.0)
    assert run("v['leaf'][1, 0].item()") == 4.0


def test_every_dtype(run: Run) -> None:
    found = run("load(data + 'dtypes.pth')")
    assert len(found) == 14
    for name, tensor in found.items():
        assert str(tensor.dtype) == name
        values = [bool(v) if name == "torch.bool" else v for v in range(4)]
        assert tensor.array.astype(np.complex128).tolist() == [complex(v) for v in values]


def test_plain_values(run: Run) -> None:
    run("p = load(data + 'plain.ckpt')")
    assert run("p['int']") == [0, 255, 65536, -1, 1 << 40, -(1 << 70)]
    assert run("p['float'], p['none'], p['b'], p['complex']") == (0.1, None, True, 1 - 2j)
    assert run("p['tuple'], p['set'], p[(1, 'k')]") == ((1, ("a",), ()), {1, 2}, "key")
    assert run("str(p['size']), str(p['dtype']), str(p['device'])") == (
        "torch.Size([2, 3])", "torch.bfloat16", "cuda:1",
    )  # fmt: skip
    assert run("type(p['int']).__name__ == 'List' or isinstance(p['int'] + [1], list)")


def test_safetensors(run: Run, tmp_path: Path) -> None:
    run("s = load(data + 'a.safetensors')")
    assert run("s['w'].tolist()") == np.arange(12.0).reshape(3, 4).tolist()
    assert run("str(s['b'].dtype), s['n'].item(), s['n'].shape") == ("torch.bfloat16", 3, ())
    run("save(s, here + 'b.safetensors')")
    again = (tmp_path / "b.safetensors").read_bytes()
    assert b'"__metadata__":{"format":"pt"}' in again
    assert run("t = load(here + 'b.safetensors'); all(equal(s[k], t[k]) for k in s)") is True


@pytest.mark.parametrize(
    ("name", "message"),
    [("whole.pt", "torch.nn.modules.linear.Linear, pickled whole"), ("scripted.pt", "TorchScript")],
)
def test_programs_in_files_are_refused_with_the_remedy(run: Run, name: str, message: str) -> None:
    with pytest.raises(FileProblem, match=message) as caught:
        run(f"load(data + {name!r}, weights_only=False)")
    assert "state_dict()" in (caught.value.hint or "")


# -- listings ---------------------------------------------------------------------------------------


def test_listings() -> None:
    found = listing(str(DATA / "adam.pt"))
    assert found[0] == Entry("model_state_dict.0.weight", "float32", (3, 2))
    assert found == listing(str(DATA / "adam_legacy.pt"))
    assert Entry("optimizer_state_dict.state.5.exp_avg", "float32", (1,)) in found
    assert listing(str(DATA / "a.safetensors"))[0].name in ("w", "b", "n")
    assert len(listing(str(DATA / "views.pt"))) == 10
    assert listing(str(DATA / "plain.ckpt")) == []


# -- both ways --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "tensor(1.5)",
        "{'w': ones(2, 3), 'n': [1, (2, 'x'), None, True]}",
        "{'a': arange(6).reshape(2, 3).T, 'b': randn(3, 4)[1:, ::2]}",
        "collections.OrderedDict(a=1, b=ones(2).bfloat16())",
        "collections.Counter('abca')",
        "[torch.float32, torch.device('cpu'), torch.Size([1, 2]), 2j, {1, 2}]",
        "{1: 2, None: 3, (1, 'a'): 4, 1.5: 5}",
        "[float('inf'), -0.0, 1 << 70, -(1 << 70), -128, 255, 256, 65536, 'ä€']",
        "list(range(2500))",
        "[zeros(0), zeros(0, 3), zeros(1, 1, 1), ones(3).expand(2, 3)]",
        "[arange(4).to(t) for t in (torch.uint16, torch.uint32, torch.uint64, torch.bool)]",
        "[tensor([1+2j]), tensor([1+2j]).conj(), tensor([1+2j]).imag]",
        "nn.Parameter(ones(2))",
        "nn.Linear(2, 3).state_dict()",
    ],
)
def test_what_is_saved_is_loaded(run: Run, value: str) -> None:
    run("import collections")
    shown = run(f"""
value = {value}
torch.save(value, here + 'x.pt')
again = torch.load(here + 'x.pt')
(str(value), str(again), type(value) is type(again))
""")
    assert shown[0] == shown[1] and shown[2] is True


def test_memory_is_shared_as_before(run: Run, tmp_path: Path) -> None:
    run("""
x = arange(1000.)
part = {'a': x[10:14], 'b': x[12:20:2], 'c': [x[10:14]]}
twice = [part, part]
save(twice, here + 'x.pt')
a, b = load(here + 'x.pt')
a['a'][2] = -1.
""")
    assert run("a is b, a['b'][0].item(), a['c'][0][2].item()") == (True, -1.0, -1.0)
    # What lies around is not written.
    with zipfile.ZipFile(tmp_path / "x.pt") as archive:
        sizes = [i.file_size for i in archive.infolist() if "/data/" in i.filename]
        assert archive.testzip() is None
    assert sizes == [4 * 9]


def test_a_program_trains_on(run: Run) -> None:
    """The checkpoint of tutorials: what it held comes back, and training goes on alike."""
    assert run("""
def begin():
    manual_seed(0)
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    return net, optim.SGD(net.parameters(), lr=0.1)
def step(net, opt):
    opt.zero_grad()
    loss = net(ones(4, 2)).square().mean()
    loss.backward()
    opt.step()
    return loss.item()
net, opt = begin()
for _ in range(3): step(net, opt)
torch.save({'epoch': 3, 'model_state_dict': net.state_dict()}, here + 'c.pth')
ahead = step(net, opt)
net, opt = begin()
c = torch.load(here + 'c.pth', weights_only=True)
net.load_state_dict(c['model_state_dict'])
(c['epoch'], step(net, opt) == ahead)
""") == (3, True)


def test_a_file_is_replaced_while_it_is_mapped(run: Run) -> None:
    run("""
save({'w': arange(2000.)}, here + 'm.pt')
a = load(here + 'm.pt', mmap=True)['w']
a[0] = 7.
save({'w': zeros(3)}, here + 'm.pt')
""")
    assert run("a[0].item(), a[1999].item(), load(here + 'm.pt')['w'].shape[0]") == (7.0, 1999.0, 3)


@pytest.mark.parametrize("name", ["x.npy", "x.pt", "x.safetensors"])
def test_mapped_files_are_copied_where_they_are_written_to(run: Run, name: str) -> None:
    value = "arange(6.).reshape(2, 3)" if name == "x.npy" else "{'w': arange(6.).reshape(2, 3)}"
    part = "" if name == "x.npy" else "['w']"
    run(f"""
save({value}, here + '{name}')
a = load(here + '{name}', mmap=True){part}
a.add_(1)
""")
    assert run("a.sum().item()") == 21.0
    assert run(f"load(here + '{name}'){part}.sum().item()") == 15.0


def test_tables_cannot_be_mapped(run: Run) -> None:
    run("save(ones(2, 2), here + 'x.csv')")
    with pytest.raises(ValueProblem, match="mmap= is for"):
        run("load(here + 'x.csv', mmap=True)")


# -- where it goes ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place",
    ["None", "'cpu'", "torch.device('cpu')", "{'cuda:0': 'cpu'}", "lambda storage, place: storage",
     "lambda storage, place: None"],
)  # fmt: skip
def test_map_location(run: Run, place: str) -> None:
    run("save(ones(2), here + 'x.pt')")
    assert run(f"load(here + 'x.pt', map_location={place}).tolist()") == [1.0, 1.0]
    assert run(f"load(here + 'x.pt', {place}).tolist()") == [1.0, 1.0]


def test_what_was_on_another_device(run: Run, tmp_path: Path) -> None:
    run("save({'x': ones(2)}, here + 'x.pt')")
    path = tmp_path / "x.pt"
    path.write_bytes(path.read_bytes().replace(b"X\3\0\0\0cpu", b"X\3\0\0\0mps"))
    with pytest.raises(StateError, match=r"don't know how to restore .* \(tagged with mps\)"):
        run("load(here + 'x.pt')")
    assert run("load(here + 'x.pt', map_location='cpu')['x'].tolist()") == [1.0, 1.0]
    assert run("load(here + 'x.pt', {'mps': 'cpu'})['x'].tolist()") == [1.0, 1.0]
    with pytest.raises(ArgumentError, match="gives back its storage"):
        run("load(here + 'x.pt', lambda storage, place: 5)")
    with pytest.raises(ArgumentError, match="map_location"):
        run("load(here + 'x.pt', 5)")


# -- what cannot be saved ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        ("nn.Linear(1, 1)", "obj is a 'Linear', which could only be saved whole", "state_dict()"),
        ("{'net': nn.Linear(1, 1)}", r"obj\['net'\] is a 'Linear'", "state_dict()"),
        ("[lambda: 1]", r"obj\[0\] is a 'function'", ""),
        ("{'a': [1, frozenset([1])]}", r"obj\['a'\]\[1\] is a 'frozenset'", "set(x)"),
        ("collections.defaultdict(list)", "'defaultdict'", "dict(x)"),
        ("collections.namedtuple('P', 'x')(1)", "'P'", "tuple(x)"),
        ("np.ones(2)", "'ndarray'", "as_tensor(x)"),
        ("np.float32(2)", "'float32'", "as_tensor(x)"),
        ("Mine()", "'Mine'", ""),
        ("{Mine(): 1}", "a key of obj is a 'Mine'", ""),
        ("1 << 5000", "too long", ""),
        ("itself", "holds itself", ""),
        ("deep", "deeper than 100", ""),
        ("{'a': x, 'b': x.view(torch.int32)}", "view the same data as different types", "clone()"),
    ],
)
def test_values_that_are_no_weights(run: Run, value: str, message: str, hint: str) -> None:
    run("""
import collections
class Mine: pass
itself = []; itself.append(itself)
deep = 1
for _ in range(200): deep = [deep]
x = ones(2)
""")
    with pytest.raises((ArgumentError, ValueProblem, StateError), match=message) as caught:
        run(f"save({value}, here + 'x.pt')")
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("ones(2)", "holds tensors by name"),
        ("{'a': 1}", "not a int at 'a'"),
        ("{1: ones(2)}", "at 1"),
        ("{'__metadata__': ones(2)}", "at '__metadata__'"),
        ("{'a': ones(2, dtype=torch.complex128)}", "no torch.complex128"),
        ("{'a': ones(2, device='meta')}", "on meta"),
    ],
)
def test_what_safetensors_cannot_hold(run: Run, value: str, message: str) -> None:
    with pytest.raises((ArgumentError, ValueProblem), match=message):
        run(f"save({value}, here + 'x.safetensors')")
