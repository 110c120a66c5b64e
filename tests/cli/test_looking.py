"""`tcalc FILE`, `tcalc inspect` and `tcalc diff` as they are shown, piped and written as JSON."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from tcalc import files
from tcalc.runtime.tensor.tensor import wrap

from .conftest import Cli, process

PEOPLE = "name,height (cm),n,day\nann,150.5,1,2024-01-02\nbob,175,2,\nEve,NA,3,2023-05-06\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people.csv").write_text(PEOPLE)
    arrays = {"a": np.arange(6.0).reshape(2, 3) / 4, "b": np.arange(3), "e": np.zeros((0, 3))}
    np.savez("w.npz", **arrays)
    layers = {
        f"layers.{i}.{part}": wrap(np.full((4, 4), i, np.float32))
        for i in range(12)
        for part in ("attn.weight", "mlp.weight")
    }
    files.save({**layers, "head": wrap(np.array([np.nan, np.inf], np.float32))}, "m.pt")
    return tmp_path


# -- summaries --------------------------------------------------------------------------------------


def test_a_table_on_a_terminal(cli: Cli, here: Path) -> None:
    assert (
        cli("people.csv", terminal=True, NO_COLOR="1").out
        == """\
people.csv: 3 rows of 4 columns between commas; the first row taken as header
  column       dtype    blank         min   mean         max
  name         text         0         Eve                bob  3 different
  height (cm)  float32      1       150.5  162.8         175  █▁▁▁▁▁▁▁▁█
  n            int64                    1      2           3  █▁▁▁▁█▁▁▁█
  day          text         1  2023-05-06         2024-01-02  2 different
"""
    )
    (here / "m.tsv").write_text("1\n")
    assert (
        cli("m.tsv", terminal=True, NO_COLOR="1").out
        == """\
m.tsv: 1 row of 1 column; no header
  column  dtype  min  mean  max
  0       int64    1     1    1
"""
    )


def test_a_table_fits_the_window(cli: Cli, here: Path) -> None:
    for columns in (40, 60, 120):
        out = cli("people.csv", terminal=True, NO_COLOR="1", COLUMNS=str(columns)).out
        assert max(map(len, out.splitlines())) <= columns, out
    assert "\x1b[1m" in cli("people.csv", terminal=True).out


def test_a_model_on_a_terminal(cli: Cli, here: Path) -> None:
    assert (
        cli("m.pt", terminal=True, NO_COLOR="1", COLUMNS="100").out
        == """\
m.pt: 25 arrays, 386 numbers, 1.51 KiB
  name                  dtype    shape   count      bytes  nan  min  mean  max
  layers.#.attn.weight  float32  [4, 4]     12  768 bytes         0   5.5   11  █▄▄▄▄▄▄▄▄█
  layers.#.mlp.weight   float32  [4, 4]     12  768 bytes         0   5.5   11  █▄▄▄▄▄▄▄▄█
  head                  float32  [2]              8 bytes    1                  1 inf
"""
    )
    assert (
        cli("inspect", "m.pt", terminal=True, NO_COLOR="1").out
        == """\
m.pt: 25 arrays, 386 numbers, 1.51 KiB
  name                  dtype    shape   count      bytes
  layers.#.attn.weight  float32  [4, 4]     12  768 bytes
  layers.#.mlp.weight   float32  [4, 4]     12  768 bytes
  head                  float32  [2]              8 bytes
"""
    )


def test_in_a_pipe_every_array_has_a_row(cli: Cli, here: Path) -> None:
    rows = cli("inspect", "m.pt").out.splitlines()
    assert len(rows) == 25 and rows[1] == "layers.0.mlp.weight\tfloat32\t[4, 4]"
    assert (
        cli("w.npz").out
        == """\
name\tdtype\tshape\tblanks\tmin\tmean\tmax
a\tfloat64\t[2, 3]\t0\t0.0\t0.625\t1.25
b\tint64\t[3]\t0\t0\t1.0\t2
e\tfloat64\t[0, 3]\t\t\t\t
"""
    )


def test_as_json(cli: Cli, here: Path) -> None:
    file, name, height, *_ = map(json.loads, cli("--json", "people.csv").out.splitlines())
    assert file == {
        "type": "file", "source": "people.csv", "format": "csv", "size": len(PEOPLE), "arrays": 4,
        "numbers": 6, "bytes": 36, "separator": ",", "header": True,
    }  # fmt: skip
    assert name == {
        "type": "array", "name": "name", "dtype": "text", "shape": [3], "blanks": 0, "min": "Eve",
        "max": "bob", "source": "people.csv",
    }  # fmt: skip
    assert (height["blanks"], height["min"], height["mean"], height["max"]) == (
        1,
        150.5,
        162.75,
        175,
    )
    head = json.loads(cli("--json", "m.pt").out.splitlines()[-1])
    assert (head["blanks"], head["inf"], "min" in head) == (1, 1, False)


def test_what_a_table_turns_out_to_be(cli: Cli, here: Path) -> None:
    """Text below many numbers, whole numbers beside others, decimal commas."""
    (here / "late.csv").write_text("x,y\n" + "1,2\n" * 9000 + "a,2.5\n")
    assert cli("late.csv").out.splitlines()[1:] == [
        "x\ttext\t[9001]\t0\t\t\t", f"y\tfloat32\t[9001]\t0\t2.0\t{18002.5 / 9001!r}\t2.5",
    ]  # fmt: skip
    (here / "commas.csv").write_text("x;y\n1,5;2\n2,5;3\n")
    assert cli("commas.csv").out.splitlines()[1:] == [
        "x\tfloat32\t[2]\t0\t1.5\t2.0\t2.5", "y\tint64\t[2]\t0\t2\t2.5\t3",
    ]  # fmt: skip
    (here / "ragged.csv").write_text("x,y\n1,2\n3\n")
    assert "line 3: 1 field, but the rows before have 2" in cli("ragged.csv").err


def test_a_long_table_is_left_in_its_file(here: Path) -> None:
    rows = "".join(f"{i},{i / 8}\n" for i in range(300_000))
    (here / "long.csv").write_text("i,x\n" + rows)
    done = process("--max-memory", "100M", "inspect", "long.csv", cwd=here)
    assert done == (0, "i\tint64\t[?]\nx\tfloat32\t[?]\n", "")
    done = process("--max-memory", "100M", "long.csv", cwd=here)
    assert done.out.splitlines()[1:] == [
        "i\tint64\t[300000]\t0\t0\t149999.5\t299999",
        "x\tfloat32\t[300000]\t0\t0.0\t18749.9375\t37499.875",
    ]
    assert process("diff", "long.csv", "long.csv", cwd=here) == (0, "", "")


def test_a_file_larger_than_memory_is_inspected_at_once(cli: Cli, here: Path) -> None:
    """Sparse files of 64 GiB: only their headers are read."""
    header = json.dumps({"w": {"dtype": "F32", "shape": [1 << 34], "data_offsets": [0, 1 << 36]}})
    with open("huge.safetensors", "wb") as file:
        file.write(len(header).to_bytes(8, "little") + header.encode())
        file.truncate(8 + len(header) + (1 << 36))
    assert cli("inspect", "huge.safetensors").out == f"w\tfloat32\t[{1 << 34}]\n"
    with open("huge.npy", "wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f8", "fortran_order": False, "shape": (1 << 33,)}
        )
        file.truncate(file.tell() + (1 << 36))
    assert cli("inspect", "huge.npy").out == f"float64\t[{1 << 33}]\n"


def test_limits_hold(here: Path) -> None:
    rows = "1,2\n" * 4_000_000
    (here / "long.csv").write_text(rows)
    for argv in (["long.csv"], ["diff", "long.csv", "long.csv"]):
        done = process("--timeout", "0.3", *argv, cwd=here)
        assert (done.status, done.out) == (124, "") and "TimedOut" in done.err
    (here / "long.json").write_text("[" + rows.replace("\n", ",") + "1]")
    done = process("--max-memory", "100M", "inspect", "long.json", cwd=here)
    assert done.status == 1 and done.err.startswith("LimitError: long.json needs ")


def test_standard_input(cli: Cli, here: Path) -> None:
    listed = cli("inspect", "w.npz").out
    for name in ("-", "/dev/stdin"):
        assert cli("inspect", name, stdin=Path("w.npz").read_bytes()) == (0, listed, "")
    assert cli("inspect", "--stats", "-", stdin=PEOPLE.encode()).out == cli("people.csv").out
    with open("w.npz", "rb") as file:
        done = process("inspect", "/dev/stdin", stdin=file.read(), cwd=here)
    assert done == (0, listed, "")


def test_a_name_that_says_nothing(cli: Cli, here: Path) -> None:
    os.rename("w.npz", "weights")
    assert (
        cli("inspect", "weights").out == "a\tfloat64\t[2, 3]\nb\tint64\t[3]\ne\tfloat64\t[0, 3]\n"
    )
    (here / "README").write_text("hello\n")
    assert "not a data file" in cli("inspect", "README").err


@pytest.mark.parametrize(
    ("argv", "status", "message"),
    [
        (["inspect", "none.npz"], 2, "tcalc: no such file: none.npz"),
        (["none.npz"], 2, "tcalc: no such file: none.npz"),
        (["inspect", "folder"], 2, "tcalc: is a folder: folder"),
        (["inspect", "cut.npz"], 1, "cut.npz is damaged"),
        (["inspect", "wrong.npy"], 1, "does not begin as one"),
        (["wrong.npy"], 1, "does not begin as one"),
        (["inspect", "pipe.npy"], 1, "pipe.npy is a pipe, not a plain file"),
        (["--stats", "1"], 2, "--stats is for tcalc inspect"),
        (["--rtol", "1", "inspect", "w.npz"], 2, "--rtol is for tcalc diff"),
        (["--rtol", "-1", "diff", "w.npz", "w.npz"], 2, "--rtol takes a number from 0 up"),
        (["diff", "w.npz"], 2, "diff needs two files"),
        (["diff", "w.npz", "none.npz"], 2, "no such file: none.npz"),
        (["diff", "w.npz", "folder"], 2, "is a folder: folder"),
        (["diff", "w.npz", "cut.npz"], 2, "cut.npz is damaged"),
        (["diff", "w.npz", "late.npz"], 2, "Bad CRC"),
        (["diff", "-", "/dev/stdin"], 2, "standard input can be read once"),
    ],
)
def test_trouble(cli: Cli, here: Path, argv: list[str], status: int, message: str) -> None:
    (here / "folder").mkdir()
    whole = Path("w.npz").read_bytes()
    (here / "cut.npz").write_bytes(whole[:-30])
    (here / "late.npz").write_bytes(whole.replace(np.float64(1.25).tobytes(), b"\xff" * 8))
    (here / "wrong.npy").write_bytes(b"hello")
    os.mkfifo(here / "pipe.npy")
    done = cli(*argv)
    assert done.status == status and message in done.err and not done.out


def test_an_expression_behind_a_file_is_told_where_there_is_the_file(cli: Cli, here: Path) -> None:
    assert "-v x=w.npz 'a.mean()'" in cli("inspect", "w.npz", "a.mean()").err
    assert "hint" not in cli("inspect", "none.npz", "a.mean()").err


def test_one_bad_file_does_not_hide_the_next(cli: Cli, here: Path) -> None:
    (here / "bad.npy").write_bytes(b"hello")
    done = cli("inspect", "bad.npy", "none.npy", "w.npz")
    assert done.status == 2 and "w.npz\na\tfloat64" in done.out
    assert done.err.count("\n") == 2


def test_names_from_files_are_escaped_on_a_terminal(cli: Cli, here: Path) -> None:
    (here / "e.json").write_text(json.dumps({"a\x1b[2J\nb": [1, 2]}))
    out = cli("e.json", terminal=True, NO_COLOR="1").out
    assert "\x1b" not in out and len(out.splitlines()) == 3


# -- differences ------------------------------------------------------------------------------------


@pytest.fixture
def others(here: Path) -> None:
    arrays = dict(np.load("w.npz"))
    arrays["a"][1, 2] += 0.5
    arrays["b"] = np.arange(4)
    arrays["z"] = np.ones(2, np.float32)
    del arrays["e"]
    np.savez("w2.npz", **arrays)


@pytest.mark.usefixtures("others")
def test_two_files_on_a_terminal(cli: Cli, here: Path) -> None:
    done = cli("diff", "w.npz", "w2.npz", terminal=True, NO_COLOR="1")
    assert (done.status, done.out) == (1, """\
  name  differs in   elements  apart  at         A     B  relative
  a     values         1 of 6    0.5  [1, 2]  1.25  1.75     0.286
  b     [3] and [4]
  e     only in A
  z     only in B
4 arrays differ, 0 the same
""")  # fmt: skip
    done = cli("diff", "w.npz", "w.npz", terminal=True)
    assert (done.status, done.out) == (0, "3 arrays the same\n")


def test_arrays_that_miss_together_are_told_together(cli: Cli, here: Path) -> None:
    held = files.load("m.pt")
    del held["head"]
    files.save({k: v for k, v in held.items() if "attn" in k}, "few.pt")
    done = cli("diff", "m.pt", "few.pt", terminal=True, NO_COLOR="1")
    assert (done.status, done.out) == (1, """\
  name                 differs in
  layers.#.mlp.weight  only in A, 12 arrays
  head                 only in A
13 arrays differ, 12 the same
""")  # fmt: skip
    assert len(cli("diff", "m.pt", "few.pt").out.splitlines()) == 14


@pytest.mark.usefixtures("others")
def test_two_files_in_a_pipe(cli: Cli, here: Path) -> None:
    assert cli("diff", "w.npz", "w2.npz") == (1, (
        "name\twhat\tdiffer\tof\tabsolute\tat\ta\tb\trelative\trelative at\n"
        f"a\tvalues\t1\t6\t0.5\t[1, 2]\t1.25\t1.75\t{0.5 / 1.75!r}\t[1, 2]\n"
        "b\tshape\t\t\t\t\tint64 [3]\tint64 [4]\t\t\n"
        "e\tonly in A\t\t\t\t\tfloat64 [0, 3]\t\t\t\n"
        "z\tonly in B\t\t\t\t\t\tfloat32 [2]\t\t\n"
    ), "")  # fmt: skip
    assert cli("diff", "w.npz", "w.npz") == (0, "", "")


@pytest.mark.usefixtures("others")
def test_two_files_as_json(cli: Cli, here: Path) -> None:
    first, second, *_ = map(json.loads, cli("--json", "diff", "w.npz", "w2.npz").out.splitlines())
    place = {"difference": 0.5, "at": [1, 2], "a": 1.25, "b": 1.75}
    assert first == {
        "type": "difference", "name": "a", "same": False, "what": ["values"],
        "a": {"dtype": "float64", "shape": [2, 3]}, "b": {"dtype": "float64", "shape": [2, 3]},
        "differ": 1, "of": 6, "nan": 0, "absolute": place,
        "relative": {**place, "difference": 0.5 / 1.75}, "first": place,
    }  # fmt: skip
    assert second["what"] == ["shape"] and "differ" not in second
    same = json.loads(cli("--json", "diff", "w.npz", "w.npz").out.splitlines()[0])
    assert same["same"] and same["what"] == [] and same["absolute"] is None


@pytest.mark.parametrize(
    ("a", "b", "options", "differ", "nan"),
    [
        ([1.0, np.nan], [1.0, np.nan], [], 0, 0),
        ([1.0, np.nan], [1.0, 2.0], [], 1, 1),
        ([1.0, 2.0], [1.0, np.nan], ["--atol", "1e9"], 1, 1),
        ([np.inf, -np.inf], [np.inf, -np.inf], [], 0, 0),
        ([np.inf, 1.0], [-np.inf, np.inf], ["--rtol", "1"], 2, 0),
        ([0.0, -0.0], [-0.0, 0.0], [], 0, 0),
        ([1.0, 100.0], [1.01, 101.0], ["--rtol", "0.0101"], 0, 0),
        ([1.0, 100.0], [1.01, 101.0], ["--atol", "0.5"], 1, 0),
        ([1.0, 100.0], [1.01, 101.0], ["--atol", "0.5", "--rtol", "0.005"], 0, 0),
        ([2**62, 2**62 + 1], [2**62, 2**62], [], 1, 0),
        ([True, False], [True, True], [], 1, 0),
        ([1 + 2j, 3.0], [1 + 2j, 3 + 1j], [], 1, 0),
    ],
)
def test_which_numbers_are_the_same(
    cli: Cli,
    here: Path,
    a: list[object],
    b: list[object],
    options: list[str],
    differ: int,
    nan: int,
) -> None:
    np.save("a.npy", np.array(a))
    np.save("b.npy", np.array(b))
    status, out, err = cli("--json", *options, "diff", "a.npy", "b.npy")
    found = json.loads(out)
    assert (status, err) == (int(differ > 0), "")
    assert (found["differ"], found["nan"]) == (differ, nan)


def test_between_formats(cli: Cli, here: Path) -> None:
    files.save(files.load("m.pt"), "m.safetensors")
    assert cli("diff", "m.pt", "m.safetensors") == (0, "", "")
    matrix = np.array([[0.1, 2], [3, 4.5]], np.float32)
    np.save("m.npy", matrix)
    np.savez("m.npz", anything=np.asfortranarray(matrix))
    (here / "m.csv").write_text("0.1,2\n3,4.5\n")
    (here / "m.json").write_text("[[0.1, 2], [3, 4.5]]")
    names = ("m.npy", "m.npz", "m.csv", "m.json")
    for a in names:
        for b in names:
            assert cli("diff", a, b) == (0, "", ""), (a, b)
    assert cli("diff", "-", "m.npy", stdin=b"0.1,2\n3,4.5\n") == (0, "", "")
    (here / "longer.csv").write_text("0.1,2\n3,4.5\n5,6\n")
    assert "shape" in cli("diff", "longer.csv", "m.npy").out
    np.savez("t.npz", n=np.array([1, 2, 3]))
    out = cli("--columns", "n", "diff", "people.csv", "t.npz")
    assert out == (0, "", "")
    np.save("d.npy", np.array([[0.1, 2], [3, 4.5]]))
    assert json.loads(cli("--json", "diff", "m.npy", "d.npy").out)["what"] == ["dtype", "values"]


def test_tables(cli: Cli, here: Path) -> None:
    (here / "q.csv").write_text(PEOPLE.replace("175", "176").replace("bob", "Bob"))
    rows = [line.split("\t") for line in cli("diff", "people.csv", "q.csv").out.splitlines()[1:]]
    assert [(row[0], row[2], *row[4:8]) for row in rows] == [
        ("name", "1", "", "[1]", "bob", "Bob"), ("height (cm)", "1", "1.0", "[1]", "175.0", "176.0"),
    ]  # fmt: skip
    (here / "q.tsv").write_text(PEOPLE.replace(",", "\t").replace("NA", ""))
    assert cli("diff", "people.csv", "q.tsv") == (0, "", "")
    (here / "more.csv").write_text(PEOPLE + "Zoe,1,4,\n")
    assert cli("diff", "people.csv", "more.csv").out.count("shape") == 4
    (here / "one.csv").write_text("name,n\nann,1\nbob,2\nEve,3\n")
    assert cli("diff", "people.csv", "one.csv").out.count("only in A") == 2


def test_a_difference_past_the_first_block(cli: Cli, here: Path) -> None:
    a = np.zeros((1000, 1000), np.float32)
    np.save("a.npy", a)
    a[999, 998] = 2
    np.save("b.npy", np.asfortranarray(a))
    found = json.loads(cli("--json", "diff", "a.npy", "b.npy").out)
    assert found["absolute"]["at"] == found["first"]["at"] == [999, 998] and found["differ"] == 1


# -- what is said of it -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["load", "save"])
def test_help_lists_every_format(cli: Cli, name: str) -> None:
    shown = cli("help", name).out
    assert all(f"{suffix} " in shown for suffix in files.FORMATS)


def test_functions_are_listed_for_tools_and_for_people(cli: Cli) -> None:
    assert cli("ops", "svdv").out.startswith("torch.linalg.svdvals\tThe singular values")
    rows = cli("ops", "*norm", terminal=True, NO_COLOR="1", COLUMNS="80").out.splitlines()
    assert all(len(row) <= 80 for row in rows) and any(row.endswith("…") for row in rows)
