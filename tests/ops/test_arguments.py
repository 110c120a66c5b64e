"""What ops do with arguments of the wrong kind: a value or one of our own errors, never a crash."""

from __future__ import annotations

import importlib

import pytest
from hostile_calls import Liar, hostile_calls

from tcalc.errors import ArgumentError, TcalcError, ValueProblem
from tcalc.runtime import _index, memory
from tcalc.runtime.kinds import KINDS, take
from tcalc.runtime.op import OPS, Op

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


@pytest.mark.usefixtures("little_memory")
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("op", PUBLIC, ids=ids)
def test_hostile_arguments(op: Op) -> None:
    for what, args, kwargs in hostile_calls(op):
        try:
            op.function(*args, **kwargs)
        except TcalcError:
            continue
        except (OverflowError, ZeroDivisionError):
            continue  # as PyTorch has it: of a number too large, or one to divide by
        except TypeError as e:
            if not op.runs_programs:  # then a function of the program may raise it
                raise AssertionError(what) from e
        except Exception as e:
            raise AssertionError(what) from e


def test_objects_are_asked_once() -> None:
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
