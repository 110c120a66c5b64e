"""What ops do with arguments of the wrong kind: a value or one of our own errors, never a crash."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hostile_calls import Liar, calls_with, hostile_calls

from tcalc.errors import ArgumentError, StateError, TcalcError, ValueProblem
from tcalc.runtime.base import _index, memory
from tcalc.runtime.base.kinds import KINDS, take
from tcalc.runtime.base.op import OPS, Op
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.call.generate import make_inplace
from tcalc.runtime.ops.elementwise.rounding import nan_to_num
from tcalc.runtime.tensor.tensor import wrap

for module in _index.MODULES:
    importlib.import_module(module)

PUBLIC = [op for op in OPS if op.is_public and not any("._" in q for q in op.qualified)]


def ids(op: Op) -> str:
    return op.qualified[0]


@pytest.mark.parametrize("op", PUBLIC, ids=ids)
def test_every_parameter_has_a_kind(op: Op) -> None:
    for p in op.params:
        assert p.is_array or (p.kinds and set(p.kinds) <= KINDS.keys()), p.name


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "limit", memory.resident() + (64 << 20))


@pytest.fixture(autouse=True)
def settings_as_before() -> Iterator[None]:
    """A setting may take what claims to be true: what comes next does not go by it."""
    yield
    for name, value in (
        ("set_anomaly_enabled", False), ("set_warn_always", False),
        ("use_deterministic_algorithms", False), ("set_float32_matmul_precision", "highest"),
        *((f"backends.cuda.enable_{way}_sdp", True) for way in ("flash", "mem_efficient", "math", "cudnn")),
    ):  # fmt: skip
        lookup(f"torch.{name}")(value)


def forms(op: Op) -> list[Callable[..., Any]]:
    """The ways in which programs call an op."""
    return [op.function, make_inplace(op)] if op.inplace else [op.function]


def refused(op: Op, form: Callable[..., Any], what: str, args: Any, kwargs: Any) -> None:
    """Call it: what it raises is one of our own errors."""
    try:
        form(*args, **kwargs)
    except TcalcError:
        return
    except (OverflowError, ZeroDivisionError):
        return  # as PyTorch has it: of a number too large, or one to divide by
    except TypeError as e:
        if not op.runs_programs:  # then a function of the program may raise it
            raise AssertionError(what) from e
    except Exception as e:  # which the test is against
        raise AssertionError(what) from e


@pytest.mark.usefixtures("little_memory")
@pytest.mark.filterwarnings("ignore")  # NumPy's, of values at the edge
@pytest.mark.parametrize("op", PUBLIC, ids=ids)
def test_hostile_arguments(op: Op) -> None:
    for form in forms(op):
        for call in hostile_calls(op):
            refused(op, form, *call)


@pytest.mark.usefixtures("little_memory")
@pytest.mark.filterwarnings("ignore")  # NumPy's, of values at the edge
@pytest.mark.parametrize("op", [op for op in PUBLIC if not op.runs_programs], ids=ids)
def test_objects_are_asked_once_by_every_form(op: Op) -> None:
    for form in forms(op):
        for what, args, kwargs in calls_with(op, "Liar()", Liar):
            Liar.asked = 0
            refused(op, form, what, args, kwargs)
            assert Liar.asked <= 1, what


def test_objects_are_asked_once_where_the_quick_form_gives_up() -> None:
    cannot_be_written = wrap(np.broadcast_to(np.float32(1), 3))
    Liar.asked = 0
    with pytest.raises(StateError):
        make_inplace(nan_to_num)(cannot_be_written, Liar())
    assert Liar.asked == 1


def test_kinds_ask_once() -> None:
    for kind in ("int", "float", "Scalar", "Ints"):
        Liar.asked = 0
        found = take("op", "n", (kind,), Liar())
        assert Liar.asked == 1
        assert type(found) in (int, float)


def test_refusals_name_op_argument_and_kind() -> None:
    with pytest.raises(ArgumentError, match=r"tril\(\): argument 'diagonal' must be int, not str"):
        take("tril", "diagonal", ("int",), "a")
    with pytest.raises(ValueProblem, match="Overflow when unpacking long long"):
        take("tril", "diagonal", ("int",), 1 << 63)
    with pytest.raises(ArgumentError, match="must be tuple of ints, not list of int, str"):
        take("zeros", "size", ("Ints",), [1, "a"])
