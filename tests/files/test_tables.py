"""Tables: what is read is what is there, or an error that says where it is not."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tcalc import files
from tcalc.errors import ArgumentError, FileProblem, ValueProblem
from tcalc.files import rows, table
from tcalc.files.columns import Wanted
from tcalc.runtime.tensor.tensor import wrap
from tcalc.runtime.types import dtypes

nan, inf = math.nan, math.inf


def same(found: Any, expected: Any, dtype: str) -> None:
    array = getattr(found, "array", found)
    assert array.dtype == dtype
    np.testing.assert_array_equal(array, np.array(expected, dtype))


# -- a slow reader, written from the contract ------------------------------------------------------


class Wrong(Exception):
    """The text is no table of numbers."""


def split(text: str, separator: str) -> list[list[str]]:
    """The rows of a text that are not blank, character by character."""
    found, row, field = [], [], ""
    state, quoted, at = "start", False, 0
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text += "" if text.endswith("\n") else "\n"
    while at < len(text):
        c = text[at]
        at += 1
        if state == "quoted":
            if c != '"':
                field += c
            elif text[at] == '"':
                field += c
                at += 1
            else:
                state = "closed"
        elif c in (separator, "\n"):
            row.append(field)
            field, state = "", "start"
            if c == "\n":
                if len(row) > 1 or row[0].strip() or quoted:
                    found.append(row)
                row, quoted = [], False
        elif state == "closed":
            raise Wrong("after a quote")
        elif c == '"' and state == "start":
            state, quoted = "quoted", True
        else:
            field, state = field + c, "open"
    if state == "quoted":
        raise Wrong("no closing quote")
    return found


def number(field: str, commas: bool) -> tuple[str, Any] | None:
    """What kind of number a field spells (whole, point, comma, power, word), and which."""
    field = field.strip()
    lower = field.lower()
    if lower in ("", "na", "n/a", "null", "nan", "+nan", "-nan"):
        return "word", nan
    if lower.lstrip("+-") in ("inf", "infinity") and lower.count("+") + lower.count("-") <= 1:
        return "word", -inf if lower[0] == "-" else inf
    kind = "point" if "." in field else "power"
    if commas and "," in field and "." not in field:
        kind, field = "comma", field.replace(",", ".", 1)
    if not set(field) <= set("0123456789+-.eE"):
        return None
    try:
        value = float(field)
    except ValueError:
        return None
    if math.isinf(value) or (not value and set(re.split("[eE]", field)[0]) & set("123456789")):
        raise Wrong("beyond float64")
    return ("whole", int(field)) if re.fullmatch("[+-]?[0-9]+", field) else (kind, value)


_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?").fullmatch


def is_name(field: str) -> bool:
    """Whether a field of a first row is text. (Odd numbers are none: 0x10, 1_000, 1,5, 1 2.)"""
    field = field.strip()
    return field.lower() not in ("", "na", "n/a", "null", "nan") and not re.fullmatch(
        r"[+-]?(inf(inity)?|nan|0x[0-9a-f_]+|\d+(_\d+)+\.?\d*|\d{1,3}([.,'’_ \u00a0]\d{3})+([.,]\d*)?"
        r"|(\d+[.,]?\d*|[.,]\d+)([ed][+-]?\d+)?[jl]?)",
        field, re.IGNORECASE,
    ) and not (len(field.split()) > 1 and all(map(_NUMBER, field.split())))  # fmt: skip


def is_missing(field: str) -> bool:
    return field.strip().lower() in ("", "na", "n/a", "null", "nan")


def words(text: str) -> list[list[str]]:
    """The same between blanks, without comments."""
    bare = [line.partition("#")[0] for line in re.split("\r\n|\r|\n", text)]
    return [fields for line in bare if (fields := re.findall(r"[^ \t\v\f\x1c-\x1f]+", line))]


def reference(text: str, separator: str | None) -> tuple[str, list[list[Any]]]:
    """The dtype and the values of a table, or Wrong."""
    table = words(text) if separator is None else split(text, separator)
    if not table:
        return "float32", []
    width = len(table[0])
    if any(map(is_name, table[0])) and all(is_name(f) or is_missing(f) for f in table[0]):
        table = table[1:]
    if any(len(row) != width for row in table):
        raise Wrong("ragged")
    commas = separator == ";" and width > 1
    found = [[number(field, commas) for field in row] for row in table]
    flat = [cell for row in found for cell in row]
    if None in flat:
        raise Wrong("text")
    kinds = {kind for kind, _ in flat}
    if {"point", "comma"} <= kinds:
        raise Wrong("two decimal marks")
    values = [[value for _, value in row] for row in found]
    wholes = [value for kind, value in flat if kind == "whole"]
    if kinds == {"whole"} and all(-(1 << 63) <= v < 1 << 63 for v in wholes):
        return "int64", values
    if any(int(float(v)) != v for v in wholes):
        raise Wrong("float64 rounds")
    with np.errstate(all="ignore"):
        narrow = [(v, float(np.float32(v))) for _, v in flat if math.isfinite(v)]
    rounded = any(float(np.float32(v)) != v for v in wholes)
    lost = any(math.isinf(n) or (v and not n) for v, n in narrow)
    return "float64" if rounded or lost else "float32", values


def check(text: str, separator: str | None) -> None:
    """The reader says what the reference says, or where it finds what is wrong."""
    try:
        dtype, values = reference(text, separator)
    except Wrong:
        with pytest.raises((ValueProblem, FileProblem), match=r"line \d+"):
            table.read(text.encode(), "x", separator, Wanted())
        return
    found = table.read(text.encode(), "x", separator, Wanted()).array
    assert found.dtype == dtype
    if separator is None and len(values) == 1:
        found = found.reshape(1, -1)  # one row of numbers between blanks is a vector
    with np.errstate(over="ignore"):
        expected = np.array(values, dtype).reshape(found.shape)
    np.testing.assert_array_equal(found, expected)
    assert len(found) == len(values)


CELLS = [
    "1", "-2", "0", "0.5", "1e3", ".5", "5.", "+7", "007", "1,5", "0,25", "1.234,5", "1,234",
    "", " ", "NA", "n/a", "null", "NaN", "-nan", "inf", "-Infinity", "a", "b c", "Na", "none",
    "x#1", "0x10", "1_000", "1e400", "1e-400", "1e39", "1e-50", "16777217", "9007199254740993",
    "9223372036854775807", "9223372036854775808", "123456789012345678901234567890", "1" + "0" * 22,
    "16777217.0", "١", "\u00a03", "1e", "--1", "1.2.3", "True", "0" * 350 + "1", "12e", "é",
    '"1"', '"a,b"', '"x\ny"', '""', '" "', '"a""b"', '"2', '3"', '"4"5', "2024-01-02", "1 2",
    "0." + "0" * 330 + "1",
]  # fmt: skip
NUMBERS = [c for c in CELLS[:12] if "," not in c] + ["3.25", "16777217", "nan", ""]


def lines(cells: Any) -> Any:
    """Texts of rows of like width, mostly, with ends of lines and blank ones of every sort."""
    width = st.shared(st.integers(1, 4), key="width")
    row = width.flatmap(lambda n: st.lists(cells, min_size=n, max_size=n))
    odd = st.lists(cells, max_size=5)
    ends = st.sampled_from(["\n", "\n", "\n", "\r\n", "\r", "\n\n", "\n \n"])
    rows = st.lists(st.tuples(st.one_of(row, row, row, row, odd), ends), max_size=7)
    return rows


@settings(max_examples=400, deadline=None)
@given(lines(st.sampled_from(CELLS)), st.sampled_from([",", ";", None]))
def test_any_text_is_read_right_or_refused(made: Any, separator: str | None) -> None:
    check("".join((separator or " ").join(row) + end for row, end in made), separator)


@settings(max_examples=300, deadline=None)
@given(lines(st.sampled_from(NUMBERS)), st.sampled_from([",", ";", None]), st.booleans())
def test_texts_of_numbers_are_read_right(made: Any, separator: str | None, header: bool) -> None:
    mark = separator or " "
    text = "".join(mark.join(row) + end for row, end in made)
    width = len(made[0][0]) if made else 1
    check(mark.join("abcdef"[: width or 1]) + "\n" + text if header else text, separator)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from([*list('12.,;e-+"\n\r \tanx#_'), ""]))),
    st.sampled_from([",", ";", None]),
)
def test_changed_characters_are_read_right_or_refused(changes: Any, separator: str | None) -> None:
    text = list("id,v\n1,2.5\n33,4.25\n5,16777217\n".replace(",", separator or " "))
    for at, character in changes:
        text[at % len(text)] = character
    check("".join(text), separator)


@pytest.mark.parametrize(
    "text", ["1 2.5\n5 16777217#\n", "1 2.5\n5 16777217#x\r\n", "1 2.5\n# 16777217\n5 3e8\n"]
)
def test_comments_end_numbers_and_have_none(text: str) -> None:
    check(text, None)


@settings(max_examples=200, deadline=None)
@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 30), st.just(3)),
               elements=st.floats(-1e6, 1e6, width=32)),
    st.lists(st.integers(0, 30), max_size=5), st.booleans(), st.sampled_from(list(",;\t")),
)  # fmt: skip
def test_no_row_is_dropped(array: Any, blanks: list[int], header: bool, separator: str) -> None:
    text = [f"a{separator}b{separator}c"] if header else []
    text += [separator.join(map(repr, row)) for row in array.tolist()]
    for at in blanks:
        text.insert(at, "")
    data = "\n".join(text).encode()
    found = files.read(data, "x.csv").array
    assert len(found) == sum(map(bool, text)) - header
    one = files.read(data, "x.csv", columns=[1, 2]).array
    np.testing.assert_array_equal(one, found[:, 1:])


# -- headers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "height", "names"),
    [
        ("a,b\n1,2\n", 1, ("a", "b")),
        (",b\n0,2\n", 1, ("", "b")),
        ("a,NA\n1,2\n", 1, ("a", "NA")),
        ("\n\na,b\n1,2\n", 1, ("a", "b")),
        (",count,mean,25%,50%\n1,2,3,4,5\n", 1, ("", "count", "mean", "25%", "50%")),
        ("NA,NA\n1,2\n", 2, None),
        (",\n1,2\n", 2, None),
        ("nan,1\n1,2\n", 2, None),
        ("inf,inf\n1,2\n", 2, None),
        ("1e400x,b\n1,2\n", 1, ("1e400x", "b")),
    ],
)
def test_headers(text: str, height: int, names: Any) -> None:
    found = table.read(text.encode(), "x", ",", Wanted())
    assert (len(found.array), found.names) == (height, names)


@pytest.mark.parametrize(
    "first", ["a,2019", "0x10,b", "1_000,b", '"1,234","5,678"', "١,٢", "1'000,b", "−5,b", "2j,b"]
)
def test_a_row_with_a_number_is_no_header(first: str) -> None:
    with pytest.raises(ValueProblem, match="x, line 1, column 1"):
        table.read(f"{first}\n1,2\n".encode(), "x", ",", Wanted())


# -- decimal commas, separators, encodings ---------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "dtype", "expected"),
    [
        ("1,5;2\n3;4,25\n", "float32", [[1.5, 2], [3, 4.25]]),
        ("a\tb\n0,5\t1,25\n", "float32", [[0.5, 1.25]]),
        ("1,5\t1,234\n", "float32", [[1.5, 1.234]]),
        ("1.5;2\n", "float32", [[1.5, 2]]),
        ("x;y\n,5;1,5e2\n", "float32", [[0.5, 150]]),
        ("2;1,234\n", "float32", [[2, 1.234]]),
        ("1, 2, 3\n4, 5, 6\n", "int64", [[1, 2, 3], [4, 5, 6]]),
        ('"a;b",c\n1,2\n', "int64", [[1, 2]]),
        ("a;b,c\n1;2\n", "int64", [[1, 2]]),
        ("1 2\n3 4.5\n", "float32", [[1, 2], [3, 4.5]]),
    ],
)
def test_what_separates(text: str, dtype: str, expected: Any) -> None:
    same(files.read(text.encode(), "x"), expected, dtype)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,5;2.5\n", "x, line 1, column 1: '1,5' has a decimal comma, and '2.5' in line 1"),
        ("1.234,5;2\n", "line 1, column 1: '1.234,5' is not a number"),
        ("1,234,567;2\n", "line 1, column 1: '1,234,567' is not a number"),
        ("1,234\t5,678\n", "line 1, column 1: '1,234' may have a decimal comma or a mark of"),
        ('"1,234",5\n', "line 1, column 1: '1,234' is not a number"),
        ("1\u00a0234 5\n", "line 1, column 1: '1\\\\xa0234' is not a number"),
    ],
)
def test_marks_that_could_mean_two_things(text: str, message: str) -> None:
    with pytest.raises(ValueProblem, match=re.escape(message).replace("\\\\\\\\", "\\\\")):
        files.read(text.encode(), "x")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_marks_of_the_byte_order(encoding: str) -> None:
    text = "größe,b\n1,2\n"
    data = text.encode(encoding)
    if encoding[-2:] in ("le", "be"):
        data = "\ufeff".encode(encoding) + data
    assert table.read(data, "x", ",", Wanted()).names == ("größe", "b")
    assert files.read("[1, 2]".encode("utf-16"), "x", table=False).array.tolist() == [1, 2]


def test_text_that_is_none() -> None:
    with pytest.raises(FileProblem, match="begins as UTF-16"):
        table.read(b"\xff\xfea", "x", ",", Wanted())
    with pytest.raises(FileProblem, match="line 2: byte 4") as caught:
        table.read("a,b\n\u00e9,1\n".encode("latin-1") + b"2,3\n", "x", ",", Wanted())
    assert "iconv" in (caught.value.hint or "")
    with pytest.raises(FileProblem, match="zero bytes"):
        table.read(b"1,2\n" * 50_000 + b"\0", "x", ",", Wanted())


def test_texts_are_told_apart_by_how_they_begin() -> None:
    assert rows.sniff(b"mass of it\n1\n2\n") == ","
    assert rows.sniff(b"# by me, for you\n1 2\n") is None
    assert rows.sniff(b"1 2\n3 4\n") is None
    same(files.read(b"mass (kg)\n1\n2\n", "x"), [1, 2], "int64")
    same(files.read("1;2\n".encode("utf-16"), "x"), [[1, 2]], "int64")


def test_other_separators_in_txt(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("1,2\n3,4.5\n")
    same(files.load(str(path)), [[1, 2], [3, 4.5]], "float32")
    path = tmp_path / "x.csv"
    path.write_text("1 2\n")  # blanks between numbers
    same(files.load(str(path)), [1, 2], "int64")
    path.write_text("first name\nann lee\n")
    assert files.load(str(path), table=True) == {"first name": ["ann lee"]}


# -- what numbers become ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "dtype", "expected"),
    [
        ("16777216,0.5\n", "float32", [[16777216, 0.5]]),
        ("16777217,0.5\n", "float64", [[16777217, 0.5]]),
        ("16777217.0,0.5\n", "float32", [[16777216, 0.5]]),
        ("6.02214076e23,1\n", "float32", [[6.02214076e23, 1]]),
        ("1e39,1\n", "float64", [[1e39, 1]]),
        ("1e-50,1\n", "float64", [[1e-50, 1]]),
        ("16777217,NA\n", "float64", [[16777217, nan]]),
        ("0.0,1e-400\n", "", None),
        ("9007199254740993,0.5\n", "", None),
        ("9223372036854775808\n", "float32", [2.0**63]),
        ("123456789012345678901234567890\n", "", None),
        ("-1e400,nan\n", "", None),
        ("0.5,1\n" * 9000 + "9007199254740993,2\n", "", None),
        ("0.5,9007199254740993\n", "", None),
    ],
)
def test_numbers_keep_their_value(text: str, dtype: str, expected: Any) -> None:
    if dtype:
        same(files.read(text.encode(), "x.csv"), expected, dtype)
        return
    with pytest.raises(ValueProblem, match=r"x.csv, line \d+, column \d: float64 cannot hold"):
        files.read(text.encode(), "x.csv")


def test_the_place_of_what_is_lost_late() -> None:
    """Whole numbers for many blocks, and then a fraction that makes them floats."""
    text = "7\n" * 90_000 + "9007199254740993\n" + "8\n" * 90_000 + "\n\n0.5\nNA\n"
    with pytest.raises(ValueProblem, match="line 90001, column 1: float64 cannot hold 90071"):
        files.read(text.encode(), "x.csv")
    with pytest.raises(ValueProblem, match="line 90001, column 1: float64 cannot hold 90071"):
        files.read(text.replace("NA\n", "").encode(), "x.csv")
    same(files.read(text.replace("993\n", "992\n").encode(), "x.csv")[90_000:90_002],
         [9007199254740992, 8], "float32")  # fmt: skip


def test_an_explicit_dtype_keeps_values() -> None:
    same(files.read(b"0.1,2\n", "x", dtype=dtypes.float64), [[0.1, 2]], "float64")
    same(files.read(b"16777217,0.5\n", "x", dtype=dtypes.float32), [[16777216, 0.5]], "float32")
    for text, dtype in (("300\n", dtypes.uint8), ("0.5\n", dtypes.int64), ("nan\n", dtypes.int32),
                        ("1e39\n", dtypes.float32), ("70000\n", dtypes.float16)):  # fmt: skip
        with pytest.raises(ValueProblem, match="cannot hold"):
            files.read(text.encode(), "x", dtype=dtype)


def test_columns_that_are_not_read_do_not_count() -> None:
    data = b"id,v,name\n123456789012345678901234567890,0.5,bob\n1e400,1,amy\n"
    same(files.read(data, "x", columns="v"), [0.5, 1], "float32")
    # As many marks as there should be, in other lines.
    with pytest.raises(ValueProblem, match="line 2: 4 fields"):
        files.read(b"a,b,c\n1,2,x,4\n1,2\n", "x", columns="a")
    for columns in (1.5, {"v"}, {"v": 1}, b"v"):
        with pytest.raises(ArgumentError, match="columns must be"):
            files.read(data, "x", columns=columns)


# -- columns by name -------------------------------------------------------------------------------


def test_a_table_of_text_and_numbers_comes_by_name() -> None:
    data = b'name,height,n,note\nann,1.5,1,"a, b"\n bob ,,2,\n'
    found = files.read(data, "x", table=True)
    assert list(found) == ["name", "height", "n", "note"]
    assert found["name"] == ["ann", " bob "] and found["note"] == ["a, b", ""]
    same(found["height"], [1.5, nan], "float32")
    same(found["n"], [1, 2], "int64")
    assert list(files.read(data, "x", table=True, columns=["n", "name"])) == ["n", "name"]
    assert files.read(b"1,x\n2,y\n", "x", table=True)[1] == ["x", "y"]
    assert files.read(b"", "x.csv", table=True) == {}
    # Text that begins as a number too large.
    assert files.read(b"h\n12e999\nab12\n", "x", table=True) == {"h": ["12e999", "ab12"]}
    with pytest.raises(ValueProblem, match=r"several columns 'a', numbers \[0, 2\] of those"):
        files.read(b"a,b,a\n1,2,3\n", "x", table=True)
    with pytest.raises(ValueProblem, match="table= is for tables"):
        files.read(b"[1]", "x", table=True)


names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
heights = st.shared(st.integers(0, 6), key="height")
columns = heights.flatmap(
    lambda n: st.one_of(
        hnp.arrays(np.int64, n, elements=st.integers(-(1 << 63), (1 << 63) - 1)),
        hnp.arrays(np.float32, n, elements=st.floats(width=32)),
        st.lists(names, min_size=max(n - 1, 0), max_size=max(n - 1, 0)).map(
            lambda texts: [*texts, "text"] if n else np.zeros(0, np.float32)
        ),
    )
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(names, columns, min_size=1, max_size=4), st.sampled_from([".csv", ".tsv"]))
def test_tables_come_back(tmp_path_factory: Any, value: Any, suffix: str) -> None:
    path = str(tmp_path_factory.mktemp("t") / ("x" + suffix))
    given = {k: v if isinstance(v, list) else wrap(v) for k, v in value.items()}
    try:
        files.save(given, path)
    except ValueProblem as error:
        assert "would not be read back" in str(error)
        assert not Path(path).exists()
        return
    found = files.load(path, table=True)
    assert list(found) == list(value)
    for name, column in value.items():
        if isinstance(column, list):
            assert found[name] == column
        elif len(column):
            same(found[name], column, column.dtype.name)
    # And once more, from what was loaded.
    files.save(found, path)
    again = files.load(path, table=True)
    assert list(again) == list(value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"2019": [1], "a": [2]}, "would not be read back"),
        ({"": [1]}, "would not be read back"),
        ({" a": [1]}, "would not be read back"),
        ({"NA": [1]}, "would not be read back"),
        ({"a": ["x\0"]}, "no text of a table"),
        ({"a": ["\ud800"]}, "surrogate"),
        ({"a": [1], "b": ["x", "y"]}, "vectors of one length"),
    ],
)
def test_tables_that_would_not_come_back(tmp_path: Path, value: Any, message: str) -> None:
    with pytest.raises(ValueProblem, match=message):
        files.save(value, str(tmp_path / "x.csv"))
    assert list(tmp_path.iterdir()) == []


def test_text_between_blanks_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "x.txt")
    files.save({"a": [1, 2], "b": ["x", "y"]}, path)
    assert files.load(path, table=True)["b"] == ["x", "y"]
    for text in ("x y", "", "#", "a,b", '"'):
        with pytest.raises(ValueProblem, match="cannot stand between blanks"):
            files.save({"a": [text]}, path)


# -- headers survive -------------------------------------------------------------------------------


def test_a_header_stays_with_its_tensor(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", str(tmp_path / "b.csv")
    first.write_text("height,weight\n1.5,50\n2.5,60\n")
    loaded = files.load(str(first))
    assert files.save(loaded, second) is None
    assert Path(second).read_text() == "height,weight\n1.5,50.0\n2.5,60.0\n"
    loaded[0, 0] = 9
    files.save(loaded, second)
    assert Path(second).read_text().startswith("height,weight\n9.0,50.0\n")
    remark = files.save(loaded * 2, second)
    assert remark is not None and "has no header" in remark and "a.csv" in remark
    assert Path(second).read_text().startswith("18.0,")
    assert files.save(loaded * 2, second) is None  # said once
    picked = files.load(str(first), columns=["weight"])
    files.save(picked, second)
    assert Path(second).read_text().startswith("weight\n")
    by_name = files.load(str(first), table=True)
    files.save(by_name, second)
    assert Path(second).read_text() == first.read_text()
    # A table without a header, by number, gets none.
    first.write_text("1,x\n2,y\n")
    files.save(files.load(str(first), table=True), second)
    assert Path(second).read_text() == "1,x\n2,y\n"


# -- JSON ------------------------------------------------------------------------------------------


def test_json_loses_nothing() -> None:
    same(files.read(b"[16777217, 0.5]", "x"), [16777217, 0.5], "float64")
    same(files.read(b"[1e39, 0.5]", "x"), [1e39, 0.5], "float64")
    assert files.read(b"[9007199254740993, 0.5]", "x") == [9007199254740993, 0.5]
    for text, message in (("[1e400]", "float64 cannot hold 1e400"), ("[1e-400]", "cannot hold"),
                          ('{"a": 1, "b": {"c": 1, "c": 2}}', "the key 'c' twice"),
                          ('{"a": 1}\n{"a": 1, "a": 2}', "the key 'a' twice")):  # fmt: skip
        with pytest.raises(ValueProblem, match=message):
            files.read(text.encode(), "x")
    same(files.read(b"[1e200, 0e-400]", "x"), [1e200, 0], "float64")
