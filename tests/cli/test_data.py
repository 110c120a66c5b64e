"""Data on the command line: what is read, hints that work where they are printed, and -o."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

from tcalc import files
from tcalc.files import FORMATS

from .conftest import Cli, process

PEOPLE = "name,height (cm),n\nann,150.5,1\nbob,175,2\n"
TABLES = {
    "a name": PEOPLE,
    "no header": "ann,150.5,1\nbob,175,2\n",
    "many": ",".join(f"c{i}" for i in range(40)) + ",t\n" + "1," * 40 + "x\n",
    "odd names": "\"a, b\",'c d',t\n1,2,x\n",
    "unprintable names": 'v\x1b[2J,"a\nb",t\n1,2,x\n',
    "one name twice": "v,v,t\n1,2,x\n",
    "a blank name": ",v,t\n0,2,x\n",
    "decimal commas": "n;v\nann;1,5\nbob;2,5\n",
    "a number in the first row": "country,2019,2020\nx,1,2\n",
}
SUMMARY = """\
column\tdtype\tshape\tblanks\tmin\tmean\tmax
name\ttext\t[2]\t0\tann\t\tbob
height (cm)\tfloat32\t[2]\t0\t150.5\t162.75\t175.0
n\tint64\t[2]\t0\t1\t1.5\t2
"""
TEXT_ALONE = "name,town\nann,Rome\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hint_of(err: str) -> str:
    found = re.search(r"= hint: (.*)", err)
    assert found is not None, err
    return found[1]


@pytest.mark.parametrize("text", TABLES.values(), ids=list(TABLES))
def test_every_hint_works_where_it_is_printed(cli: Cli, here: Path, text: str) -> None:
    path = here / "it's data.csv"
    path.write_text(text)
    calls: list[tuple[list[str], bytes]] = [
        (["-v", f"x={path.name}", "x"], b""),
        (["-v", f"x=@{path.name}", "x"], b""),
        (["-v", "x=-", "x"], text.encode()),
    ]
    shown = set()
    for argv, stdin in calls:
        status, out, err = cli(*argv, stdin=stdin)
        assert (status, out) == (1, "") and "is not a number" in err
        options = hint_of(err).partition(" reads ")[0]
        done = cli(*argv, *shlex.split(options), stdin=stdin)
        assert (done.status, done.err) == (0, "")
        shown.add(done.out)
    assert len(shown) == 1 and shown.pop().strip()
    # In a program, the expression.
    status, _, err = cli(f"load({path.name!r})")
    call = hint_of(err).partition(" reads ")[0]
    assert status == 1 and cli(call).status == 0


def test_hints_for_text_alone(cli: Cli, here: Path) -> None:
    (here / "it's.csv").write_text(TEXT_ALONE)
    err = cli("-v", "x=it's.csv", "x").err
    command = shlex.split(hint_of(err).partition(" lists ")[0])
    assert command[0] == "tcalc"
    assert cli(*command[1:]) == (0, "name\ttext\t[1]\ntown\ttext\t[1]\n", "")
    assert "hint" not in cli("-v", "x=-", "x", stdin=TEXT_ALONE.encode()).err
    (here / "twice.csv").write_text("a,a\nx,y\n")
    assert cli("inspect", "twice.csv").out == "a\ttext\t[1]\na\ttext\t[1]\n"
    assert "hint" not in cli("load('twice.csv')").err
    (here / "large.csv").write_text("a,b\nx,1e400\n")
    assert "hint" not in cli("-v", "x=large.csv", "x").err
    call = hint_of(cli('load("it\'s.csv")').err).partition(" gives ")[0]
    assert cli(call).out == "{'name': ['ann'], 'town': ['Rome']}\n"


def test_columns(cli: Cli, here: Path) -> None:
    (here / "p.csv").write_text(PEOPLE)
    assert cli("-v", "x=p.csv", "--columns", "n", "x").out == "1\t2\n"
    assert cli("-v", "x=p.csv", "--columns", "n,height (cm)", "x").out == "1.0\t150.5\n2.0\t175.0\n"
    assert cli("-v", "x=-", "--columns", "-1", "x", stdin=PEOPLE.encode()).out == "1\t2\n"
    assert cli("inspect", "p.csv", "--columns", "n").out == "n\tint64\t[2]\n"
    assert "has no column 'm'" in cli("-v", "x=p.csv", "--columns", "m", "x").err
    assert "there are 3, numbered from 0" in cli("-v", "x=p.csv", "--columns", "3", "x").err
    (here / "bare.csv").write_text("Ann,1\nBob,2\n")
    said = cli("-v", "x=bare.csv", "x").err
    assert "--columns 1 reads the columns of numbers (numbered from 0)" in said
    for words in ('"a', '"a"b'):
        done = cli("-v", "x=p.csv", "--columns", words, "x")
        assert done.status == 2 and done.err.startswith("tcalc: --columns: ")
    assert cli("--columns", "n", "1").status == 2
    np.save(here / "x.npy", np.ones(2))
    assert "--columns is for tables" in cli("-v", "x=x.npy", "--columns", "a", "x").err


def test_a_first_argument_that_names_a_data_file_is_summarised(cli: Cli, here: Path) -> None:
    (here / "d").mkdir()
    (here / "d/p.csv").write_text(PEOPLE)
    listed = "name\ttext\t[2]\nheight (cm)\tfloat32\t[2]\nn\tint64\t[2]\n"
    assert cli("inspect", "d/p.csv") == (0, listed, "")
    summary = cli("d/p.csv")
    assert summary == cli("./d/p.csv") == cli("inspect", "--stats", "d/p.csv")
    assert summary == (0, SUMMARY, "")
    np.savez(here / "w.npz", a=np.ones((2, 3)), b=np.arange(3))
    assert cli("inspect", "w.npz").out == "a\tfloat64\t[2, 3]\nb\tint64\t[3]\n"
    (here / "m.csv").write_text("1,2\n3,4\n")
    assert cli("inspect", "m.csv").out == "int64\t[2, 2]\n"
    (here / "j.json").write_text('{"a": [1, 2], "b": "x"}')
    assert cli("inspect", "j.json").out == "a\tint64\t[2]\nb\tstr\t[]\n"
    assert cli("w.npz", "m.csv").out.count("w.npz") == 1
    # Only the first argument, and only where there is such a file.
    assert cli("1", "m.csv").status == 1 and cli("./none.csv").status == 2


def test_the_last_value_goes_to_a_file(cli: Cli, here: Path) -> None:
    (here / "a.csv").write_text("h,w\n1.5,2\n2.5,3\n")
    assert cli("-v", "x=a.csv", "x", "-o", "b.csv", "-q") == (0, "", "")
    assert (here / "b.csv").read_text() == "h,w\n1.5,2.0\n2.5,3.0\n"
    status, out, err = cli("-v", "x=a.csv", "x * 2", "-o", "c.csv")
    assert (status, out) == (0, "3.0\t4.0\n5.0\t6.0\n")
    assert err.startswith("tcalc: c.csv has no header: that of a.csv stays with")
    cli("1", "{'w': ones(2)}", "-o", "w.npz", "-q")
    assert files.load(str(here / "w.npz"))["w"].shape == (2,)
    cli("-q", "-o", "t.tsv", "load('a.csv', table=True)")
    assert (here / "t.tsv").read_text() == "h\tw\n1.5\t2\n2.5\t3\n"
    (here / "p.tcalc").write_text("y = 3\ny + 1\n")
    assert cli("-o", "p.json", "p.tcalc").status == 0
    assert (here / "p.json").read_text() == "4\n"


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_takes_the_last_value(cli: Cli, here: Path, suffix: str) -> None:
    value = "[0, 255]" if suffix in (".jpg", ".gif", ".webp", ".bmp") else "[1, 2]"
    by_name = FORMATS[suffix].by_column or suffix == ".safetensors"
    made = f"{{'x': tensor({value})}}" if by_name else f"tensor([{value}])"
    done = cli("-q", "-o", f"x{suffix}", made)
    if "pip install" in done.err:
        pytest.skip(done.err.splitlines()[0])
    assert (done.status, done.out) == (0, "")
    done = cli("inspect", f"x{suffix}")
    if "pip install" in done.err:
        pytest.skip(done.err.splitlines()[0])
    assert done.status == 0 and "2]" in done.out


def test_no_file_where_there_is_no_value(cli: Cli, here: Path) -> None:
    (here / "a.csv").write_text("1\n")
    for argv, status, message in (
        (["-o", "a.csv", "x = 1"], 2, "-o needs a value"),
        (["-o", "a.csv", "1/0"], 1, "ZeroDivisionError"),
        (["-o", "a.csv", "--keep-going", "1/0", "2"], 1, "a.csv was not written"),
        (["-o", "a.csv", "ones(1, 1, 1)"], 1, "two dims at most"),
        (["-o", "no/a.csv", "1"], 1, "there is no such folder"),
        (["-o", "a.py", "1"], 2, "-o takes the name of a data file"),
        (["-o", "a", "1"], 2, "-o takes the name of a data file"),
        (["-o", "a.csv", "inspect", "a.csv"], 2, "-o saves the last value of a program"),
        (["-o", "a.csv", "repl"], 2, "-o saves the last value of a program"),
    ):
        done = cli(*argv)
        assert done.status == status and message in done.err, argv
        assert (here / "a.csv").read_text() == "1\n"
    assert [each.name for each in here.iterdir()] == ["a.csv"]


def test_a_remark_is_made_in_programs_too(cli: Cli, here: Path) -> None:
    (here / "a.csv").write_text("h,w\n1.5,2\n2.5,3\n")
    done = cli("x = load('a.csv'); save(x, 'b.csv')", "save(x + 1, 'c.csv')")
    assert done.status == 0 and "c.csv has no header" in done.err and "b.csv" not in done.err
    done = cli("save(load('a.csv') + 1, '\x1b[2J.csv')")
    assert "has no header" in done.err and "\x1b" not in done.err


def test_plain_data(cli: Cli) -> None:
    done = cli("--json-data", "ones(2, 2) * 0.1", "{'a': (1, nan), 'b': None}", "{1: 2j}",
               "max(tensor([[1., 3.]]), 1)", "print('a')", "float32", "np.array([1, 2])",
               "ones(2, device='meta')", "{3}")  # fmt: skip
    assert [json.loads(line) for line in done.out.splitlines()] == [
        [[0.1, 0.1], [0.1, 0.1]], {"a": [1, "nan"], "b": None}, [[1, [0.0, 2.0]]],
        {"values": [3.0], "indices": [1]}, "a", "float32", [1, 2], None, [3],
    ]  # fmt: skip
    done = cli("--json-data", "1", "1/0")
    assert (done.status, done.out) == (1, "1\n") and "ZeroDivisionError" in done.err


def test_arrays_have_their_data_in_json(cli: Cli) -> None:
    out = cli("--json", "np.array([[0.1, inf]])", "{'a': np.array([True])}", "np.array(3)").out
    first, second, third = map(json.loads, out.splitlines())
    assert (first["type"], first["dtype"], first["shape"]) == ("ndarray", "float64", [1, 2])
    assert first["data"] == [[0.1, "inf"]]
    assert second["items"][0][1]["data"] == [True]
    assert (third["shape"], third["data"]) == ([], 3)


def test_nothing_is_rounded_or_left_out_in_a_pipe(cli: Cli) -> None:
    """What a value in a container shows, reads back as the same number."""
    third = np.float32(1 / 3)
    for value in ("{'a': %s}", "[%s]", "[(1, %s)]", "{'a': [{'b': %s}]}", "({'a': %s}, 2)"):
        out = cli("--terse", value % "tensor([1/3, 2., 1e-30])").out
        digits = re.search(r"tensor\(\[(.*)\]\)", out)
        assert digits is not None
        assert [np.float32(d) for d in digits[1].split(",")] == [third, 2, np.float32(1e-30)]
        assert f"{1 / 3!r}" in cli(value % "np.array([1/3])").out
        long = cli(value % "arange(5000)").out
        assert "..." not in long and long.count(",") >= 4999 and long.count("\n") <= 2
        assert "..." not in cli(value % "np.arange(5000)").out
    # What is exact as PyTorch writes it stays as it is.
    assert cli("{'a': tensor([1., 2.5])}").out == "{'a': tensor([1.0000, 2.5000])}\n"
    assert cli("[tensor([1/3+2j])]").out == "[tensor([0.33333334+2j])]\n"
    assert cli("[tensor(1/3)]", "-p", "2").out == "[tensor(0.33)]\n"
    assert cli("--plain", "[tensor(1/3)]").out == "[tensor(0.3333)]\n"
    assert '"repr":"{tensor(0.33333334)}"' in cli("--json", "{tensor(1/3)}").out


def test_standard_input_is_bounded(here: Path) -> None:
    rows = b"1,2,3,4,5\n" * 1_000_000
    done = process("--max-memory", "100M", "-v", "x=-", "x.shape", stdin=rows, cwd=here)
    assert done.status == 1 and done.err.startswith("LimitError: <stdin> needs ")
    done = process("--max-memory", "300M", "-v", "x=-", "x.shape", stdin=rows, cwd=here)
    assert done == (0, "torch.Size([1000000, 5])\n", "")


def test_ways_to_name_data_are_told_where_others_were_tried(cli: Cli, here: Path) -> None:
    (here / "sales.csv").write_text("region,units\nNorth,3\nSouth,4\n")
    (here / "notes.text").write_text("1 2\n")
    done = cli("sales.csv", "x.sum()")
    assert done.status == 2 and "-v x=sales.csv 'x.sum()' evaluates" in done.err
    assert "`-v x=-` to standard input" in cli("x.sum()").err
    assert "hint" not in cli("3", "x").err
    assert "`@notes.text` reads" in cli("-v", "d=notes.text", "d").err
    assert cli("-v", "d=@notes.text", "d").out == "1\t2\n"
    assert "load('sales.csv', table=True) has the text too" in cli("-v", "s=sales.csv", "s").err


def test_columns_of_one_table_alone_say_what_they_are(cli: Cli, here: Path) -> None:
    (here / "l.csv").write_text("id,score\n1,10\n2,20\n")
    (here / "r.csv").write_text("id,who\n1,ann\n2,bob\n3,eve\n")
    rows = [row.split("\t") for row in cli("diff", "l.csv", "r.csv").out.splitlines()]
    assert [(row[0], row[1], row[6], row[7]) for row in rows[1:]] == [
        ("id", "shape", "int64 [2]", "int64 [3]"), ("score", "only in A", "int64 [2]", ""),
        ("who", "only in B", "", "text [3]"),
    ]  # fmt: skip
