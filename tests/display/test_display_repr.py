"""Tensors print exactly as PyTorch prints them: against what it was recorded to print."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tcalc.display import options, plain
from tcalc.errors import ValueProblem
from tcalc.runtime.base.formatting import set_formatter
from tcalc.runtime.base.named_results import named_result
from tcalc.runtime.tensor.tensor import Parameter, wrap
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.devices import device
from tcalc.runtime.types.shapes import Size

set_formatter(plain.tensor)
CASES = json.loads((Path(__file__).parent / "data" / "repr.json").read_text())


def floats(*values, dtype="float32"):
    return wrap(np.array(values, dtype=dtype))


def tracked(*values):
    tensor = floats(*values)
    tensor.requires_grad = True
    return tensor


@pytest.mark.parametrize("start", range(0, len(CASES), 100))
def test_prints_what_pytorch_printed(start):
    for name, shape, data, given, grad, expected in CASES[start : start + 100]:
        dtype = dtypes.BY_NAME[name].numpy
        base = np.frombuffer(base64.b64decode(data), dtype)
        tensor = wrap(np.resize(base, shape) if base.size else np.zeros(shape, dtype))
        if grad:
            tensor.requires_grad = True
        with options.printoptions(**given):
            assert repr(tensor) == expected, (name, shape, given)


def test_the_corpus_covers_every_dtype():
    assert {case[0] for case in CASES} == {dtype.name for dtype in dtypes.ALL}


def test_strides_do_not_show():
    array = np.arange(2400.0, dtype=np.float32).reshape(40, 60)
    assert repr(wrap(array.T)) == repr(wrap(array.T.copy()))
    assert repr(wrap(array[::3, ::7])) == repr(wrap(array[::3, ::7].copy()))


def test_the_node_stands_behind_the_numbers():
    assert repr(tracked(1.0, 2.0) * 2) == "tensor([2., 4.], grad_fn=<MulBackward0>)"


def test_a_suffix_that_does_not_fit_goes_to_the_next_line():
    tensor = tracked(*[0.125] * 8) * 1
    assert repr(tensor) == (
        "tensor([0.1250, 0.1250, 0.1250, 0.1250, 0.1250, 0.1250, 0.1250, 0.1250],\n"
        "       grad_fn=<MulBackward0>)"
    )


def test_parameters_say_so():
    assert repr(Parameter(floats(1.0))) == (
        "Parameter containing:\ntensor([1.], requires_grad=True)"
    )


def test_the_default_dtype_decides_which_is_named():
    dtypes.set_default(dtypes.float64)
    try:
        assert repr(floats(1.0, dtype="float64")) == "tensor([1.])"
        assert repr(floats(1.0)) == "tensor([1.], dtype=torch.float32)"
        assert repr(floats(1.0, dtype="complex128")) == "tensor([1.+0.j])"
    finally:
        dtypes.set_default(dtypes.float32)


def test_formatting_a_number_and_a_tensor():
    assert f"{wrap(np.array(2.0)):.2f}" == "2.00"
    assert f"{wrap(np.array(7)):03d}" == "007"
    assert f"{floats(1.5)}" == "tensor([1.5000])"
    with pytest.raises(TypeError, match="unsupported format string"):
        f"{floats(1.5):.2f}"


def test_containers_hold_tensors_as_python_would_print_them():
    assert plain.text([floats(1.0), None]) == "[tensor([1.]), None]"
    assert plain.text({"a": (floats(1.0),)}) == "{'a': (tensor([1.]),)}"


def test_named_results():
    result = named_result("max", ("values", "indices"))((floats(1.0), wrap(np.array([0]))))
    assert plain.text(result) == (
        "torch.return_types.max(\nvalues=tensor([1.]),\nindices=tensor([0]))"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (3, "3"), (True, "True"), (0.1, "0.1"), (1e22, "1e+22"), ("a\n", r"'a\n'"), (None, "None"),
        (2j, "2j"), (float("nan"), "nan"), (Size((2, 3)), "torch.Size([2, 3])"),
        (dtypes.float32, "torch.float32"), (device("cuda", 0), "device(type='cuda', index=0)"),
    ],
)  # fmt: skip
def test_other_values(value, expected):
    assert plain.text(value) == expected


def test_precision_reaches_numbers_and_tensors_and_then_is_gone():
    assert plain.text(1 / 3, 2) == "0.33"
    assert plain.text([floats(1 / 3)], 2) == "[tensor([0.33])]"
    assert plain.text(1e-9, 3) == "1.000e-09"
    assert plain.text(7, 3) == "7"
    assert repr(floats(1 / 3)) == "tensor([0.3333])"


def test_integers_too_long_to_print_are_an_error_that_says_how_long():
    limit = sys.get_int_max_str_digits()
    with pytest.raises(ValueProblem, match=r"about [\d,]+ digits"):
        plain.text(10 ** (limit + limit // 50 + 10))  # Python counts roughly


def test_a_huge_tensor_is_not_walked():
    # Broadcasting makes 10**12 elements of one: anything that visited them would never end.
    assert "..." in repr(wrap(np.broadcast_to(np.float32(1), (10**6, 10**6))))


@pytest.mark.parametrize("profile", ["default", "short", "full"])
def test_options_come_back(profile):
    before = options.get_printoptions()
    with options.printoptions(profile=profile, sci_mode=True, edgeitems=1):
        assert options.OPTIONS.sci_mode is True
    assert options.get_printoptions() == before


def test_plain_numbers_load_neither_numpy_nor_rich():
    code = (
        "import sys; from tcalc.display import plain, terse, jsonl, terminal, window\n"
        "room = window.Window()\n"
        "assert [x.text for x in terminal.show(1 + 1, '_1', room)] == ['_1  2']\n"
        "assert len(terminal.show({'a': list(range(99)), 'b': [{}]}, None, room)) == 4\n"
        "assert plain.text(1+1) == '2' and terse.text((0.1, 'a'), 3) == '0.100\\na'\n"
        "jsonl.dump([1, 2.5, None], line=1, source=1)\n"
        "print(*sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = set(result.stdout.decode().split())
    assert not loaded & {"numpy", "rich", "dataclasses", "typer", "tcalc.runtime.tensor.tensor"}
