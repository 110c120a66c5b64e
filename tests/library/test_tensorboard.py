"""SummaryWriter: its files hold what PyTorch's do (recorded by scripts/check_event_files.py)."""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tcalc.errors import TcalcError
from tcalc.library.tensorboard.records import crc32c
from tcalc.session import Session

DATA = Path(__file__).parent / "tensorboard"
ROOT = Path(__file__).parents[2]
# Where in an event its summary's values are, and in those their images.
SUMMARY, VALUE, TAG, IMAGE, METADATA = 5, 1, 1, 4, 9


# -- a reader of its own ----------------------------------------------------------------------------


def bitwise(data: bytes) -> int:
    check = 0xFFFFFFFF
    for byte in data:
        check ^= byte
        for _ in range(8):
            check = check >> 1 ^ 0x82F63B78 * (check & 1)
    return check ^ 0xFFFFFFFF


def masked(data: bytes) -> int:
    check = bitwise(data)
    return ((check >> 15 | check << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        body, rest = data[12 : 12 + length], data[12 + length :]
        assert struct.unpack("<I", data[8:12]) == (masked(data[:8]),)
        assert len(body) == length and struct.unpack("<I", rest[:4]) == (masked(body),)
        data = rest[4:]
        yield body


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data: bytes) -> dict[int, list[Any]]:
    """What a message holds, by the numbers of its fields."""
    found: dict[int, list[Any]] = {}
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at : at + size], at + size
        else:
            size = 8 if key & 7 == 1 else 4
            value, at = data[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def points(png: bytes) -> bytes:
    """The bytes of a PNG's points; ours have no filters."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, chunks = 8, {}
    while at < len(png):
        (size,), kind = struct.unpack(">I", png[at : at + 4]), png[at + 4 : at + 8]
        body, check = png[at + 8 : at + 8 + size], png[at + 8 + size : at + 12 + size]
        assert check == struct.pack(">I", zlib.crc32(kind + body))
        chunks[kind], at = body, at + 12 + size
    width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    row = 1 + width * {0: 1, 2: 3, 6: 4}[colour]
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, row)
    assert depth == 8 and not rows[:, 0].any()
    return rows[:, 1:].tobytes()


def event_files(folder: Path) -> dict[str, list[Path]]:
    found: dict[str, list[Path]] = {}
    for path in folder.rglob("events.out.tfevents.*"):
        found.setdefault(str(path.parent.relative_to(folder)), []).append(path)
    for paths in found.values():
        paths.sort(key=lambda path: int(path.name.removesuffix(".abc").rpartition(".")[2]))
    return dict(sorted(found.items()))


def told(data: bytes) -> dict[str, Any]:
    """An event as it is recorded: without the moment, unless that was given; images as points."""
    event = fields(data)
    if struct.unpack("<d", event[1][0]) != (1000.5,):
        data = data[9:]
    for value in [fields(v) for s in event.get(SUMMARY, []) for v in fields(s)[VALUE]]:
        if IMAGE in value:
            image = fields(value[IMAGE][0])
            size = [image[1][0], image[2][0], image[3][0]]
            return {
                "tag": value[TAG][0].decode(),
                "points": points(image[4][0]).hex(),
                "size": size,
            }
    return {"event": data.hex()}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(program: str) -> Any:
    return Session().evaluate("from torch.utils.tensorboard import SummaryWriter\n" + program)


# -- what is written --------------------------------------------------------------------------------


def test_every_event_is_pytorchs(folder: Path) -> None:
    """To the byte, but for a map's order and for how images are packed."""
    run((DATA / "program.tcalc").read_text())
    expected = json.loads((DATA / "events.json").read_text())
    found = event_files(folder)
    assert list(found) == list(expected)
    for home, paths in found.items():
        events = [told(data) for path in paths for data in records(path)]
        assert len(events) == len(expected[home])
        for event, wanted in zip(events, expected[home]):
            if b"session_start_info".hex() in wanted.get("event", ""):
                one, other = (bytes.fromhex(e["event"]) for e in (event, wanted))
                assert sorted(one) == sorted(other)
            else:
                assert event == wanted
    assert [path.name.rpartition(".")[2] for path in found["purged"]] == ["abc"]


def test_the_projectors_files(folder: Path) -> None:
    run((DATA / "program.tcalc").read_text())
    first, second = folder / 'own/00002/e%2fx "q"', folder / "own/00000/default"
    assert (first / "metadata.tsv").read_text() == 'a\nb"q\nc\n3\n'
    assert (second / "metadata.tsv").read_text().splitlines()[:2] == ["num\tlet", "1\tx"]
    assert (second / "tensors.tsv").read_text().startswith("0.0\t1.0\t2.0\n3.0\t4.0\t5.0\n")
    assert len(points((first / "sprite.png").read_bytes())) == 10 * 10 * 3
    assert (
        (folder / "own/projector_config.pbtxt").read_text()
        == r"""embeddings {
  tensor_name: "e/x \"q\":00002"
  tensor_path: "00002/e%2fx \"q\"/tensors.tsv"
  metadata_path: "00002/e%2fx \"q\"/metadata.tsv"
  sprite {
    image_path: "00002/e%2fx \"q\"/sprite.png"
    single_image_dim: 5
    single_image_dim: 2
  }
}
embeddings {
  tensor_name: "default:00000"
  tensor_path: "00000/default/tensors.tsv"
  metadata_path: "00000/default/metadata.tsv"
}
"""
    )


def nodes(folder: Path) -> dict[str, dict[int, list[Any]]]:
    ((path,),) = event_files(folder).values()
    (graph,) = [e[4][0] for e in map(fields, records(path)) if 4 in e]
    found = [fields(node) for node in fields(graph)[1]]
    return {node[1][0].decode(): node for node in found}


def test_a_graph(folder: Path) -> None:
    text = run("""
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(3, 4), nn.ReLU())
        self.drop, self.last = nn.Dropout(), nn.Linear(4, 2, bias=False)
    def forward(self, x, y):
        h = self.inner(x)
        h = self.drop(h + y).mul_(2)
        return self.last(h), h.T
net = Net()
net.drop.eval()
with SummaryWriter('g') as w:
    w.add_graph(net, (zeros(5, 3), ones(4)))
(net.training, net.drop.training, net.inner.training, net.last.weight.grad)
""")
    assert text == (True, False, True, None)
    found = nodes(folder)
    reads = {name: [n.decode() for n in node.get(3, [])] for name, node in found.items()}
    assert reads["Net/Sequential[inner]/Linear[0]/linear"] == [
        "input/input.1",
        "Net/Sequential[inner]/Linear[0]/weight",
        "Net/Sequential[inner]/Linear[0]/bias",
    ]
    assert reads["Net/Sequential[inner]/ReLU[1]/relu"] == ["Net/Sequential[inner]/Linear[0]/linear"]
    assert reads["Net/add"] == ["Net/Sequential[inner]/ReLU[1]/relu", "input/input.2"]
    assert reads["Net/Linear[last]/linear"] == ["Net/mul_", "Net/Linear[last]/weight"]
    assert reads["output/output.1"] == ["Net/Linear[last]/linear"]
    assert {name for names in reads.values() for name in names} <= set(found)
    assert found["Net/add"][2] == [b"add"]


def test_a_graph_is_followed_anywhere(folder: Path) -> None:
    run("""
class Net(nn.Module):
    def forward(self, x):
        if x.sum() > 0:
            x = x * 2
        return {'a': x, 'b': [x.sort().values, 3]}
net = torch.compile(Net())
w = SummaryWriter('g')
w.add_graph(Net(), ones(3))
w.close()
""")
    assert {"Net/gt", "Net/mul", "Net/sort", "output/output.2"} <= set(nodes(folder))
    with pytest.raises(TypeError, match="takes a Module"):
        run("SummaryWriter('x').add_graph(lambda x: x, ones(3))")
    with pytest.raises(TypeError, match="needs inputs"):
        run("SummaryWriter('x').add_graph(nn.ReLU())")


def test_a_figure(folder: Path) -> None:
    pytest.importorskip("matplotlib", reason="it draws picture files, where it is installed")
    run("""
import matplotlib.pyplot as plt
fig, ax = plt.subplots(figsize=(3, 2))
ax.plot([1, 2, 3])
with SummaryWriter('a') as w: w.add_figure('fig', fig, 3)
assert plt.gcf() is not fig
""")
    ((path,),) = event_files(folder).values()
    (event,) = [e for e in map(fields, records(path)) if SUMMARY in e]
    image = fields(fields(fields(event[SUMMARY][0])[VALUE][0])[IMAGE][0])
    assert (image[1], image[2], image[3]) == ([200], [300], [4])


def test_each_call_is_in_the_file_when_it_returns(folder: Path) -> None:
    session = Session()
    session.evaluate("from torch.utils.tensorboard import SummaryWriter; w = SummaryWriter('a')")
    ((path,),) = event_files(folder).values()
    for step in range(3):
        session.evaluate(f"w.add_scalar('x', 1., {step})")
        assert len(list(records(path))) == step + 2
    assert session.evaluate("w.flush()") is None


def test_a_killed_program_leaves_its_records(folder: Path) -> None:
    (folder / "p.tcalc").write_text("""
from torch.utils.tensorboard import SummaryWriter
w = SummaryWriter('a')
for i in range(5): w.add_scalar('x', i, i)
print('done', flush=True)
input()
""")
    program = subprocess.Popen(
        [sys.executable, "-m", "tcalc", "p.tcalc"], cwd=folder, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert program.stdin and program.stdout
    assert program.stdout.readline() == "done\n"
    program.kill()
    program.wait()
    program.stdin.close()
    program.stdout.close()
    ((path,),) = event_files(folder).values()
    assert [fields(e).get(2) for e in records(path)] == [None, None, [1], [2], [3], [4]]


def test_default_folders(folder: Path) -> None:
    assert run("w = SummaryWriter(comment='_lr'); w.close(); w.log_dir == w.get_logdir()")
    (home,) = event_files(folder)
    assert home.startswith("runs/") and home.endswith("_lr")
    run("from pathlib import Path; SummaryWriter(Path('b') / 'c').close()")
    assert "b/c" in event_files(folder)
    run("from tensorboardX import SummaryWriter; SummaryWriter('d').close()")
    assert "d" in event_files(folder)
    run("import torch; torch.utils.tensorboard.SummaryWriter('e').close()")
    assert "e" in event_files(folder)


def test_steps_and_names_of_others(folder: Path) -> None:
    run("""
w = SummaryWriter('a')
w.add_scalar('x', np.float32(2.5), np.int64(3))
w.add_scalar('x', np.array([1]), torch.tensor(4))
w.add_histogram('h', [1, 2, 3])
w.add_histogram('h', np.arange(4))
w.close(); w.close()
w.add_scalar('later', True)
""")
    (paths,) = event_files(folder).values()
    assert len(paths) == 2
    assert [fields(e).get(2) for e in records(paths[0])][1:] == [[3], [4], None, None]


def test_errors_name_the_class(folder: Path) -> None:
    with pytest.raises(TypeError, match=r"^SummaryWriter.__init__\(\) got an unexpected"):
        run("SummaryWriter(logdirs='a')")


@pytest.mark.parametrize("size", [0, 1, 9, 63, 64, 65, 5000, 65535, 65536, 65537, 200_001])
def test_checks(size: int) -> None:
    data = random.Random(size).randbytes(size)
    assert crc32c(data) == bitwise(data)


# -- what is refused --------------------------------------------------------------------------------

REFUSED = r"""
PermissionError: SummaryWriter('/tmp/elsewhere/x')
PermissionError: SummaryWriter('../x')
PermissionError: SummaryWriter('.hidden')
PermissionError: SummaryWriter('site-packages/x')
PermissionError: SummaryWriter('a').add_scalars('..', {'/../../../x': 1})
PermissionError: SummaryWriter('a').add_hparams({}, {}, run_name='../../x')
PermissionError: SummaryWriter('a').add_hparams({}, {}, run_name='.x')
TypeError: SummaryWriter(3)
TypeError: SummaryWriter(bytes([47]))
TypeError: SummaryWriter('a', comment=1)
TypeError: SummaryWriter('a', filename_suffix=1)
OSError: SummaryWriter('a', filename_suffix='/../x')
OSError: SummaryWriter('a', filename_suffix='\n')
TypeError: SummaryWriter('a').add_scalar(1, 2)
TypeError: SummaryWriter('a').add_scalar('a', 1, 'x')
ValueError: SummaryWriter('a').add_scalar('a', 1, float('nan'))
ValueError: SummaryWriter('a').add_scalar('a', 1, 1 << 70)
AssertionError: SummaryWriter('a').add_scalar('a', torch.ones(2))
NotImplementedError: SummaryWriter('a').add_scalar('a', 'x')
NotImplementedError: SummaryWriter('a').add_scalar('a', None)
TypeError: SummaryWriter('a').add_scalar('a', 1j)
TypeError: SummaryWriter('a').add_scalars('a', [1])
ValueError: SummaryWriter('a').add_histogram('a', torch.ones(0))
ValueError: SummaryWriter('a').add_histogram('a', torch.ones(3), bins='best')
ValueError: SummaryWriter('a').add_histogram('a', torch.ones(3), bins=0)
MemoryError: SummaryWriter('a').add_histogram('a', torch.ones(3), bins=1 << 60)
ValueError: SummaryWriter('a').add_histogram('a', torch.ones(3), bins=[2, 1])
ValueError: SummaryWriter('a').add_histogram('a', torch.ones(3), max_bins=0)
ValueError: SummaryWriter('a').add_histogram('a', torch.tensor(float('inf')))
ValueError: SummaryWriter('a').add_histogram('a', torch.tensor(float('nan')), bins='auto')
ValueError: SummaryWriter('a').add_histogram_raw('a', 0, 1, 1, 1, 1, [1., 2.], [1])
AssertionError: SummaryWriter('a').add_image('a', torch.ones(3, 2))
AssertionError: SummaryWriter('a').add_image('a', torch.ones(3, 2, 2), dataformats='CCW')
TypeError: SummaryWriter('a').add_image('a', torch.ones(3, 2, 2), dataformats='XYZ')
TypeError: SummaryWriter('a').add_image('a', torch.ones(5, 2, 2))
TypeError: SummaryWriter('a').add_image('a', torch.ones(3, 0, 2))
AssertionError: SummaryWriter('a').add_images('a', torch.ones(2, 2, 2, 2))
TypeError: SummaryWriter('a').add_figure('a', None)
TypeError: SummaryWriter('a').add_figure('a', [1, 2])
NotImplementedError: SummaryWriter('a').add_video('a', None)
TypeError: SummaryWriter('a').add_image_with_boxes('a', torch.ones(3, 2, 2), torch.ones(1, 4), labels=['x'])
TypeError: SummaryWriter('a').add_image_with_boxes('a', torch.ones(3, 2, 2), torch.ones(4))
AssertionError: SummaryWriter('a').add_audio('a', torch.ones(2, 3))
TypeError: SummaryWriter('a').add_text('a', 3)
TypeError: SummaryWriter('a').add_hparams([], {})
ValueError: SummaryWriter('a').add_hparams({'a': [1]}, {})
TypeError: SummaryWriter('a').add_hparams({'a': 1}, {}, {'a': ['x']})
AssertionError: SummaryWriter('a').add_embedding(torch.ones(2, 2), metadata=[1])
AssertionError: SummaryWriter('a').add_embedding(torch.ones(2))
AssertionError: SummaryWriter('a').add_embedding(torch.ones(2, 2), label_img=torch.ones(2))
TypeError: SummaryWriter('a').add_embedding(torch.ones(2, 2), metadata=3)
AssertionError: SummaryWriter('a').add_embedding(torch.ones(1, 2), metadata=[[1]], metadata_header=['a', 'b'])
PermissionError: SummaryWriter('a').add_embedding(torch.ones(1, 2), tag='.x')
ValueError: SummaryWriter('a').add_pr_curve('a', torch.ones(2), torch.ones(3))
ValueError: SummaryWriter('a').add_pr_curve('a', torch.ones(2), torch.ones(2), weights=torch.ones(3))
ValueError: SummaryWriter('a').add_pr_curve_raw('a', [1], [1], [1], [1], [1], [1, 2])
AssertionError: SummaryWriter('a').add_custom_scalars_marginchart(['a'])
TypeError: SummaryWriter('a').add_custom_scalars({'a': {'b': 3}})
ValueError: SummaryWriter('a').add_mesh('a', torch.ones(2, 3))
TypeError: SummaryWriter('a').add_mesh('a', torch.ones(1, 2, 3), config_dict={'x': SummaryWriter})
UnsupportedDtype: SummaryWriter('a').add_tensor('a', torch.ones(2).to(torch.uint16))
AttributeError: SummaryWriter('a')._files
AttributeError: SummaryWriter('a')._folder
AttributeError: SummaryWriter('a')._main
AttributeError: SummaryWriter('a').log_dir.__class__.__base__
AttributeError: w = SummaryWriter('a'); w.log_dir = '/tmp'
TypeError: class W(SummaryWriter): pass
""".strip()


@pytest.mark.parametrize("line", REFUSED.splitlines())
def test_refused(folder: Path, line: str) -> None:
    kind, _, program = line.partition(": ")
    inside = folder / "inside"
    inside.mkdir()
    os.chdir(inside)
    with pytest.raises(Exception) as caught:
        run(program)
    names = [base.__name__ for base in type(caught.value).__mro__]
    assert kind in names, caught.value
    at_language = "a class cannot", "a path must", "a figure is", "'int' object is not"
    assert isinstance(caught.value, TcalcError) or str(caught.value).startswith(at_language)
    assert [path.name for path in folder.iterdir()] == ["inside"]


def test_a_file_that_is_full_stays_whole(folder: Path) -> None:
    (folder / "p.tcalc").write_text("""
from torch.utils.tensorboard import SummaryWriter
w = SummaryWriter('a')
for step in range(100):
    try:
        w.add_text('x', 'y' * 1000, step)
    except OSError as error:
        print(step)
        break
""")
    limited = "import resource, runpy, signal, sys\n" + (
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
        "sys.argv = ['tcalc', 'p.tcalc']\n"
        "runpy.run_module('tcalc', run_name='__main__')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", limited], cwd=folder, text=True, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.stdout == "4\n", done.stderr
    ((path,),) = event_files(folder).values()
    assert len(list(records(path))) == 5


def test_objects_of_programs_in_every_place(folder: Path) -> None:
    """Each is refused, or asked once; none of its errors is taken for one of ours."""
    errors = run("""
class E:
    def __getattr__(self, name): return E()
    def __call__(self, *args): return E()
    def __len__(self): return 2
    def __getitem__(self, at): return E()
    def __iter__(self): return iter([E(), 3])
    def __float__(self): return 1 / 0
    def __index__(self): return 1 << 80
    def __eq__(self, other): return True
    def __hash__(self): return 1
class D(dict):
    def items(self): return [E(), 3]
    def __getitem__(self, key): return E()
    def __iter__(self): return E()
w = SummaryWriter('a')
errors = []
adding = ('scalar', 'scalars', 'histogram', 'image', 'images', 'text', 'graph', 'hparams', 'embedding', 'pr_curve',
          'mesh', 'audio', 'tensor', 'custom_scalars', 'image_with_boxes', 'figure', 'histogram_raw')
for name in adding:
    for given in ((E(), E()), ('a', E()), ('a', D(x=E())), (D(a=E()), D(b=E())), ('a', [E()]), ('a', [[1, E()]]),
                  ('a', torch.ones(2, 2), E()), (torch.ones(2, 2), E(), E()), ('a', *[1] * 5, E(), E())):
        try: getattr(w, 'add_' + name)(*given)
        except Exception as error: errors.append(error)
w.close()
errors
""")
    assert len(errors) > 100
    for error in errors:
        assert isinstance(error, (TcalcError, TypeError, ZeroDivisionError)), repr(error)
        assert "tcalc." not in str(error) and " at 0x" not in str(error)
    for path in [path for paths in event_files(folder).values() for path in paths]:
        assert len(list(records(path))) >= 1
