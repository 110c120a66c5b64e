"""Each format: what is written is read back, and NumPy's own files are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from looked import blocks, listing

from tcalc import files
from tcalc.errors import FileProblem, ValueProblem
from tcalc.files.functions import make_functions
from tcalc.runtime.tensor.tensor import wrap
from tcalc.runtime.types import dtypes

NUMBERS = ("?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8", "c8", "c16")
SHAPES = ((), (0,), (3,), (2, 3), (0, 4), (2, 1, 3))


def equal(found: Any, expected: Any) -> None:
    assert found.array.dtype == expected.dtype
    assert found.array.shape == expected.shape
    np.testing.assert_array_equal(found.array, expected)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<U3", ">U3"])
def test_arrays_of_text_are_lists_of_it(dtype: str, order: Any, tmp_path: Path) -> None:
    rows = [["x", "yé"], ["", "\U0001f600z"]]
    names = np.array(rows, dtype, order=order)
    np.savez(tmp_path / "x.npz", w=np.ones(2), names=names, one=np.array("a"), none=names[:0])
    np.save(tmp_path / "x.npy", names)
    functions = make_functions(lambda: [str(tmp_path)], (), print)
    assert functions["load"](str(tmp_path / "x.npy")) == rows
    found = functions["load"](str(tmp_path / "x.npz"))
    assert found.pop("w").tolist() == [1, 1]
    assert found == {"names": rows, "one": "a", "none": []}
    assert listing(str(tmp_path / "x.npz"))[1:] == [
        ("names", "text", (2, 2)), ("one", "text", ()), ("none", "text", (0, 2)),
    ]  # fmt: skip
    assert blocks(str(tmp_path / "x.npz"))[1:3] == [[["x", "yé", "", "\U0001f600z"]], [["a"]]]


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", NUMBERS)
def test_arrays_come_back_whole(tmp_path: Path, dtype: str, shape: Any, suffix: str) -> None:
    array = (np.arange(np.prod(shape, dtype=int)) % 2).reshape(shape).astype(dtype)
    path = str(tmp_path / ("x" + suffix))
    value: Any = wrap(array) if suffix == ".npy" else {"layer.weight": wrap(array)}
    files.save(value, path)
    found = files.load(path)
    equal(found if suffix == ".npy" else found["layer.weight"], array)
    theirs = np.load(path)
    np.testing.assert_array_equal(theirs if suffix == ".npy" else theirs["layer.weight"], array)
    assert listing(path) == [
        files.Entry("" if suffix == ".npy" else "layer.weight", array.dtype.name, shape)
    ]


@pytest.mark.parametrize("dtype", [*NUMBERS, ">f4", ">i8", ">c16", ">u2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_what_numpy_saved_is_read(tmp_path: Path, dtype: str, order: Any) -> None:
    array = np.array([[0, 1, 1], [1, 0, 1]], dtype=dtype, order=order)
    path = str(tmp_path / "x.npy")
    np.save(path, array)
    found = files.load(path).array
    np.testing.assert_array_equal(found, array)
    assert found.dtype == array.dtype.newbyteorder("=")
    packed = str(tmp_path / "x.npz")
    np.savez_compressed(packed, a=array, b=array[0])
    both = files.load(packed)
    assert list(both) == ["a", "b"]
    np.testing.assert_array_equal(both["a"].array, array)


def test_bytes_of_bools_are_truth(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.array([0, 1, 2, 255], np.uint8))
    path.write_bytes(path.read_bytes().replace(b"|u1", b"|b1"))
    assert files.load(str(path)).array.tolist() == [False, True, True, True]


def test_saving_strided_and_read_only_arrays(tmp_path: Path) -> None:
    array = np.arange(24.0).reshape(4, 6)[::2, 1::3].T
    array.flags.writeable = False
    files.save(wrap(array), str(tmp_path / "x.npy"))
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), array)


def test_several_tensors_without_names(tmp_path: Path) -> None:
    path = str(tmp_path / "x.npz")
    files.save([wrap(np.ones(2)), [1, 2], 3.5], path)
    found = files.load(path)
    assert {k: v.array.tolist() for k, v in found.items()} == {
        "arr_0": [1, 1], "arr_1": [1, 2], "arr_2": 3.5,
    }  # fmt: skip
    files.save(wrap(np.ones(2)), path)
    assert list(files.load(path)) == ["arr_0"]


def test_dtype_is_of_every_tensor(tmp_path: Path) -> None:
    for suffix in (".npy", ".npz", ".csv", ".json"):
        path = str(tmp_path / ("x" + suffix))
        files.save(wrap(np.array([[0.1, 0.2], [0.3, 0.4]])), path)
        found = files.load(path, dtype=dtypes.float64)
        found = found["arr_0"] if suffix == ".npz" else found
        equal(found, np.array([[0.1, 0.2], [0.3, 0.4]]))


def test_no_bfloat16_outside(tmp_path: Path) -> None:
    half = wrap(np.ones(2, ml_dtypes.bfloat16))
    for suffix in (".npy", ".npz"):
        with pytest.raises(FileProblem, match="no bfloat16") as caught:
            files.save(half, str(tmp_path / ("x" + suffix)))
        assert "float" in (caught.value.hint or "")
    assert list(tmp_path.iterdir()) == []
    files.save(half, str(tmp_path / "x.csv"))
    assert (tmp_path / "x.csv").read_text() == "1.0\n1.0\n"


# -- tables ---------------------------------------------------------------------------------------

nan = float("nan")
TABLES: list[tuple[str, str, Any]] = [
    ("1,2\n3,4\n", "int64", [[1, 2], [3, 4]]),
    ("1,2\r\n3,4", "int64", [[1, 2], [3, 4]]),
    ("1,2\r3,4\r", "int64", [[1, 2], [3, 4]]),
    ("a,b\n1,2\n", "int64", [[1, 2]]),
    ("\ufeffa,b\n1,2\n", "int64", [[1, 2]]),
    ("\n\na,b\n\n1,2\n\n3,4\n", "int64", [[1, 2], [3, 4]]),
    ('"a, b","c\nd"\n"1",2\n', "int64", [[1, 2]]),
    ("1.5,2\n3,4\n", "float32", [[1.5, 2], [3, 4]]),
    ("1,,3\n,5,\n", "float32", [[1, nan, 3], [nan, 5, nan]]),
    ("nan,-inf\n.5,+1E3\n", "float32", [[nan, -np.inf], [0.5, 1000]]),
    (" 1 , 2 \n", "int64", [[1, 2]]),
    ("1;2\n3;4\n", "int64", [[1, 2], [3, 4]]),
    ("x\ty\n1\t2\n", "int64", [[1, 2]]),
    ("a,b\n", "float32", []),
    ("9223372036854775807,1\n", "int64", [[9223372036854775807, 1]]),
    ("1000000000000000000,\n1,2\n", "float64", [[1e18, nan], [1, 2]]),
    ("10000000000000000000,1\n", "float64", [[1e19, 1]]),
    ("1\n2\n3\n", "int64", [1, 2, 3]),
    ("v\n1\n2\n", "int64", [1, 2]),
    ("1 2 3\n", "int64", [1, 2, 3]),
    ("1 2\n3 4\n", "int64", [[1, 2], [3, 4]]),
    ("# made by savetxt\n1.0 2 # end\n", "float32", [1, 2]),
    ("x y\n1 2\n", "int64", [[1, 2]]),
    ("5", "int64", [5]),
    ("", "float32", []),
    ("\n \n", "float32", []),
]


@pytest.mark.parametrize(("text", "dtype", "expected"), TABLES)
def test_tables(text: str, dtype: str, expected: Any) -> None:
    found = files.read(text.encode(), "<stdin>").array
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.array(expected, dtype).reshape(found.shape))
    assert len(found) == len(expected)


WRONG: list[tuple[str, str, str | None]] = [
    ("n,v\n1,2\nbob,3\n", r"x, line 3, column 1 \('n'\): 'bob' is not a number", "columns=['v']"),
    ("1,2\n3,x\n", "line 2, column 2: 'x' is not a number", "columns=[0]"),
    ("a,b\nx,y\n", "line 2, column 1", None),
    ("1,2\n3\n", "line 2: 1 field, but the rows before have 2", None),
    ("1,2\n3,4,5\n", "line 2: 3 fields, but the rows before have 2", None),
    ("1 2\n3\n", "line 2: 1 field", None),
    ("1,2\n0x10,1\n", "'0x10' is not a number", "columns=[1]"),
    ("1,2\n1_0,1\n", "'1_0' is not a number", "columns=[1]"),
    ("1,2\n١,1\n", "'١' is not a number", "columns=[1]"),
    ("1,2\nTrue,1\n", "'True' is not a number", "columns=[1]"),
    ('1,2\n"3,4\n', "line 2", None),
]


@pytest.mark.parametrize(("text", "message", "hint"), WRONG)
def test_wrong_tables(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(ValueProblem, match=message) as caught:
        files.read(text.encode(), "x")
    if hint is not None:
        assert hint in (caught.value.hint or "")


def test_columns() -> None:
    data = b"name,price,n\nbob,1.5,2\namy,2.5,4\n"

    def read(columns: Any) -> Any:
        return files.read(data, "x", columns=columns).array.tolist()

    assert read("n") == [2, 4]
    assert read(["n"]) == [[2], [4]]
    assert read(("n", "price")) == [[2, 1.5], [4, 2.5]]
    assert read(1) == [1.5, 2.5]
    assert read([-1, 1]) == [[2, 1.5], [4, 2.5]]
    for columns, message in (("x", "no column 'x'"), (3, "no column 3"), ([], "one column"),
                             (1.5, "no column"), (["name"], "'bob' is not a number")):  # fmt: skip
        with pytest.raises((ValueProblem, TypeError), match=message):
            read(columns if not isinstance(columns, float) else [columns])
    with pytest.raises(ValueProblem, match="several columns 'a'"):
        files.read(b"a,a\n1,2\n", "x", columns="a")
    with pytest.raises(ValueProblem, match="line 3: 2 fields"):
        files.read(b"a,b,c\n1,2,3\n1,2\n", "x", columns="a")
    with pytest.raises(ValueProblem, match="columns= is for tables"):
        files.read(b"[1]", "x", columns="a")


def test_not_text() -> None:
    with pytest.raises(FileProblem, match=r"line 2: byte 5 \(0xff\) is not UTF-8"):
        files.read(b"1,2\n3\xff,4\n", "x")
    with pytest.raises(FileProblem, match="is not text: it holds zero bytes"):
        files.read(b"1,2\0\n", "x")


def test_one_very_long_line_and_one_very_long_field() -> None:
    found = files.read(b",".join([b"1"] * 200_000), "x").array
    assert found.shape == (1, 200_000)
    with pytest.raises(FileProblem, match="line 1: field larger"):
        files.read(b"1," + b"x" * 1_100_000, "x")


@settings(max_examples=60, deadline=None)
@given(
    hnp.arrays(
        st.sampled_from([np.dtype(t) for t in ("i8", "i4", "f4", "f8", "f2")]),
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=5),
    ),
    st.sampled_from([".csv", ".tsv", ".txt", ".json"]),
)
def test_numbers_in_text_survive(tmp_path_factory: Any, array: Any, suffix: str) -> None:
    path = str(tmp_path_factory.mktemp("t") / ("x" + suffix))
    files.save(wrap(array), path)
    found = files.load(path, dtype=dtypes.of(array.dtype)).array
    np.testing.assert_array_equal(found, array)


def test_tables_with_names(tmp_path: Path) -> None:
    path = str(tmp_path / "x.csv")
    files.save({"a": [1, 2], 'b "x", y': wrap(np.array([0.5, nan]))}, path)
    assert Path(path).read_text() == 'a,"b ""x"", y"\n1,0.5\n2,nan\n'
    assert files.load(path, columns='b "x", y').array.tolist()[0] == 0.5
    for bad in ({"a": [1], "b": [1, 2]}, {"a": [[1]]}, {}):
        with pytest.raises(ValueProblem, match="vectors of one length"):
            files.save(bad, path)
    with pytest.raises(ValueProblem, match="two dims at most"):
        files.save(wrap(np.ones((2, 2, 2))), path)
    with pytest.raises(ValueProblem, match="no complex"):
        files.save(wrap(np.ones(2, complex)), path)


# -- JSON -----------------------------------------------------------------------------------------


def test_json_holds_tensors_and_values(tmp_path: Path) -> None:
    path = str(tmp_path / "x.json")
    value = {
        "w": wrap(np.array([[0.1, np.inf], [nan, -np.inf]], np.float32)),
        "flags": wrap(np.array([True, False])),
        "names": ["a", "b"],
        "epoch": 3,
        "rate": -np.inf,
        "none": None,
        "ragged": [[1], [2, 3]],
    }
    files.save(value, path)
    assert json.loads(Path(path).read_text())["w"] == [[0.1, "inf"], ["nan", "-inf"]]
    found = files.load(path)
    equal(found["w"], value["w"].array)
    assert found["flags"].array.tolist() == [True, False]
    assert found["names"] == ["a", "b"]
    assert (found["epoch"], found["rate"], found["none"]) == (3, "-inf", None)
    assert [t.array.tolist() for t in found["ragged"]] == [[1], [2, 3]]
    assert [e.name for e in listing(path)][:2] == ["w", "flags"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2", "line 1, column 6: no JSON"),
        ("[1,\n2,,3]", "line 2, column 3: no JSON"),
        ('{"a": 1}\n{"a": }\n', "line 2, column 7"),
        ("[" * 100_000, "nested too deeply"),
        ("[1" + "0" * 200_000 + "]", "x: "),
        ("[" * 70 + "1" + "]" * 70, "x: "),
    ],
)
def test_wrong_json(text: str, message: str) -> None:
    with pytest.raises(FileProblem, match=message):
        files.read(text.encode(), "x")


def test_json_lines_and_mixtures() -> None:
    assert files.read(b'{"a":1}\n\n{"a":2}\n', "x") == [{"a": 1}, {"a": 2}]
    assert files.read(b'[1, "x", null]', "x") == [1, "x", None]
    assert files.read(b"[1, true]", "x") == [1, True]
    assert files.read(b"[100000000000000000000]", "x") == [10**20]
    assert files.read(b"[NaN, 1]", "x").array.tolist()[1] == 1


def test_what_json_cannot_say(tmp_path: Path) -> None:
    path = str(tmp_path / "x.json")
    loop: list[Any] = []
    loop.append(loop)
    for value, message in (({1: 2}, "keys are strings"), (2j, "no complex"), (print, "no builtin"),
                           (wrap(np.ones(1, complex)), "no complex")):  # fmt: skip
        with pytest.raises(ValueProblem, match=message):
            files.save(value, path)
    assert list(tmp_path.iterdir()) == []


def test_sniffing() -> None:
    assert files.sniff(b"\x93NUMPY...") == ".npy"
    assert files.sniff(b"PK\x03\x04...") == ".npz"
    assert files.sniff(b" \n[1]") == ".json"
    assert files.sniff(b'{"a": 1}') == ".json"
    assert files.sniff(b"a b\n") == ".txt"
    assert files.sniff(b"") == ".txt"
    assert files.sniff(b'"a,b"\n"c"\n') == ".txt"
