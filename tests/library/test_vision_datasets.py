"""torchvision.datasets: data sets that the tests write, as they are, packed, damaged and hostile."""

from __future__ import annotations

import gzip
import hashlib
import io
import struct
import sys
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tcalc.errors import FileProblem, MissingFile, NetworkProblem, StateError, TcalcError
from tcalc.runtime.base import memory
from tcalc.session import Session
from tests.network.server import serving

IMPORTS = "from torchvision import datasets, transforms\nfrom torch.utils.data import DataLoader, Subset\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(text: str, session: Session | None = None) -> Any:
    return (session or Session()).evaluate(IMPORTS + text)


def fails(text: str, kind: type[BaseException], session: Session | None = None) -> str:
    with pytest.raises(kind) as caught:
        run(text, session)
    assert isinstance(caught.value, TcalcError)
    return f"{caught.value} {caught.value.hint or ''}"


# -- MNIST ------------------------------------------------------------------------------------

IMAGES = (np.arange(10 * 28 * 28) * 7 % 256).astype(np.uint8).reshape(10, 28, 28)
LABELS = np.arange(10, dtype=np.uint8) * 3 % 10


def idx(array: np.ndarray, kind: int = 8, sizes: tuple[int, ...] | None = None) -> bytes:
    shape = array.shape if sizes is None else sizes
    return (
        bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + array.tobytes()
    )


def write(name: str, data: bytes, folder: str = "data/MNIST/raw") -> None:
    path = Path(folder) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def mnist(folder: str = "data/MNIST/raw", pack: bool = False) -> None:
    for start in ("train", "t10k"):
        for kind, array in (("images-idx3", IMAGES), ("labels-idx1", LABELS)):
            data = idx(array)
            name = f"{start}-{kind}-ubyte"
            write(name + ".gz" * pack, gzip.compress(data) if pack else data, folder)


@pytest.mark.parametrize("pack", [False, True])
def test_mnist_is_read_as_it_is_and_packed(pack: bool) -> None:
    mnist(pack=pack)
    session = Session()
    run("d = datasets.MNIST('data', train=False);", session)
    assert np.array_equal(session.evaluate("d.data.numpy()"), IMAGES)
    assert session.evaluate("d.targets.tolist()") == LABELS.tolist()
    assert session.evaluate("d.data.dtype, d.targets.dtype, len(d)")[2] == 10
    assert session.evaluate("d[3][1]") == LABELS[3]
    assert np.array_equal(session.evaluate("np.array(d[3][0])"), IMAGES[3])
    assert session.evaluate("d[-1][1], d[tensor(2)][1]") == (LABELS[-1], LABELS[2])
    assert session.evaluate("repr(d)") == (
        "Dataset MNIST\n    Number of datapoints: 10\n    Root location: data\n    Split: Test"
    )
    with pytest.raises(IndexError):
        session.evaluate("d[10]")


@pytest.mark.parametrize("name", ["FashionMNIST", "KMNIST"])
def test_its_kin_lie_in_folders_of_their_own(name: str) -> None:
    mnist(f"data/{name}/raw")
    assert len(run(f"datasets.{name}('data').classes")) == 10
    assert run(f"import pathlib\nlen(datasets.{name}(pathlib.Path('data')))") == 10


def test_emnist_has_splits() -> None:
    for kind, array in (("images-idx3", IMAGES), ("labels-idx1", LABELS)):
        write(f"emnist-letters-train-{kind}-ubyte", idx(array), "data/EMNIST/raw")
    assert run("datasets.EMNIST('data', 'letters').classes[:3]") == ["N/A", "a", "b"]
    assert "gzip.zip" in fails("datasets.EMNIST('data', 'digits', download=True)", StateError)


STEPS = (
    "transforms.ToTensor()",
    "transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.13,), (0.31,))])",
    "transforms.Compose([transforms.ToTensor(), transforms.ConvertImageDtype(torch.float64)])",
    "transforms.Compose([transforms.Resize(9), transforms.ToTensor()])",
    "transforms.Compose([transforms.ToTensor(), transforms.RandomHorizontalFlip(), lambda x: x * 2])",
    "transforms.PILToTensor()",
)


@pytest.mark.parametrize("steps", STEPS)
def test_batches_made_at_once_are_those_made_one_by_one(steps: str) -> None:
    mnist()
    text = f"""
class Mine(datasets.MNIST):
    raw_folder = "data/MNIST/raw"
    def __getitem__(self, i): return super().__getitem__(i)
t = {steps}
answers = []
for kind in (datasets.MNIST, Mine):
    for pick in (lambda d: d, lambda d: Subset(d, [7, 1, 4, 4])):
        manual_seed(0)
        loader = DataLoader(pick(kind("data", transform=t)), batch_size=4, shuffle=True)
        answers.append([[x, y] for x, y in loader])
same = all(a[0].equal(b[0]) and a[1].equal(b[1]) and a[0].dtype == b[0].dtype
           for i in (0, 1) for a, b in zip(answers[i], answers[i + 2]))
(same, [len(a) for a in answers])"""
    assert run(text) == (True, [3, 1, 3, 1])


def test_what_a_program_changes_counts_in_batches() -> None:
    mnist()
    session = Session()
    run("d = datasets.MNIST('data', transform=transforms.ToTensor());", session)
    text = "[[x.sum().item(), y.tolist()] for x, y in DataLoader(d, batch_size=8)]"
    session.evaluate("keep = d.targets < 5\nd.data = d.data[keep]\nd.targets = d.targets[keep];")
    one_by_one = session.evaluate(
        "x = torch.stack([d[i][0] for i in range(len(d))])\n"
        "[[x.sum().item(), [d[i][1] for i in range(len(d))]]]"
    )
    assert session.evaluate(text) == one_by_one
    session.evaluate("d.target_transform = lambda y: -y;")
    assert session.evaluate(text)[0][1] == [-y for y in one_by_one[0][1]]
    session.evaluate("d.transform = lambda im: im.size[0];")
    assert session.evaluate("next(iter(DataLoader(d, batch_size=2)))[0].tolist()") == [28, 28]


@pytest.mark.parametrize("kind", ["MNIST", "Small"])
def test_what_a_program_puts_in_place_of_the_images_is_looked_at(kind: str) -> None:
    mnist()
    session = Session()
    run(cifar(GOOD) if kind == "Small" else "MNIST = datasets.MNIST", session)
    session.evaluate(f"""
class A:
    def __int__(self): return 3
    def __len__(self): return 3
    def __getitem__(self, i): return self
d = {kind}("data", transform=transforms.ToTensor());""")
    for other in ("A()", "[[A()]]", "'abc'", "np.array(['a', 'b'])", "zeros(3, 4)", "rand(3, 4, 4)",
                  "zeros(3, 4, 4, 2, dtype=uint8)"):  # fmt: skip
        session.evaluate(f"d.data = {other};")
        for text in ("d[0]", "next(iter(DataLoader(d, batch_size=2)))"):
            with pytest.raises((TypeError, ValueError)):
                session.evaluate(text)


def test_it_trains_from_small_files() -> None:
    mnist()
    text = """
manual_seed(0)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
opt = optim.SGD(model.parameters(), lr=0.05)
d = datasets.MNIST("data", transform=transforms.ToTensor())
for epoch in range(60):
    for x, y in DataLoader(d, batch_size=5, shuffle=True):
        opt.zero_grad(); loss = F.cross_entropy(model(x), y); loss.backward(); opt.step();
(model(d.data[:, None] / 255.0).argmax(1) == d.targets).sum().item()"""
    assert run(text) >= 8


TRAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
DAMAGED = {
    "too short": idx(IMAGES)[:-1],
    "too long": idx(IMAGES) + b"\0",
    "sizes that lie": idx(IMAGES, sizes=(10, 28, 29)),
    "sizes of all memory": idx(IMAGES, sizes=(1 << 31, 1 << 31, 1 << 31)),
    "sizes of all memory beside a size of 0": bytes([0, 0, 8, 8]) + bytes(4) + b"\xff" * 28,
    "another type": idx(IMAGES, kind=13, sizes=(10, 28, 7)),
    "an unknown type": idx(IMAGES, kind=7),
    "no header": b"",
    "half a header": idx(IMAGES)[:9],
    "no dimensions": bytes([0, 0, 8, 0]),
    "too many dimensions": bytes([0, 0, 8, 255]) + bytes(4 * 255),
    "something else": b"GIF89a" + bytes(100),
    "labels": idx(LABELS),
}


@pytest.mark.parametrize("what", DAMAGED)
@pytest.mark.parametrize("pack", [False, True])
def test_damaged_files_are_told_of(what: str, pack: bool) -> None:
    mnist(pack=pack)
    data = DAMAGED[what]
    write(TRAIN[0] + ".gz" * pack, gzip.compress(data) if pack else data)
    message = fails("datasets.MNIST('data')", TcalcError)
    assert "train-images-idx3-ubyte" in message


def test_a_packed_file_that_breaks_off_or_is_none_is_told_of() -> None:
    mnist(pack=True)
    whole = gzip.compress(idx(IMAGES))
    for data in (whole[: len(whole) // 2], whole[:5], b"\x1f\x8b" + bytes(50), b"no gzip", b""):
        write(TRAIN[0] + ".gz", data)
        assert "damaged" in fails("datasets.MNIST('data')", FileProblem) or not data


def test_what_is_packed_small_is_not_unpacked_large(monkeypatch: pytest.MonkeyPatch) -> None:
    mnist(pack=True)
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    header = bytes([0, 0, 8, 3]) + struct.pack(">3I", 1 << 21, 28, 28)
    packed = bomb.compress(header) + b"".join(bomb.compress(bytes(1 << 20)) for _ in range(8))
    write(TRAIN[0] + ".gz", packed + bomb.flush())
    monkeypatch.setattr(memory, "limit", memory.resident() + (1 << 28))
    assert "1.53 GiB" in fails("datasets.MNIST('data')", MemoryError)


def test_images_and_labels_that_do_not_belong_together_are_refused() -> None:
    mnist()
    write(TRAIN[1], idx(LABELS[:9]))
    assert "do not belong together" in fails("datasets.MNIST('data')", FileProblem)


def test_nothing_is_read_outside_the_folders_of_the_program(tmp_path: Path) -> None:
    mnist()
    (tmp_path / "work").mkdir()
    import os

    os.chdir(tmp_path / "work")
    assert "not found" in fails("datasets.MNIST('../data')", RuntimeError)
    (tmp_path / "work" / "data").symlink_to(tmp_path / "data")
    assert "not found" in fails("datasets.MNIST('data')", RuntimeError)
    for odd in ("'a\\0b'", "3", "None", "[]"):
        with pytest.raises((TypeError, TcalcError)):
            run(f"datasets.MNIST({odd})")


# -- fetching ---------------------------------------------------------------------------------


def test_without_leave_the_error_says_what_to_fetch_and_where() -> None:
    message = fails("datasets.MNIST('data', download=True)", NetworkProblem)
    assert "data/MNIST/raw/train-images-idx3-ubyte.gz" in message and "--allow-net" in message
    assert not Path("data").exists()
    message = fails("datasets.MNIST('data')", RuntimeError)
    assert message.startswith("Dataset not found. You can use download=True to download it")
    assert "data/MNIST/raw/train-images-idx3-ubyte" in message
    message = fails("datasets.CIFAR10('data', download=True)", NetworkProblem)
    assert "cifar-10-python.tar.gz" in message


def test_what_is_there_is_not_fetched() -> None:
    mnist()
    assert len(run("datasets.MNIST('data', download=True)")) == 10


def resources(files: dict[str, bytes]) -> str:
    return repr(tuple((name, hashlib.md5(data).hexdigest()) for name, data in files.items()))


def test_files_are_fetched_and_checked() -> None:
    files = {
        f"{start}-{kind}-ubyte.gz": gzip.compress(idx(array))
        for start in ("train", "t10k")
        for kind, array in (("images-idx3", IMAGES), ("labels-idx1", LABELS))
    }
    with serving({f"/mnist/{name}": data for name, data in files.items()}) as server:
        session = Session(allow_net=True)
        session.network.client = server.client()
        text = f"""
class MNIST(datasets.MNIST):
    mirrors = ["https://mirror.example/mnist/"]
    resources = {resources(files)}
len(MNIST("data", download=True))"""
        assert run(text, session) == 10
        assert Path("data/MNIST/raw/t10k-labels-idx1-ubyte.gz").read_bytes()
        wrong = text.replace(hashlib.md5(files["train-labels-idx1-ubyte.gz"]).hexdigest(), "0" * 32)
        assert "invalid hash" in fails(wrong, StateError, session)


# -- CIFAR ------------------------------------------------------------------------------------

COLORS = (np.arange(6 * 3072) * 5 % 256).astype(np.uint8).reshape(6, 3072)


def text(value: bytes) -> bytes:
    """Python 2's text in a pickle of protocol 2."""
    short = len(value) < 256
    return (b"U" + bytes([len(value)]) if short else b"T" + struct.pack("<I", len(value))) + value


def batch(array: np.ndarray, labels: list[int], key: bytes = b"labels") -> bytes:
    """A pickle as Python 2 wrote CIFAR's: a dict of an array, of numbers and of text."""
    shape = b"".join(b"J" + struct.pack("<i", n) for n in array.shape)
    made = (
        b"cnumpy.core.multiarray\n_reconstruct\nq\x01cnumpy\nndarray\nq\x02K\x00\x85q\x03U\x01bq\x04"
        b"\x87q\x05Rq\x06(K\x01" + shape + b"\x86q\x07cnumpy\ndtype\nq\x08U\x02u1q\tK\x00K\x01\x87q\n"
        b"Rq\x0b(K\x03U\x01|q\x0cNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tq\rb\x89"
        + text(array.tobytes()) + b"q\x0etb"
    )  # fmt: skip
    numbers = b"".join(b"K" + bytes([n]) for n in labels)
    return (
        b"\x80\x02}q\x00(" + text(b"batch_label") + text(b"training batch 1 of 5") + text(b"data")
        + made + text(key) + b"](" + numbers + b"e" + text(b"filenames") + b"](" + text(b"a.png")
        + b"eu."
    )  # fmt: skip


def meta(names: list[bytes], key: bytes = b"label_names") -> bytes:
    return b"\x80\x02}(" + text(key) + b"](" + b"".join(map(text, names)) + b"eu."


def cifar(files: dict[str, bytes], archive: bool = False) -> str:
    """Writes a small CIFAR10; the class that knows its files."""
    folder = "cifar-10-batches-py"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, data in {**files, "readme.html": b"hello"}.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
            if not archive:
                write(name, data, f"data/{folder}")
    if archive:
        write("cifar-10-python.tar.gz", packed.getvalue(), "data")
    known = {name: hashlib.md5(data).hexdigest() for name, data in files.items()}
    return f"""
class Small(datasets.CIFAR10):
    tgz_md5 = "{hashlib.md5(packed.getvalue()).hexdigest()}"
    train_list = [["data_batch_1", "{known.get("data_batch_1")}"], ["data_batch_2", "{known.get("data_batch_2")}"]]
    test_list = [["test_batch", "{known.get("test_batch")}"]]
    meta = {{"filename": "batches.meta", "key": "label_names", "md5": "{known.get("batches.meta")}"}}
"""


GOOD = {
    "data_batch_1": batch(COLORS[:3], [1, 0, 2]),
    "data_batch_2": batch(COLORS[3:5], [2, 2]),
    "test_batch": batch(COLORS[5:], [1]),
    "batches.meta": meta([b"plane", b"car", b"bird"]),
}


@pytest.mark.parametrize("archive", [False, True])
def test_cifar_is_read_from_its_folder_and_from_its_archive(archive: bool) -> None:
    session = Session()
    run(cifar(GOOD, archive) + "d = Small('data', transform=transforms.ToTensor());", session)
    images = COLORS[:5].reshape(5, 3, 32, 32)
    assert np.array_equal(session.evaluate("d.data"), images.transpose(0, 2, 3, 1))
    assert session.evaluate("d.targets, d.classes, d.class_to_idx['bird'], len(d)") == (
        [1, 0, 2, 2, 2], ["plane", "car", "bird"], 2, 5,
    )  # fmt: skip
    assert np.allclose(session.evaluate("d[4][0].numpy()"), images[4] / 255)
    assert session.evaluate("Small('data', train=False)[0]")[1] == 1
    loaded = session.evaluate("[[x, y.tolist()] for x, y in DataLoader(d, batch_size=4)]")
    assert [y for _, y in loaded] == [[1, 0, 2, 2], [2]]
    assert np.allclose(loaded[0][0].array, images[:4] / 255)
    assert session.evaluate("repr(d).splitlines()[3]") == "    Split: Train"


def test_batches_of_cifar_made_at_once_are_those_made_one_by_one() -> None:
    made = f"""{cifar(GOOD)}
t = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5, 0.4, 0.3), (0.2, 0.2, 0.2))])
d = Small("data", transform=t)
x, y = next(iter(DataLoader(d, batch_size=5)))
one = torch.stack([d[i][0] for i in range(5)])
x.equal(one), y.tolist()"""
    assert run(made) == (True, [1, 0, 2, 2, 2])


def test_a_file_that_is_not_the_published_one_is_refused() -> None:
    known = cifar(GOOD)
    write("data_batch_2", GOOD["data_batch_1"], "data/cifar-10-batches-py")
    message = fails(known + "Small('data')", RuntimeError)
    assert message.startswith("Dataset not found or corrupted") and "data_batch_2" in message
    assert "data_batch_1" in fails("datasets.CIFAR10('data')", RuntimeError)
    known = cifar(GOOD, archive=True)
    Path("data/cifar-10-batches-py").rename("data/elsewhere")
    write("cifar-10-python.tar.gz", b"something else", "data")
    assert "not the file that was published" in fails(known + "Small('data')", RuntimeError)


def reduced(code: bytes) -> bytes:
    return b"\x80\x02}(" + text(b"data") + code + b"u."


HOSTILE = {
    "a program": reduced(b"cos\nsystem\n" + text(b"touch owned") + b"\x85R"),
    "a builtin": reduced(b"c__builtin__\neval\n" + text(b"1") + b"\x85R"),
    "numpy's loader": reduced(b"cnumpy\nload\n" + text(b"x") + b"\x85R"),
    "an array as a function": reduced(b"cnumpy\nndarray\nK\x01\x85R"),
    "objects": batch(COLORS[:3], [1, 0, 2]).replace(b"U\x02u1", b"U\x02O8"),
    "sizes that lie": batch(COLORS[:3], [1, 0, 2]).replace(
        b"J" + struct.pack("<i", 3072), b"J" + struct.pack("<i", 3073)
    ),
    "sizes below 0": batch(COLORS[:3], [1, 0, 2]).replace(
        b"J" + struct.pack("<i", 3072), b"J" + struct.pack("<i", -1)
    ),
    "sizes of all memory beside a size of 0": batch(np.zeros((0, 1), np.uint8), []).replace(
        b"J" + struct.pack("<i", 1), b"\x8a\x09" + (1 << 70).to_bytes(9, "little")
    ),
    "a short end": GOOD["data_batch_1"][:-200],
    "nothing": b"",
    "no pickle": b"hello",
    "a list": b"\x80\x02](K\x01e.",
    "no data": meta([b"a"]),
    "too few labels": batch(COLORS[:3], [1, 0]),
    "another shape": batch(COLORS[:3].reshape(9, 1024), [1] * 9),
    "itself": b"\x80\x02}q\x00(" + text(b"data") + b"h\x00u.",
    "deep": b"\x80\x02}(" + text(b"data") + b"(" * 100_000 + b"t" * 100_000 + b"u.",
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused(what: str, here: Path) -> None:
    known = cifar({**GOOD, "data_batch_1": HOSTILE[what]})
    fails(known + "Small('data')", TcalcError)
    assert not (here / "owned").exists()


def test_archives_with_odd_members_are_refused() -> None:
    def packed(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w:gz") as tar:
            for member, data in members:
                tar.addfile(member, io.BytesIO(data))
        return made.getvalue()

    link = tarfile.TarInfo("cifar-10-batches-py/data_batch_1")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    many = [(tarfile.TarInfo(f"f{i}"), b"") for i in range(100)]
    whole = packed((tarfile.TarInfo("a"), b""))
    for data in (
        packed((link, b"")),
        packed(*many),
        whole[: len(whole) // 2],
        gzip.compress(b"x" * 700),
    ):
        write("cifar-10-python.tar.gz", data, "data")
        known = f"""
class Small(datasets.CIFAR10):
    tgz_md5 = "{hashlib.md5(data).hexdigest()}"
Small('data')"""
        fails(known, FileProblem)


# -- folders ----------------------------------------------------------------------------------


def folders() -> None:
    for name in (
        "dog/b.npy",
        "dog/a.npy",
        "cat/deep/c.npy",
        "cat/z.npy",
        "cat/notes.md",
        "top.npy",
    ):
        np_file = io.BytesIO()
        np.save(np_file, np.arange(4.0, dtype=np.float32) + len(name))
        write(name.rpartition("/")[2], np_file.getvalue(), f"data/{name.rpartition('/')[0]}")
    write(".hidden.npy", b"", "data/cat")


def test_a_folder_for_each_class() -> None:
    folders()
    session = Session()
    run("d = datasets.DatasetFolder('data', load, extensions=('.npy',));", session)
    assert session.evaluate("d.classes, d.class_to_idx") == (["cat", "dog"], {"cat": 0, "dog": 1})
    assert session.evaluate("d.samples") == [
        ("data/cat/z.npy", 0), ("data/cat/deep/c.npy", 0), ("data/dog/a.npy", 1), ("data/dog/b.npy", 1),
    ]  # fmt: skip
    assert session.evaluate("d.targets, len(d)") == ([0, 0, 1, 1], 4)
    value, target = session.evaluate("d[2]")
    assert target == 1 and value.tolist() == [9.0, 10.0, 11.0, 12.0]
    x, y = session.evaluate("next(iter(DataLoader(d, batch_size=4)))")
    assert tuple(x.shape) == (4, 4) and y.tolist() == [0, 0, 1, 1]
    text = "len(datasets.DatasetFolder('data', load, is_valid_file=lambda p: p.endswith('a.npy'), allow_empty=True))"
    assert run(text) == 1


def test_folders_without_classes_or_files_are_told_of() -> None:
    assert "nowhere" in fails("datasets.ImageFolder('nowhere')", MissingFile)
    folders()
    message = fails("datasets.ImageFolder('data')", MissingFile)
    assert "Found no valid file for the classes cat, dog" in message and ".png" in message
    Path("empty").mkdir()
    assert "Couldn't find any class folder" in fails("datasets.ImageFolder('empty')", MissingFile)


def test_links_that_lead_back_end() -> None:
    folders()
    Path("data/dog/again").symlink_to(Path("data").absolute())
    assert len(run("datasets.DatasetFolder('data', load, ('.npy',))")) == 4


def test_a_program_may_choose_its_classes_and_its_loader() -> None:
    folders()
    text = """
class Mine(datasets.ImageFolder):
    def find_classes(self, directory): return ["dog"], {"dog": 5}
d = Mine("data", loader=lambda p: load(p).sum().item(), is_valid_file=lambda p: p.endswith(".npy"))
d[0], d.imgs"""
    assert run(text) == ((42.0, 5), [("data/dog/a.npy", 5), ("data/dog/b.npy", 5)])


def test_food101_goes_by_its_lists() -> None:
    write(
        "train.json", b'{"pizza": ["pizza/7", "pizza/8"], "cake": ["cake/1"]}', "data/food-101/meta"
    )
    text = """
d = datasets.Food101("data", loader=lambda name: name, target_transform=lambda t: t + 10)
d.classes, len(d), d[0], d[2], repr(d).splitlines()[-2:]"""
    classes, count, first, last, shown = run(text)
    assert (classes, count) == (["cake", "pizza"], 3)
    assert first == ("data/food-101/images/pizza/7.jpg", 11)
    assert last == ("data/food-101/images/cake/1.jpg", 10)
    assert shown[0] == "    StandardTransform"
    assert "food-101.tar.gz" in fails(
        "datasets.Food101('data', 'test', download=True)", RuntimeError
    )
    for bad in (b"[]", b'{"a": 3}', b'{"a": [3]}', b"{", b"[" * 100_000, b"\xff"):
        write("train.json", bad, "data/food-101/meta")
        fails("datasets.Food101('data')", FileProblem)


# -- files of images --------------------------------------------------------------------------


def test_png_files_are_written_without_pillow(here: Path) -> None:
    run("from torchvision.utils import save_image\nsave_image(rand(3, 1, 4, 4), 'grid.png');")
    run("from PIL import Image\nImage.new('LA', (3, 2), (7, 9)).save('la.png', compress_level=9);")
    assert (here / "grid.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, color = struct.unpack(">IIBB", (here / "la.png").read_bytes()[16:26])
    assert (width, height, depth, color) == (3, 2, 8, 4)
    data = (here / "la.png").read_bytes()
    start = data.index(b"IDAT")
    size = struct.unpack(">I", data[start - 4 : start])[0]
    assert zlib.decompress(data[start + 4 : start + 4 + size]) == (b"\0" + b"\x07\x09" * 3) * 2


@pytest.mark.parametrize(
    "name", ["a.txt", "a.py", "a", ".hidden.png", "/etc/a.png", "../a.png", "none/a.png"]
)
def test_images_are_written_where_files_may_be(name: str, here: Path) -> None:
    fails(f"from PIL import Image\nImage.new('L', (2, 2)).save({name!r})", Exception)
    assert list(here.iterdir()) == []


def test_reading_an_image_says_what_it_needs(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PIL", "PIL.Image"):
        monkeypatch.setitem(sys.modules, name, None)  # as where it is not installed
    (here / "a.png").write_bytes(b"\x89PNG")
    message = fails("from PIL import Image\nImage.open('a.png')", ImportError)
    assert "pip install 'tcalc[images]'" in message


class TestWithPillow:
    """What needs the extra `images`."""

    @pytest.fixture(autouse=True)
    def pillow(self) -> Any:
        return pytest.importorskip("PIL.Image", reason="the extra reads pictures")

    def test_files_come_back(self, here: Path) -> None:
        text = """
from PIL import Image
from torchvision.io import read_image, write_png
im = Image.fromarray((np.arange(60) * 4).reshape(4, 5, 3).astype(np.uint8))
im.save("a.png"); im.save("a.bmp"); im.save("a.jpg", quality=95); im.convert("L").save("a.gif");
write_png(read_image("a.png"), "b.png");
[Image.open(n) == im for n in ("a.png", "a.bmp", "b.png")] + [Image.open("a.jpg").size, Image.open("a.png").format]"""
        assert run(text) == [True, True, True, (5, 4), "PNG"]
        assert run("from PIL import Image\nImage.open('a.gif').mode") in ("L", "RGB")

    def test_folders_of_images_are_read(self) -> None:
        text = """
from PIL import Image
import os
for name in ("cat", "dog"):
    os.makedirs("data/" + name)
    Image.new("L", (6, 4), 200).save(f"data/{name}/a.png")
d = datasets.ImageFolder("data", transforms.Compose([transforms.Resize(2), transforms.ToTensor()]))
x, y = next(iter(DataLoader(d, batch_size=2)))
x.shape, y.tolist(), d.classes"""
        shape, targets, classes = run(text)
        assert (tuple(shape), targets, classes) == ((2, 3, 2, 3), [0, 1], ["cat", "dog"])

    def test_damaged_and_hostile_files_are_told_of(
        self, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("from PIL import Image\nImage.new('RGB', (40, 40), 'red').save('a.png');")
        good = (here / "a.png").read_bytes()
        # A header that says that the image is of very many pixels.
        header = b"IHDR" + struct.pack(">IIBBBBB", 30_000, 2_000, 8, 2, 0, 0, 0)
        large = good[:12] + header + struct.pack(">I", zlib.crc32(header)) + good[33:]
        bomb = good[:12] + b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
        bomb += struct.pack(">I", zlib.crc32(bomb[12:])) + good[33:]
        monkeypatch.setattr(memory, "limit", memory.resident() + (1 << 28))
        for data in (
            good[:60],
            good[:20],
            b"",
            b"%PDF-1.4 hello",
            good[:40] + bytes(40),
            large,
            bomb,
        ):
            (here / "a.png").write_bytes(data)
            fails("from PIL import Image\nImage.open('a.png')", TcalcError)
        (here / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
        assert "cannot identify" in fails("from PIL import Image\nImage.open('a.png')", OSError)
