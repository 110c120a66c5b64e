"""Files of models made to mislead: each is refused with a sentence, and nothing of it is run."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import tracemalloc
import zipfile
from pathlib import Path
from struct import pack
from typing import Any

import pytest
from looked import blocks, listing

from tcalc import files
from tcalc.errors import FileProblem, LimitError, StateError
from tcalc.files.models import archive
from tcalc.files.models.marks import LEGACY
from tcalc.runtime.base import memory

DATA = Path(__file__).parent / "data"


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, data in entries.items():
            made.writestr(zipfile.ZipInfo(name), data, compress_type=method)
    return stream.getvalue()


def checkpoint(body: bytes, storages: dict[str, bytes] | None = None, **more: bytes) -> bytes:
    """A file whose pickle has these opcodes between its first and its last."""
    parts = {f"a/data/{key}": data for key, data in (storages or {"0": bytes(16)}).items()}
    extra = {f"a/{key}": data for key, data in more.items()}
    return zipped({"a/data.pkl": b"\x80\x02" + body + b".", **parts, **extra})


def text(value: str) -> bytes:
    return b"X" + pack("<I", len(value.encode())) + value.encode()


def storage(
    key: str = "0", kind: str = "FloatStorage", count: int = 4, where: str = "cpu"
) -> bytes:
    return b"(" + text("storage") + f"ctorch\n{kind}\n".encode() + text(key) + text(where) + (
        integer(count) + b"tQ"
    )  # fmt: skip


def integer(value: int) -> bytes:
    data = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def sizes(*values: int) -> bytes:
    return b"(" + b"".join(map(integer, values)) + b"t"


def tensor(
    stored: bytes | None = None,
    offset: bytes | None = None,
    size: bytes | None = None,
    stride: bytes | None = None,
    rest: bytes = b"\x89N",
    name: str = "_rebuild_tensor_v2",
) -> bytes:
    return b"ctorch._utils\n" + name.encode() + b"\n(" + (
        (stored or storage()) + (offset or integer(0)) + (size or sizes(4)) + (stride or sizes(1))
    ) + rest + b"tR"  # fmt: skip


def read(data: bytes, name: str = "x.pt") -> Any:
    return files.read(data, name)


def test_the_parts_fit() -> None:
    assert read(checkpoint(tensor())).array.tolist() == [0.0] * 4
    assert read(checkpoint(b"}" + text("a") + tensor() + b"s"))["a"].array.shape == (4,)


@pytest.mark.parametrize("flag", [b"\x88", b"\x89"])
def test_parameters_from_before_0_4(flag: bytes) -> None:
    """As PyTorch itself still reads them: a class, its data, and the state that follows."""
    old = b"ctorch._utils\n_rebuild_tensor\n(" + (
        storage() + integer(0) + sizes(4) + sizes(1) + b"tR"
    )  # fmt: skip
    state = b"(" + flag + b"\x89ccollections\nOrderedDict\n)Rtb"
    parameter = b"ctorch.nn.parameter\nParameter\n" + old + b"\x85Rq\x00" + state
    data = checkpoint(b"}(" + text("a") + parameter + text("b") + b"h\x00u")
    found = read(data)
    assert found["a"] is found["b"] and type(found["a"]).__name__ == "Parameter"
    assert found["a"].requires_grad is (flag == b"\x88")
    assert [entry.name for entry in listed(data)] == ["a", "b"]
    with pytest.raises(FileProblem, match="state of a OldParameter"):
        read(checkpoint(parameter[: -len(state)] + b"K\x01b"))


# -- names ------------------------------------------------------------------------------------------


class Runs:
    def __reduce__(self) -> Any:
        return os.mkdir, ("made-by-a-pickle",)


GLOBALS = [
    "cos\nsystem\n", "cposix\nsystem\n", "cbuiltins\neval\n", "c__builtin__\neval\n",
    "cbuiltins\ngetattr\n", "ctorch\nload\n", "ctorch.storage\n_load_from_bytes\n",
    "ctorch.hub\nload\n", "ctorch.nn.modules.linear\nLinear\n", "cnumpy\nload\n",
    "ctorch._utils\n_rebuild_qtensor\n", "ccollections\ndefaultdict\n", "ctcalc\nsave\n",
    "ccollections\nOrderedDict.fromkeys\n", "ctorch\n__dict__\n", "c\n\n", "ctorch\nfloat8_e4m3fn\n",
    "c" + "a" * 5000 + "\nb\n", "cnumpy\nndarray\n", "ccopyreg\n_reconstructor\n",
]  # fmt: skip


@pytest.mark.parametrize("name", GLOBALS)
def test_names_that_are_not_on_the_list(name: str) -> None:
    for body in (name.encode(), name.encode() + b"(" + text("echo") + b"tR"):
        with pytest.raises(FileProblem, match="nothing is unpickled") as caught:
            read(checkpoint(body))
        assert len(str(caught.value)) < 400


def test_nothing_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for protocol in range(2, 6):
        data = zipped({"a/data.pkl": pickle.dumps(Runs(), protocol)})
        with pytest.raises(FileProblem, match="nothing is unpickled"):
            read(data)
    (tmp_path / "x.pt").write_bytes(pickle.dumps(Runs(), 2))
    with pytest.raises(FileProblem, match="bare pickle"):
        files.load("x.pt")
    assert os.listdir(tmp_path) == ["x.pt"]


# -- pickles ----------------------------------------------------------------------------------------

BODIES: list[tuple[bytes, str]] = [
    (b"", "takes what it has not put there|left over"),
    (b"0", "opcode that weights do not need"),
    (b"I1\n", "opcode that weights do not need"),
    (b"P1\n", "opcode that weights do not need"),
    (b"i__main__\nX\n", "opcode that weights do not need"),
    (b"]o", "opcode that weights do not need"),
    (b"]]", "left over"),
    (b"(]", "left over"),
    (b"a", "takes what it has not put there"),
    (b"]e", "takes what it has not put there"),
    (b"]\x86", "takes what it has not put there"),
    (b"h\x00", "asks for value 0"),
    (b"j\xff\xff\xff\xff", "asks for value 4294967295"),
    (b"]q\x00h\x00a", "holds itself"),
    (b"]q\x00}q\x01X\x01\x00\x00\x00ah\x00sa", "holds itself"),
    (b"(]q\x00h\x00\x85at", "holds itself"),
    (b"N" + b"\x85" * 200, "deeper than 100"),
    (b"N" + b"\x85" * 1_000_000, "deeper than 100"),
    (b"]" * 200 + b"a" * 199, "deeper than 100"),
    (b"K\x05K\x06a", "appends to a int"),
    (b"}K\x06a", "appends to a dict"),
    (b"]K\x06K\x07s", "sets items of a list"),
    (b"}(K\x06u", "sets items of a dict"),
    (b"}]K\x01s", "a list is no key"),
    (b"}}K\x01s", "a dict is no key"),
    (b"}" + tensor() + b"K\x01s", "a Laid is no key"),
    (b"}N\x85\x85K\x01s", "a tuple is no key"),
    (b"K\x05)R", "calls what is no function"),
    (b"ctorch\nSize\nK\x05R", "calls what is no function"),
    (b"ctorch\nSize\n(K\x01K\x02tR", "does not take"),
    (b"ctorch\nSize\n", "something else than weights"),
    (b"ctorch\nFloatStorage\n", "something else than weights"),
    (b"ctorch\nFloatStorage\n)R", "calls what is no function"),
    (storage(), "something else than weights"),
    (b"](K\x01K\x02tb", "sets the state of a list"),
    (b"K\x05Q", "no storage"),
    (b"(" + text("module") + b"NNNNtQ", "no storage"),
    (b"X\xff\xff\xff\x7fabc", "breaks off"),
    (b"\x8d" + b"\xff" * 8, "breaks off"),
    (b"X\x01\x00\x00\x00\xff", "not UTF-8"),
    (b"\x8a\xff\x01", "breaks off"),
    (b"G\x00", "breaks off"),
    (b"ctorch", "breaks off"),
    (b"\x80\x09N", "protocol 9"),
    (b"C\x03abc", "3 bytes beside its tensors"),
    (b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x06\x00\x00\x00latin1tR", "1 bytes beside"),
    (b"c_codecs\nencode\n(X\x01\x00\x00\x00aX\x06\x00\x00\x00rot_13tR", "unknown spelling"),
    (b"cbuiltins\nset\n]]a\x85R", "a list is no key"),
    (b"ctorch\ndevice\n(X\x04\x00\x00\x00nonetR", "device"),
    (b"ctorch\nSize\n((\x8a\x01\xffttR", "no number from 0 on"),
    (b"cbuiltins\ncomplex\n(]]tR", "no floats"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "message"), BODIES)
def test_pickles(body: bytes, message: str) -> None:
    with pytest.raises(FileProblem, match=message) as caught:
        read(checkpoint(body))
    assert "x.pt" in str(caught.value)


TENSORS: list[tuple[bytes, str]] = [
    (tensor(size=sizes(5)), "outside its storage of 16 bytes"),
    (tensor(offset=integer(1)), "outside its storage"),
    (tensor(stride=sizes(2)), "outside its storage"),
    (tensor(offset=integer(1 << 62)), "outside its storage"),
    (tensor(size=sizes(1 << 62, 1 << 62), stride=sizes(1 << 62, 1)), "outside its storage"),
    (tensor(size=sizes(1 << 62, 4), stride=sizes(0, 1)), "x.pt"),
    (tensor(size=sizes(2, 2)), "not as many strides as sizes"),
    (tensor(size=sizes(-1)), "no number from 0 on"),
    (tensor(stride=sizes(-1)), "no number from 0 on"),
    (tensor(offset=integer(-1)), "no number from 0 on"),
    (tensor(offset=b"G" + bytes(8)), "no number from 0 on"),
    (tensor(offset=b"\x88"), "no number from 0 on"),
    (tensor(size=sizes(*[1] * 65), stride=sizes(*[1] * 65)), "no list of numbers"),
    (tensor(size=b"]"), "not as many|no list"),
    (tensor(size=b"N"), "no list of numbers"),
    (tensor(stored=b"N"), "has no storage"),
    (tensor(stored=storage(key="1")), "storage '1' of 16 bytes is not in it"),
    (tensor(stored=storage(key="../../etc/passwd")), "is not in it"),
    (tensor(stored=storage(kind="DoubleStorage")), "storage '0' of 32 bytes has 16"),
    (tensor(stored=storage(count=5)), "storage '0' of 20 bytes has 16"),
    (tensor(stored=storage(count=1 << 62)), "has 16"),
    (tensor(stored=storage(kind="QInt8Storage")), "nothing is unpickled"),
    (tensor(rest=b"\x88N", stored=storage(kind="IntStorage")), "has no gradients"),
    (tensor(rest=b"NNNNNNNN"), "does not take"),
    (tensor(name="_rebuild_tensor_v3", rest=b"\x89NK\x05"), "dtype is none"),
    (tensor(name="_rebuild_parameter"), "does not take|no tensor"),
    (b"(" + tensor() + tensor(stored=storage(kind="IntStorage")) + b"t", "in two ways"),
]


@pytest.mark.parametrize(("body", "message"), TENSORS)
def test_tensors(body: bytes, message: str) -> None:
    for data in (checkpoint(body), checkpoint(b"}" + text("a") + body + b"s")):
        with pytest.raises(FileProblem, match=message):
            if b"_v2" in body and b"tR" in body[-2:]:
                assert listed(data)
            read(data)


def listed(data: bytes) -> Any:
    """What is told of a file without reading its storages; that also finds what does not fit."""
    from tcalc.files.models import checkpoint as form

    return form.entries(io.BytesIO(data), len(data), "x.pt", None)


def test_a_place_that_there_is_not() -> None:
    with pytest.raises(StateError, match="tagged with hpu"):
        read(checkpoint(tensor(stored=storage(where="hpu"))))


def test_bools_that_are_both() -> None:
    stored = storage(kind="BoolStorage", count=4)
    found = read(checkpoint(tensor(stored), {"0": b"\x00\x01\x02\xff"}))
    assert found.array.view("u1").tolist() == [0, 1, 1, 1]


def test_many_names_for_one_thing() -> None:
    """Lists of lists of …, each twice the same: as large as the file is, not as what it stands for."""
    body = b"]q\x00"
    for at in range(60):
        body += b"(h" + bytes([at]) + b"h" + bytes([at]) + b"tq" + bytes([at + 1])
    data = checkpoint(b"(" + body + b"t")
    found = read(data)
    assert isinstance(found, tuple)
    assert listed(data) == []


# -- archives ---------------------------------------------------------------------------------------


def good() -> bytes:
    return checkpoint(b"}" + text("a") + tensor() + b"s")


def changed(data: bytes, old: bytes, new: bytes, count: int = -1) -> bytes:
    assert old in data and len(old) == len(new)
    return data.replace(old, new, count)


CENTRAL = good().rindex(b"PK\1\2")
ARCHIVES: list[tuple[bytes, str]] = [
    (b"PK\3\4", "list of entries at its end is missing"),
    (good()[:-1], "list of entries at its end is missing"),
    (good()[: len(good()) // 2], "list of entries at its end is missing"),
    (good() + b"x", "list of entries at its end is missing"),
    (b"PK\3\4" + good(), "is cut off"),
    (zipped({"a/data.pkl": b"\x80\x02N."}, zipfile.ZIP_DEFLATED), "is packed"),
    (zipped({"data.pkl": b"\x80\x02N."}), "did not write"),
    (zipped({"a/data.pkl": b"", "b/data.pkl": b""}), "did not write"),
    (zipped({"a/x": b""}), "did not write"),
    (zipped({"a/data.pkl": b""}), "breaks off"),
    (zipped({"a/data.pkl": b"", "a/constants.pkl": b""}), "TorchScript"),
    (checkpoint(b"N", byteorder=b"big"), "another byte order"),
    (checkpoint(b"N", byteorder=b"x" * 1000), "is no pickle"),
    (changed(good(), b"a/data/0", b"a/data/1", 1), "not where the list says"),
    (good()[:CENTRAL] + good()[CENTRAL:].replace(pack("<L", 16), pack("<L", 1 << 30)),
     "outside the file"),
    (good()[:CENTRAL] + good()[CENTRAL:].replace(pack("<L", 16), pack("<L", 17), 1), "two sizes"),
    (good()[:-6] + pack("<L", 1 << 30) + good()[-2:], "outside the file"),
    (good()[:-14] + pack("<HH", 0xFFFF, 0xFFFF) + good()[-10:], "not that of an archive"),
    (good()[:-14] + pack("<HH", 9, 9) + good()[-10:], "cut off"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), ARCHIVES)
def test_archives(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.pt"
    path.write_bytes(data)
    for look in (files.load, listing, blocks):
        with pytest.raises(FileProblem, match=message):
            look(str(path))


def test_entries_that_overlap(tmp_path: Path) -> None:
    """Two names for the same bytes: each alone is as large as the list says."""
    inner = zipped({"a/data/1": bytes(64)})
    data = zipped({"a/data.pkl": b"\x80\x02N.", "a/data/0": inner})
    at = data.index(inner)
    first = data.rindex(b"PK\1\2")
    entry = bytearray(data[first:-22])
    entry[20:28] = pack("<LL", 64, 64)
    entry[42:46] = pack("<L", at)
    entry[46:54] = b"a/data/1"
    start = data.index(b"PK\1\2")
    listed = data[start:-22] + bytes(entry)
    end = b"PK\5\6" + pack("<4H2LH", 0, 0, 3, 3, len(listed), start, 0)
    path = tmp_path / "x.pt"
    path.write_bytes(data[:start] + listed + end)
    with pytest.raises(FileProblem, match="overlap"):
        files.load(str(path))


def test_names_that_come_twice(tmp_path: Path) -> None:
    data = zipped({"a/data.pkl": b"\x80\x02N.", "a/data/0": b"", "a/data/1": b""})
    path = tmp_path / "x.pt"
    path.write_bytes(data.replace(b"a/data/1", b"a/data/0"))
    with pytest.raises(FileProblem, match="two entries are called"):
        files.load(str(path))


def test_other_kinds_of_files(tmp_path: Path) -> None:
    for start, message in (
        (b"", "does not begin as one"),
        (b"hello", "does not begin as one"),
        (b"\x80\x02N.", "bare pickle"),
        (bytes(257) + b"ustar" + bytes(300), "tar archive"),
        (b"\x93NUMPY\x01\x00", "does not begin as one"),
    ):
        path = tmp_path / "x.pt"
        path.write_bytes(start)
        with pytest.raises(FileProblem, match=message):
            files.load(str(path))


def test_a_large_pickle_is_weighed_first(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zipped({"a/data.pkl": b"\x80\x02(" + b"]" * (1 << 20) + b"t."})
    monkeypatch.setattr(memory, "limit", memory.in_use() + (1 << 25))
    tracemalloc.start()
    with pytest.raises(LimitError):
        read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 23


def test_storages_are_weighed_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file full of holes, larger than what memory allows."""
    stored = storage(count=1 << 28)
    pickled = b"\x80\x02" + tensor(stored, size=sizes(1 << 28)) + b"."
    path = tmp_path / "x.pt"
    with path.open("wb") as file:
        writer = archive.Writer(file)
        writer.add("a/data.pkl", pickled)
        writer.add("a/data/0", b"")
        start = file.tell()
        file.truncate(start + (1 << 30))
        file.seek(start + (1 << 30))
        writer._at += 1 << 30
        local, central = writer._list
        writer._list[1] = central[:20] + pack("<LL", 1 << 30, 1 << 30) + central[28:]
        writer.close()
    monkeypatch.setattr(memory, "limit", memory.in_use() + (1 << 26))
    assert listing(str(path))[0].shape == (1 << 28,)
    with pytest.raises(LimitError, match="needs 1 GiB"):
        files.load(str(path))
    mapped = files.load(str(path), mapped=True)
    assert mapped.array.shape == (1 << 28,) and float(mapped.array[12345]) == 0.0
    assert local


# -- the format before 1.6 --------------------------------------------------------------------------


def legacy(body: bytes, keys: bytes, storages: bytes, system: bytes | None = None) -> bytes:
    said = system or b"}" + text("little_endian") + b"\x88s"
    pickles = [integer(1001), said, body, keys]
    return LEGACY + b"".join(b"\x80\x02" + p + b"." for p in pickles) + storages


KEYS = b"](" + text("0") + b"e"
FOUR = pack("<q", 4) + bytes(16)
LEGACIES: list[tuple[bytes, str]] = [
    (LEGACY, "breaks off"),
    (LEGACY + b"\x80\x02K\x01.", "version"),
    (legacy(tensor(), KEYS, FOUR, b"}"), "byte order"),
    (legacy(tensor(), KEYS, FOUR[:-1]), "ends within storage"),
    (legacy(tensor(), KEYS, pack("<q", 5) + bytes(20)), "not in its place"),
    (legacy(tensor(), KEYS, pack("<q", -4) + bytes(16)), "not in its place"),
    (legacy(tensor(), KEYS, b""), "not in its place"),
    (legacy(tensor(), b"]", FOUR), "lists other storages"),
    (legacy(tensor(), b"](K\x00e", FOUR), "lists other storages"),
    (legacy(tensor(), b"](" + text("0") * 2 + b"e", FOUR * 2), "lists other storages"),
    (legacy(tensor(), b"N", FOUR), "lists other storages"),
    (legacy(tensor(size=sizes(5)), KEYS, FOUR), "outside its storage"),
    (legacy(tensor(storage(count=1 << 60)), KEYS, pack("<q", 1 << 60) + bytes(16)), "ends within"),
    (legacy(b"cos\nsystem\n", KEYS, FOUR), "nothing is unpickled"),
]


def test_the_parts_of_the_old_format_fit() -> None:
    assert read(legacy(tensor(), KEYS, FOUR)).array.tolist() == [0.0] * 4


@pytest.mark.parametrize(("data", "message"), LEGACIES)
def test_legacy(data: bytes, message: str) -> None:
    with pytest.raises(FileProblem, match=message):
        read(data)


# -- safetensors ------------------------------------------------------------------------------------


def safetensors(header: Any, data: bytes = bytes(16), length: int | None = None) -> bytes:
    said = header if isinstance(header, bytes) else json.dumps(header).encode()
    return pack("<Q", len(said) if length is None else length) + said + data


def one(**fields: Any) -> dict[str, Any]:
    return {"w": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], **fields}}


SAFE: list[tuple[bytes, str]] = [
    (b"", "does not fit"),
    (b"\x02\0\0\0\0\0\0\0{", "does not fit"),
    (safetensors(one(), length=1 << 40), "does not fit"),
    (safetensors(one(), length=1 << 63), "does not fit"),
    (safetensors(b'{"w":'), "no JSON"),
    (safetensors(b'{"a":' * 100_000), "no JSON"),
    (safetensors(b"\xff\xff"), "no JSON"),
    (safetensors([1]), "no JSON object"),
    (safetensors(b'{"w":1,"w":1}'), "comes twice"),
    (safetensors({"w": 5}), "not described as a tensor"),
    (safetensors({"w": {}}), "not described as a tensor"),
    (safetensors(one(more=1)), "not described as a tensor"),
    (safetensors(one(dtype="F8_E4M3")), "has the dtype"),
    (safetensors(one(dtype=["F32"])), "has the dtype"),
    (safetensors(one(shape=[-4])), "has no shape"),
    (safetensors(one(shape=[4.0])), "has no shape"),
    (safetensors(one(shape=[True])), "has no shape"),
    (safetensors(one(shape=[1] * 65)), "has no shape"),
    (safetensors(one(shape="4")), "has no shape"),
    (safetensors(one(shape=[5])), "takes 20 bytes"),
    (safetensors(one(shape=[1 << 62] * 64)), "bytes, not those"),
    (safetensors(one(data_offsets=[0, 12])), "takes 16 bytes"),
    (safetensors(one(data_offsets=[16, 0])), "takes 16 bytes"),
    (safetensors(one(data_offsets=[-16, 0])), "takes 16 bytes"),
    (safetensors(one(data_offsets=[0])), "takes 16 bytes"),
    (safetensors(one(data_offsets=[8, 24]), bytes(24)), "do not follow"),
    (safetensors(one(), bytes(15)), "but 15 follow"),
    (safetensors(one(), bytes(17)), "but 17 follow"),
    (safetensors({**one(), "v": one()["w"]}, bytes(32)), "do not follow"),
    (safetensors({**one(), "v": one(data_offsets=[8, 24])["w"]}, bytes(32)), "do not follow"),
    (safetensors({**one(), "v": one(data_offsets=[20, 36])["w"]}, bytes(36)), "do not follow"),
    (safetensors({**one(), "__metadata__": {"a": 1}}), "metadata"),
    (safetensors({**one(), "__metadata__": "a"}), "metadata"),
]


@pytest.mark.parametrize(("data", "message"), SAFE)
def test_safetensors(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    for look in (files.load, listing, blocks):
        with pytest.raises(FileProblem, match=message):
            look(str(path))


# -- noise ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(p.name for p in DATA.iterdir()))
def test_noise_is_refused_in_words(name: str, tmp_path: Path) -> None:
    """Bytes changed at random give values or one of our errors, and nothing else."""
    chance = random.Random(name)
    original = (DATA / name).read_bytes()
    path = tmp_path / name
    for _ in range(150):
        data = bytearray(original)
        for _ in range(chance.randint(1, 6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.choice([len(data), chance.randint(1, len(data))])])
        for look in (files.load, listing, blocks):
            try:
                look(str(path))
            except (FileProblem, LimitError, StateError) as error:
                assert str(error)
