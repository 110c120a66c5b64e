"""A program's steps as the text of a Python function that calls NumPy and nothing else.

Results of steps lie in buffers made once and used again as soon as nobody needs what is in them.
What leaves is made anew each time. Large elementwise work is noted and done in blocks, as eager
work is (see `deferred`).
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base.symbols import Symbol, kind_of
from tcalc.runtime.graph.values import INPUT, Constant, Value, mapped
from tcalc.runtime.lazy.expression import LARGE, choose, live
from tcalc.runtime.lazy.hazards import before_write
from tcalc.runtime.lazy.pending import computed
from tcalc.runtime.lazy.sizes import MIDDLE
from tcalc.runtime.transform.plan.buffers import Buffers
from tcalc.runtime.transform.plan.large import lazily, noted, store, together
from tcalc.runtime.transform.plan.noting import is_numpys, noted_values, takes_noted, used_once
from tcalc.runtime.transform.plan.steps import Step, is_elementwise, is_whole
from tcalc.runtime.types.codes import COMPLEXES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tcalc.runtime.transform.plan.steps import Program

ndarray = np.ndarray
# Methods and functions that take `out`, by how the call is written: the arguments, then the buffer.
# From this size on a choice by bits costs less than a branch for each element.
_BRANCHES = 1 << 10
# Arrays from this size on are let go of as soon as they are not needed any more.
_HEAVY = 1 << 16


class Changed(Exception):
    """A step gave something of another shape than when it was traced."""


class Emitter:
    """Writes the steps of a program. names: variables that hold inputs, by the value's number."""

    def __init__(self, program: Program, names: dict[int, str], scope: dict[str, Any],
                 prefix: str) -> None:  # fmt: skip
        self.program = program
        self.names = names
        self.scope = scope
        self.prefix = prefix
        self.lines: list[str] = []
        self.noted = noted_values(program)
        self.pending: set[int] = set()
        # Lines that come after the step's own, when what it does not need any more is gone.
        self.later: list[str] = []
        # Those that are written where they are used, so that nothing else holds them.
        self.inner = used_once(program, self.noted)
        self.static: dict[int, Any] = {}
        # The arrays that are the same at every replay, by name.
        self.own: dict[str, Any] = {}
        self.buffers = Buffers(program, self.noted)
        self._count = 0
        self._known: dict[int, str] = {}
        # The arrays that numbers which vary are put into.
        self._arrays: dict[tuple[int, np.dtype], str] = {}
        scope.update(
            empty=np.empty, np=np, noted=noted, computed=computed, store=store, lazily=lazily,
            Changed=Changed, before_write=before_write, live=vars(live)["data"], together=together, asarray=np.asarray,
            generic=np.generic,
        )  # fmt: skip

    def write(self) -> list[str]:
        """The lines."""
        steps = self.program.steps
        last = self._last_uses()
        kept = {self.program.value(v).number for v in self.program.results}
        for i, step in enumerate(steps):
            self._step(step)
            gone = [
                self.names[n] for n, (at, v) in last.items()
                if at == i and n not in kept and n not in self.static and n not in self.inner
                and v.memory.kind != INPUT and v.nbytes >= _HEAVY
            ]  # fmt: skip
            # What is written to in the end stays until then.
            kept_on = self.names[step.target.number] if step.target and self.later else ""
            self._delete([name for name in gone if name != kept_on])
            self.lines += self.later
            self._delete([name for name in gone if name == kept_on])
            self.later.clear()
            self.buffers.after(i)
        return self.lines

    def _delete(self, names: list[str]) -> None:
        if names:
            self.lines.append(f"del {', '.join(names)}")

    def _last_uses(self) -> dict[int, tuple[int, Value]]:
        """By number, the step in whose lines a value is read for the last time, and the value."""
        steps = self.program.steps
        last: dict[int, tuple[int, Value]] = {}
        for i in range(len(steps) - 1, -1, -1):
            outs = steps[i].outs
            # A step that is written where it is used reads its operands there.
            inner = len(outs) == 1 and outs[0].number in self.inner
            at = last[outs[0].number][0] if inner else i
            for v in steps[i].reads():
                if v.number not in last or last[v.number][0] < at:
                    last[v.number] = at, v
        return last

    def results(self, values: Iterable[Value]) -> None:
        """Compute what is noted of the values that leave, alike ones in one pass."""
        waiting = {self.program.value(v).number for v in values} & self.pending
        if len(waiting) > 1:
            names = ", ".join(self.names[n] for n in sorted(waiting))
            self.lines.append(f"together({names})")

    def result(self, value: Value) -> str:
        """The variable that holds a value that leaves, computed."""
        value = self.program.value(value)
        name = self.names[value.number]
        if value.number in self.pending:
            self.lines.append(f"{name} = computed({name})")
            self.pending.discard(value.number)
        return name

    # -- names ------------------------------------------------------------------------------------

    def _name(self, value: object, kind: str) -> str:
        """A name in the scope for an object."""
        known = self._known.get(id(value))
        if known is None:
            self._count += 1
            known = self._known[id(value)] = f"{self.prefix}{kind}{self._count}"
            self.scope[known] = value
        return known

    def _owned(self, array: Any, kind: str) -> str:
        name = self._name(array, kind)
        self.own[name] = array
        return name

    def _text(self, value: Any, compute: bool = True) -> str:
        """An argument as text."""
        kind = type(value)
        if kind is Value:
            name = self.names[value.number]
            if not compute or value.number not in self.pending:
                return name
            if value.number in self.inner:
                return f"computed({name})"  # also where the step is written another way after all
            self.pending.discard(value.number)
            self.lines.append(f"{name} = computed({name})")
            return name
        if kind is Constant:
            return self._name(value.array, "q")
        if isinstance(value, Symbol):
            return value.name
        if value is None or value is True or value is False or value is Ellipsis:
            return repr(value)
        if kind is int or kind is str:
            return repr(value)
        if kind is tuple:
            return f"({''.join(self._text(v, compute) + ', ' for v in value)})"
        if kind is list:
            return f"[{', '.join(self._text(v, compute) for v in value)}]"
        if kind is slice:
            parts = (value.start, value.stop, value.step)
            return f"slice({', '.join(self._text(v, compute) for v in parts)})"
        return self._name(value, "p")

    def _function(self, step: Step) -> str:
        """The name of a step's function, of a ufunc as eager work has it."""
        function = step.function
        ufunc = step.form in ("ufunc", "into") and is_elementwise(step.call)
        if ufunc and any(v.size >= MIDDLE for v in step.reads()):
            from tcalc.runtime.lazy import large

            function = large.of(function)
        return self._name(function, "f")

    def _arguments(self, step: Step, compute: bool = True) -> str:
        parts = [self._text(v, compute) for v in step.args]
        parts += [f"{k}={self._text(v, compute)}" for k, v in step.kwargs.items()]
        return ", ".join(parts)

    # -- steps ------------------------------------------------------------------------------------

    def _step(self, step: Step) -> None:
        if step.target is not None:
            self._write(step)
        elif step.form == "empty":
            self._allocate(step.outs[0])
        elif step.form == "expect":
            value, answer = step.args
            self.lines.append(f"if {'not ' * answer}{self._text(value)}: raise Changed")
        elif step.form == "kernel":
            self._kernel(step)
        elif len(step.outs) == 1 and step.outs[0].number in self.noted:
            out = step.outs[0]
            function = self._function(step)
            call = f"noted({function}, {self._arguments(step, False)})"
            self.pending.add(out.number)
            if out.number in self.inner:
                self.names[out.number] = call
            else:
                name = self.names[out.number] = f"{self.prefix}v{out.number}"
                self.lines.append(f"{name} = {call}")
        elif (
            step.form == "number"
            and not self.buffers.leaves(step.outs[0])
            and not step.outs[0].memory.writes
        ):
            out = step.outs[0]
            self.names[out.number] = self._filled(step.args[0], out.dtype)
        elif self._is_static_view(step):
            self._view_once(step)
        elif not self._into_buffer(step):
            self._call(step)

    def _call(self, step: Step) -> None:
        """A call whose results are what it gives."""
        function = self._function(step)
        names = [f"{self.prefix}v{v.number}" for v in step.outs]
        call = f"{function}({self._arguments(step)})"
        if step.function is operator.getitem:
            array, index = step.args
            call = f"{self._text(array)}[{self._text(index)}]"
        single = len(names) == 1
        self.lines.append(f"{names[0] if single else ', '.join(names)} = {call}")
        self._named(step, names)

    def _named(self, step: Step, names: list[str]) -> None:
        for v, name in zip(step.outs, names):
            self.names[v.number] = name
            if step.checked:
                self.lines.append(f"if {name}.shape != {v.shape}: raise Changed")
            if not v.shape:
                self.lines.append(f"if isinstance({name}, generic): {name} = asarray({name})")

    def _kernel(self, step: Step) -> None:
        """An op's kernel, whose arrays are as they come."""
        names = [f"{self.prefix}v{v.number}" for v in step.outs]
        function = self._name(step.function, "f")
        single = len(names) == 1
        target = names[0] if single else ", ".join(names)
        if takes_noted(step):
            self.lines.append(f"{target} = lazily({function}, {self._arguments(step, False)})")
            self.pending.update(v.number for v in step.outs if v.number in self.noted)
        else:
            self.lines.append(f"{target} = {function}({self._arguments(step)})")
        self._named(step, names)

    def _allocate(self, out: Value) -> str:
        """A buffer for a value, or new memory where it leaves; gives its name."""
        static = self.buffers.take(out)
        if static is not None:
            name = self.names[out.number] = self._owned(static, "b")
            self.static[out.number] = static
            return name
        name = self.names[out.number] = f"{self.prefix}v{out.number}"
        shape = self._text(out.shape)
        dtype = self._name(out.dtype, "y")
        self.lines.append(f"{name} = empty({shape}, {dtype})")
        return name

    def _into_buffer(self, step: Step) -> bool:
        """A call that takes `out`, if it does."""
        if len(step.outs) != 1 or any(v.memory is step.outs[0].memory for v in step.reads()):
            return False
        out = step.outs[0]
        if not _dense(out):
            return False
        form, function = step.form, step.function
        leaves = self.buffers.leaves(out)
        if form == "ufunc" and not step.kwargs and function.nout == 1:
            arguments = self._operands(step)
            if leaves and out.shape and _c_order(out):
                name = self.names[out.number] = f"{self.prefix}v{out.number}"
                self.lines.append(f"{name} = {self._function(step)}({arguments})")
                return True
            if leaves and not _c_order(out):
                return False
            # These two are to take no third operand, says NumPy.
            how = "out=" if function in (np.maximum, np.minimum) else ""
            self.lines.append(f"{self._function(step)}({arguments}, {how}{self._out(out)})")
            return True
        if leaves and not _c_order(out):
            return False
        if function is np.where and out.size >= _BRANCHES and not step.kwargs:
            return self._choice(step, out)
        if form in ("reduce", "accumulate"):
            arguments = self._arguments(step)
            self.lines.append(f"{self._name(function, 'f')}({arguments}, out={self._out(out)})")
            return True
        if form == "method" and function is ndarray.dot and _c_order(out) and out.shape:
            a, b = step.args
            arguments = f"{self._text(a)}, {self._text(b)}"
            self.lines.append(f"{self._name(np.dot, 'f')}({arguments}, {self._out(out)})")
            return True
        if form == "method" and function in (ndarray.copy, ndarray.astype):
            source = step.args[0]
            text = self._text(source)
            cast = step.function is ndarray.astype
            if (
                cast
                and getattr(source, "dtype", out.dtype).char in COMPLEXES
                and out.dtype.char not in COMPLEXES
            ):
                return False
            how = ", 'unsafe'" if cast else ""
            copy = self._name(np.copyto, "f")
            self.lines.append(f"{copy}({self._out(out)}, {text}{how})")
            return True
        return False

    def _choice(self, step: Step, out: Value) -> bool:
        """A choice between elements of one dtype, by bits."""
        parts: list[Any] = []
        for v, dtype in zip(step.args, (np.dtype(bool), out.dtype, out.dtype)):
            if type(v) in (int, float, bool):
                v = Constant(np.asarray(v, dtype))
                self._keep(v)
            kind = v.dtype if type(v) is Value else v.array.dtype if type(v) is Constant else None
            if kind != dtype:
                return False
            parts.append(v)
        if len(parts) != 3 or out.dtype.itemsize > 8:
            return False
        arguments = ", ".join(self._text(v) for v in parts)
        self.lines.append(f"{self._name(choose, 'f')}({arguments}, {self._out(out)})")
        return True

    def _out(self, out: Value) -> str:
        return self._allocate(out)

    def _operands(self, step: Step) -> str:
        """A ufunc's operands; numbers become arrays of the type that the loop takes them in."""
        kinds = [
            v.dtype if type(v) is Value
            else v.array.dtype if type(v) is Constant
            else int if type(v) is bool else kind_of(v)
            for v in step.args
        ]  # fmt: skip
        if not any(kind_of(v) in (int, float, complex, bool) for v in step.args):
            return self._arguments(step)
        try:
            found = step.function.resolve_dtypes((*kinds, None))
        except (TypeError, ValueError):
            return self._arguments(step)
        parts = []
        for v, d in zip(step.args, found):
            if isinstance(v, Symbol):
                parts.append(self._filled(v, d))
                continue
            if type(v) in (int, float, complex, bool):
                v = Constant(np.asarray(v, d))
                self._keep(v)
            parts.append(self._text(v))
        return ", ".join(parts)

    def _filled(self, number: Any, dtype: np.dtype) -> str:
        """A 0-dim array that a number is put into at each replay."""
        name = self._arrays.get((id(number), dtype))
        if name is None:
            array = np.empty((), dtype)
            name = self._arrays[id(number), dtype] = self._owned(array, "z")
            self.lines.append(f"{name}[()] = {number.name}")
        return name

    def _keep(self, constant: Constant) -> None:
        """A constant array is named by identity: it has to stay."""
        self.scope.setdefault("kept", []).append(constant.array)

    # -- views ------------------------------------------------------------------------------------

    def _is_static_view(self, step: Step) -> bool:
        """Whether a step shows memory that is the same array at every replay."""
        reads = step.reads()
        return (
            len(reads) == 1
            and reads[0].number in self.static
            and bool(step.outs)
            and all(v.memory is reads[0].memory for v in step.outs)
        )

    def _view_once(self, step: Step) -> None:
        source = step.reads()[0]

        def real(value: object) -> object:
            return self.static[source.number] if value is source else value

        made = step.function(*mapped(step.args, real), **mapped(step.kwargs, real))
        for v, array in zip(step.outs, made if isinstance(made, (tuple, list)) else [made]):
            self.static[v.number] = array
            self.names[v.number] = self._owned(array, "b")

    # -- writes -----------------------------------------------------------------------------------

    def _write(self, step: Step) -> None:
        target = step.target
        assert target is not None
        name = self._text(target)
        outside = target.memory.kind == INPUT or bool(self.noted)
        if step.form == "into":
            if target.size >= LARGE and not step.kwargs and not is_numpys(step, target):
                function = self._function(step)
                self._store(name, f"noted({function}, {self._arguments(step, False)})")
                return
            if outside:
                self.lines.append(f"if live: before_write({name})")
            arguments = self._operands(step) if not step.kwargs else self._arguments(step)
            self.lines.append(f"{self._function(step)}({arguments}, out={name})")
            return
        if step.function is operator.setitem:
            _, index, value = step.args
            if is_whole(index) and outside and target.size >= LARGE:
                self._store(name, self._text(value, False))
                return
            if outside:
                self.lines.append(f"if live: before_write({name})")
            self.lines.append(f"{name}[{self._text(index)}] = {self._text(value)}")
            return
        arguments = self._arguments(step)
        also = step.reads() if step.form == "change" else [target]
        shared = [self.names[v.number] for v in also if v.memory.kind == INPUT or self.noted]
        if shared:
            self.lines.append("if live:")
            self.lines += [f"    before_write({shown})" for shown in shared]
        self.lines.append(f"{self._name(step.function, 'f')}({arguments})")

    def _store(self, name: str, text: str) -> None:
        """Write what is noted when nothing else holds what it is made of."""
        self.lines.append(f"e = {text}")
        self.later += [f"store({name}, e)", "del e"]


def _dense(value: Value) -> bool:
    expected = value.dtype.itemsize
    for stride, n in sorted(zip(value.strides, value.shape)):
        if n != 1:
            if stride != expected:
                return False
            expected *= n
    return value.size > 0


def _c_order(value: Value) -> bool:
    expected = value.dtype.itemsize
    for stride, n in zip(reversed(value.strides), reversed(value.shape)):
        if n != 1 and stride != expected:
            return False
        expected *= n
    return True
