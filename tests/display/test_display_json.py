"""Each line of --json is one object, and its numbers survive the round trip."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tcalc.display import jsondata, jsonl, plain
from tcalc.runtime.base.formatting import set_formatter
from tcalc.runtime.base.named_results import named_result
from tcalc.runtime.tensor.tensor import wrap
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.devices import device
from tcalc.runtime.types.shapes import Size

set_formatter(plain.tensor)


def refuse(word):
    raise AssertionError(f"{word} is not JSON")


def dumped(value):
    text = jsonl.dump(value, line=3, source="a.tcalc")
    assert "\n" not in text
    found = json.loads(text, parse_constant=refuse)
    assert (found.pop("line"), found.pop("source")) == (3, "a.tcalc")
    return found


def test_a_tensor_says_all_about_itself():
    tensor = wrap(np.array([[1, 0.1], [-0.0, 1e-7]], np.float32))
    assert dumped(tensor) == {
        "type": "tensor", "dtype": "float32", "shape": [2, 2], "device": "cpu",
        "requires_grad": False, "grad_fn": None, "data": [[1.0, 0.1], [-0.0, 1e-7]],
    }  # fmt: skip
    tensor.requires_grad = True
    assert dumped(tensor)["requires_grad"] is True
    assert dumped(tensor * 2)["grad_fn"] == "MulBackward0"


@pytest.mark.parametrize("shape", [(), (1,), (3, 1, 2), (2, 3, 70000), (0,), (0, 3), (2, 0, 4)])
def test_data_has_the_tensors_nesting(shape):
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    data = dumped(wrap(values))["data"]
    read = np.array(data, np.float32)
    assert read.tolist() == values.tolist()
    assert json.dumps(data).count("[") == json.dumps(values.tolist()).count("[")


@pytest.mark.parametrize("dtype", dtypes.ALL, ids=str)
def test_every_dtype_reads_back(dtype):
    values = np.array([0, 1, 1, 0]).astype(dtype.numpy)
    if dtype.is_floating_point:
        values = (np.arange(4) / 3).astype(dtype.numpy)
    data = dumped(wrap(values))["data"]
    if dtype.is_complex:
        data = [complex(*pair) for pair in data]
    assert np.array_equal(np.array(data).astype(dtype.numpy), values)
    assert all(type(item) is bool for item in data) == (dtype.name == "bool")


def test_what_json_has_no_number_for():
    special = np.array([np.nan, np.inf, -np.inf, 1])
    assert dumped(wrap(special))["data"] == ["nan", "inf", "-inf", 1.0]
    assert dumped(wrap(special + 0j))["data"][0] == ["nan", 0.0]
    assert dumped(float("-inf")) == {"type": "float", "value": "-inf"}
    assert dumped(complex("nan")) == {"type": "complex", "value": ["nan", 0.0]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2**70, {"type": "int", "value": 2**70}),
        (True, {"type": "bool", "value": True}),
        (0.1, {"type": "float", "value": 0.1}),
        (1 - 2j, {"type": "complex", "value": [1.0, -2.0]}),
        ('q"\n\x1b\ud800é', {"type": "str", "value": 'q"\n\x1b\ud800é'}),
        (Size((2, 3)), {"type": "size", "value": [2, 3]}),
        (dtypes.float16, {"type": "dtype", "value": "float16"}),
        (device("cuda", 1), {"type": "device", "value": "cuda:1"}),
        ((None,), {"type": "tuple", "items": [{"type": "none"}]}),
        ([], {"type": "list", "items": []}),
        ({1: "a"}, {"type": "dict", "items": [[{"type": "int", "value": 1},
                                               {"type": "str", "value": "a"}]]}),
        ({2}, {"type": "object", "repr": "{2}"}),
        (len, {"type": "object", "repr": "<built-in function len>"}),
        (np.float32(0.1), {"type": "float", "value": 0.1}),
        (np.int8(3), {"type": "int", "value": 3}),
        (np.bool_(True), {"type": "bool", "value": True}),
    ],
)  # fmt: skip
def test_other_values(value, expected):
    assert dumped(value) == expected


def test_named_results_have_fields():
    found = dumped(named_result("max", ("values", "indices"))((1.5, 2)))
    assert found["type"] == "tuple"
    assert found["fields"] == ["values", "indices"]
    assert [item["value"] for item in found["items"]] == [1.5, 2]


def test_a_list_inside_itself_ends():
    loop = [1]
    loop.append(loop)
    assert dumped(loop)["items"][1] == {"type": "object", "repr": "..."}
    again = [2]
    assert dumped([again, again])["items"][1]["items"] == [{"type": "int", "value": 2}]
    assert jsondata.dump(loop) == '[1,"..."]'
    assert jsondata.dump([again, again]) == "[[2],[2]]"


def test_prints_and_errors():
    assert json.loads(jsonl.dump_print("a\tb", line=2, source=1)) == {
        "type": "print", "text": "a\tb", "line": 2, "source": 1,
    }  # fmt: skip
    text = jsonl.dump_error("ShapeError", "m", line=4, source="f", span=(1, 5), hint="h")
    assert json.loads(text) == {
        "line": 4, "type": "error", "error": "ShapeError", "message": "m", "span": [1, 5],
        "hint": "h", "source": "f",
    }  # fmt: skip
