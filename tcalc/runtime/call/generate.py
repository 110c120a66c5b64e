"""Writes the function that a user calls for an op: its short path in Python source.

The text holds what is known of the op (its parameters, which are tensors, what the gradient
needs), so that a call on plain CPU tensors of one dtype does nothing but the kernel. Anything
else (numbers, lists, promotion, halves, other devices, `out=`, errors) goes to `dispatch`.
NumPy is not loaded here: a function of plain numbers runs without it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.kinds import KINDS
from tcalc.runtime.base.op import (
    BOOLEAN,
    REQUIRED,
    SAME,
    Op,
    Parameter,
    saved_plan,
    signature_parts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# Type codes (numpy.dtype.char) that kernels take as they are.
_PLAIN = "fdlihbB?FD"
_INEXACT = "fdFD"

# Functions made before NumPy was loaded, by the globals that still lack the runtime's names.
_waiting: list[dict[str, Any]] = []


# What a call may need before NumPy is loaded, by the module that has it: the one place where what
# stands lower reaches up.
_LATE = {
    "slow": "call.dispatch", "redirect": "call.dispatch", "operand": "call.arguments", "is_operand": "call.arguments",
    "tensors_of": "call.arguments",
}  # fmt: skip


def _attach(scope: dict[str, Any]) -> None:
    """Give a generated function the runtime's names, now or as soon as they are loaded."""
    dispatch = sys.modules.get("tcalc.runtime.call.dispatch")
    if dispatch is not None and hasattr(dispatch, "NAMES"):
        scope.update(dispatch.NAMES)
    else:
        # No value is an instance of (), so every tensor branch is passed by.
        scope.update({name: _late(name) for name in _LATE}, Tensor=())
        _waiting.append(scope)


def _late(name: str) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        import_module("tcalc.runtime.call.dispatch")  # completes what was made so far
        return getattr(import_module(f"tcalc.runtime.{_LATE[name]}"), name)(*args)

    return call


def attach_all(names: dict[str, Any]) -> None:
    """Complete the functions made so far."""
    for scope in _waiting:
        scope.update(names)
    _waiting.clear()


def make_function(op: Op) -> Callable[..., Any]:
    """The function that a user calls for the op."""
    scope: dict[str, Any] = {
        "op": op, "kernel": op.kernel, "scalar": op.scalar, "missing": missing,
        "fault": fault, "FAULTS": FAULTS,
    }  # fmt: skip
    _attach(scope)
    if op.family == "composite":
        body = _composite_body(op)
    else:
        body = _scalar_body(op) + _kernel_body(op) + [f"    return slow(op, ({_values(op)}))"]
    source = [
        f"def _function({_signature(op, scope)}):", *_extra_body(op), *_required_body(op),
        *_kinds_body(op), *body,
    ]  # fmt: skip
    return _compile(op, op.name, source, scope)


def make_operator(op: Op, form: str) -> Callable[..., Any]:
    """The function behind an operator of Tensor: plain, reflected or inplace."""
    if len(op.params) == 1:
        return op.function
    left, right = op.params[0].name, op.params[1].name
    full = op.function
    scope: dict[str, Any] = {
        "op": op, "kernel": op.kernel, "full": full, "operand_types": _operand_types(),
        "inplace": op.inplace_function if form == "inplace" and op.inplace else None,
    }  # fmt: skip
    _attach(scope)
    name = "reflected" if form == "reflected" else op.name
    if form == "inplace":
        call = f"inplace({left}, {right})" if op.inplace else f"full({left}, {right})"
        body = [f"    return {call}"]
    elif form == "reflected":
        body = [f"    return full({right}, {left})"]
    elif op.family == "elementwise":
        body = [*_kernel_body(op, keywords=False), f"    return full({left}, {right})"]
    else:
        body = [f"    return full({left}, {right})"]
    guard = [
        f"    if type({right}) not in operand_types and not isinstance({right}, Tensor):",
        f"        if not is_operand({right}): return NotImplemented",
    ]
    defaults = [
        f"    {p.name} = _default_{p.name}" for p in op.params[2:] if p.default is not REQUIRED
    ]
    for p in op.params[2:]:
        scope[f"_default_{p.name}"] = p.default
    source = [f"def _function({left}, {right}):", *guard, *defaults, *body]
    return _compile(op, name, source, scope)


def _operand_types() -> frozenset[type]:
    return frozenset({int, float, bool, complex, list, tuple})


def _compile(op: Op, name: str, source: list[str], scope: dict[str, Any]) -> Callable[..., Any]:
    text = "\n".join(source)
    scope["bounds"] = bounds
    exec(compile(text, f"<op {op.name}>", "exec"), scope)
    made: Any = scope["_function"]
    made.__name__ = made.__qualname__ = name
    made.__op__ = op
    made.__doc__ = op.doc
    made.__module__ = "torch"
    return made


def _signature(op: Op, scope: dict[str, Any]) -> str:
    # Required ones too have a default: they may be given by another name, in `extra`.
    scope.update({f"_default_{p.name}": p.default for p in op.params if not p.variadic})
    parts = signature_parts(op.params, lambda p: f"{p.name}=_default_{p.name}")
    return ", ".join([*parts, "**extra"])


def _required_body(op: Op) -> list[str]:
    """Refuse a call without a required argument; those that are tensors, `operand` refuses."""
    return [
        f"    if {p.name} is _default_{p.name}: raise missing(op, {p.name!r})"
        for p in op.params
        if p.default is REQUIRED and not p.variadic and (p.is_sequence or not p.is_array)
    ]


def _kinds_body(op: Op) -> list[str]:
    """Convert what is no tensor to its parameter's kind; what is of that kind costs one test."""
    lines = []
    for p in op.params if op.is_public else ():
        tests = [KINDS[k].passes for k in p.kinds if k in KINDS and KINDS[k].passes]
        if not p.kinds or "True" in tests:
            continue
        each = f"_each_{p.name}" if p.variadic else p.name
        passes = [str(test).format(each) for test in tests]
        if p.variadic:
            lines += [
                f"    for {each} in {p.name}:",
                f"        if not ({' or '.join(passes) or False}):",
                f"            {p.name} = op.convert({p.name!r}, {p.name})",
                "            break",
            ]
            continue
        if p.default is not REQUIRED:
            passes.insert(0, f"{p.name} is _default_{p.name}")
        if p.optional and p.default is not None:
            passes.insert(0, f"{p.name} is None")
        lines += [
            f"    if not ({' or '.join(passes) or False}):",
            f"        {p.name} = op.convert({p.name!r}, {p.name})",
        ]
    return lines


# What Python and NumPy raise inside an op where its arguments do not fit.
FAULTS = (ValueError, IndexError, TypeError, RuntimeError, OverflowError, MemoryError)


def fault(op: Op, error: Exception) -> Exception:
    """An error from inside an op in our own words; our own errors are themselves."""
    from tcalc.errors import LimitError, ShapeError, TcalcError, ValueProblem

    if isinstance(error, (TcalcError, RecursionError)):
        return error
    if isinstance(error, MemoryError):
        return LimitError(f"{op.name}(): the result needs more memory than there is")
    found: TcalcError
    if isinstance(error, OverflowError):
        if "too large to convert to C" not in str(error):
            return error  # a number too large for a float, as PyTorch says it
        found = ValueProblem(f"Overflow when unpacking long long in {op.name}()")
    elif isinstance(error, IndexError):
        found = ShapeError(f"{op.name}(): {error}")
    else:
        found = ValueProblem(f"{op.name}(): {error}")
    found.__cause__, found.__suppress_context__ = None, True
    return found


def missing(op: Op, name: str) -> Exception:
    """The error of a call without a required argument."""
    from tcalc.errors import ArgumentError

    return ArgumentError(
        f'{op.name}() missing 1 required positional arguments: "{name}"', argument=name
    )


def _values(op: Op) -> str:
    return "".join(f"{p.name}, " for p in op.params)


def _extra_body(op: Op) -> list[str]:
    pairs = ", ".join(f"{p.name!r}: {p.name}" for p in op.params)
    return [f"    if extra: return redirect(op, extra, {{{pairs}}})"]


def _arguments(op: Op, renamed: dict[str, str], keywords: bool = True) -> str:
    """The arguments of a kernel call."""
    parts = []
    for p in op.params:
        value = renamed.get(p.name, p.name)
        if p.variadic:
            parts.append(f"*{value}")
        elif p.keyword_only:
            parts.append(f"{p.name}={value}")
        else:
            parts.append(value)
    return ", ".join(parts)


def _composite_body(op: Op) -> list[str]:
    lines = []
    for p in op.params:
        if not p.is_array:
            continue
        if p.is_sequence:
            lines.append(f"    {p.name} = tensors_of(op, {p.name!r}, {p.name})")
            continue
        test = f"not isinstance({p.name}, Tensor)"
        if p.optional:
            test = f"{p.name} is not None and {test}"
        lines.append(f"    if {test}: {p.name} = operand(op, {p.name!r}, {p.name})")
    call = f"return kernel({_arguments(op, {})})"
    if op.runs_programs:
        return [*lines, f"    {call}"]
    return [*lines, "    try:", f"        {call}",
            "    except FAULTS as e:", "        raise fault(op, e)"]  # fmt: skip


def _scalar_body(op: Op) -> list[str]:
    """Numbers alone stay numbers."""
    if op.scalar is None:
        return []
    arrays = [p for p in op.params if p.is_array]
    one = "type({0}) is int" if "f" not in op.only else "(type({0}) is float or type({0}) is int)"
    test = " and ".join(one.format(p.name) for p in arrays)
    return [f"    if {test}: return scalar({_arguments(op, {})})"]


def _kernel_body(op: Op, keywords: bool = True) -> list[str]:
    """The short path: all operands are CPU tensors that the kernel takes as they are."""
    arrays = [p for p in op.params if p.is_array]
    if not arrays or any(p.is_sequence for p in arrays):
        return []
    lines: list[str] = []
    elementwise = op.family == "elementwise"
    chars = _allowed(op, _PLAIN if op.dtype in (SAME, BOOLEAN) else _INEXACT)
    if elementwise and any(p.name in op.unpromoted for p in arrays):
        return []
    lines.append(f"    if {' and '.join(_is_tensor(p) for p in arrays)}:")
    lines += [_array_of(p) for p in arrays]
    first = f"_{arrays[0].name}"
    tests = [_is_plain(p) for p in arrays]
    if elementwise:
        required = [p for p in arrays if not p.optional]
        tests += [f"_{p.name}.dtype is {first}.dtype" for p in required[1:]]
        if len(required) != len(arrays):
            tests += [
                f"(_{p.name} is None or _{p.name}.dtype is {first}.dtype)"
                for p in arrays
                if p.optional
            ]
        tests.append(f"{first}.dtype.char in {chars!r}")
        tests += [f"_{p.name}.size < LARGE" for p in required]
    else:
        tests += [
            f"_{p.name}.dtype.char in {_PLAIN!r}"
            if not p.optional
            else f"(_{p.name} is None or _{p.name}.dtype.char in {_PLAIN!r})"
            for p in arrays
        ]
        most = "LARGE" if op.deferred else op.long
        if most:
            tests += [_is_below(p, most) for p in arrays]
    lines.append(f"        if {' and '.join(tests)}:")
    lines += _run_lines(op, arrays, "            ")
    if op.numbers and elementwise and arrays[1].default is REQUIRED:
        lines += _with_number(op, arrays)
    return lines


def short_form(op: Op) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Which parameters of an elementwise op are tensors of one dtype and which of any, and the type
    codes that its kernel takes as they are."""
    arrays = [i for i, p in enumerate(op.params) if p.is_array]
    alike = tuple([i for i in arrays if op.params[i].name not in op.unpromoted])
    others = tuple([i for i in arrays if i not in alike])
    return alike, others, _allowed(op, _PLAIN if op.dtype in (SAME, BOOLEAN) else _INEXACT)


# The ints that PyTorch takes as numbers.
_RANGE = f"{-(1 << 63)} <= {{}} < {1 << 64}"
_RANGE_OF_INT64 = f"{-(1 << 63)} <= {{}} < {1 << 63}"
# What the small integer types hold, by type code.
bounds = {"b": (-128, 127), "h": (-32768, 32767), "i": (-(1 << 31), (1 << 31) - 1)}
_CATEGORY = {"?": "b", "f": "f", "d": "f", "F": "c", "D": "c"}


def _allowed(op: Op, chars: str) -> str:
    """The type codes of the categories that the op has."""
    return "".join(c for c in chars if _CATEGORY.get(c, "i") in op.only)


def _with_number(op: Op, arrays: list[Parameter]) -> list[str]:
    """The short path of a tensor with a Python number, which never raises the dtype here."""
    left, right = arrays[0].name, arrays[1].name
    lines = [
        f"    elif isinstance({left}, Tensor) and (type({right}) is float or type({right}) is int):",
        f"        _{left} = {left}._d",
        f"        if type(_{left}) is ndarray and _{left}.size < LARGE and {_takes(op, left, right)}:",
        f"            _{right} = {right}",
        *_run_lines(op, arrays, "            ", number=right),
        f"    elif isinstance({right}, Tensor) and (type({left}) is float or type({left}) is int):",
        f"        _{right} = {right}._d",
        f"        if type(_{right}) is ndarray and _{right}.size < LARGE and _{right}.dtype.char in "
        f"{_allowed(op, _INEXACT)!r} and (type({left}) is float or {_RANGE.format(left)}):",
        f"            _{left} = asarray({left}, _{right}.dtype)",
        *_run_lines(op, arrays, "            ", number=left),
    ]
    return lines


def _takes(op: Op, left: str, right: str) -> str:
    """Whether NumPy takes a number beside an array as PyTorch does: there ints wrap before they are
    compared, and some ops refuse floats that the dtype does not hold."""
    char = f"_{left}.dtype.char"
    floats = _allowed(op, _INEXACT)
    ints = _allowed(op, "fdFDlihb" if op.dtype in (SAME, BOOLEAN) else _INEXACT)
    if op.dtype == BOOLEAN:
        wide = ints.translate(dict.fromkeys(map(ord, bounds), None))
        return (
            f"({char} in ({floats!r} if type({right}) is float else {wide!r} if "
            f"{_RANGE_OF_INT64.format(right)} else '') or ({char} in bounds and type({right}) is int "
            f"and bounds[{char}][0] <= {right} <= bounds[{char}][1]))"
        )
    test = f"{char} in ({floats!r} if type({right}) is float else {ints!r} if {_RANGE.format(right)} else '')"
    return f"{test} and -3e38 < {right} < 3e38" if right in op.fits else test


def _is_tensor(p: Parameter) -> str:
    test = f"isinstance({p.name}, Tensor)"
    return f"({p.name} is None or {test})" if p.optional else test


def _array_of(p: Parameter) -> str:
    value = f"{p.name}._d"
    if p.optional:
        value = f"None if {p.name} is None else {value}"
    return f"        _{p.name} = {value}"


def _is_plain(p: Parameter) -> str:
    test = f"type(_{p.name}) is ndarray"
    return f"(_{p.name} is None or {test})" if p.optional else test


def _is_below(p: Parameter, most: int | str) -> str:
    test = f"_{p.name}.size < {most}"
    return f"(_{p.name} is None or {test})" if p.optional else test


def _run_lines(
    op: Op, arrays: list[Parameter], indent: str, number: str | None = None
) -> list[str]:
    """The kernel's call, the result's tensor, and its record."""
    renamed = {p.name: f"_{p.name}" for p in arrays}
    call = f"kernel(np, {_arguments(op, renamed)})"
    lines = [
        "try:",
        f"    r = {call}",
        "except KERNEL_ERRORS:",
        f"    return slow(op, ({_values(op)}))",
        "if type(r) is not ndarray:",
        f"    if type(r) is tuple or type(r) is list: return finish(op, r, ({_values(op)}))",
        "    if isinstance(r, generic): r = asarray(r)",
    ]
    lines += ["out = new(Tensor)", "out._d = r"]
    if op.family == "view":
        source = arrays[0].name
        lines += [
            f"out._s = s = {source}._s or {source}.storage()",
            f"v = {source}._v",
            f"out._v = View({source} if v is None else v.base, v, op, ({_values(op)}), s.version, "
            "grad_mode.enabled)",
        ]
    else:
        lines.append("out._s = out._v = None")
    tracked = [p for p in arrays if p.name != number and _has_vjp(op, p.name)]
    if op.has_gradient and tracked:
        lines.append("if grad_mode.enabled:")
        for p in tracked:
            end = f"{p.name}._g if {p.name}._v is None else meta_of({p.name})"
            if p.optional:
                end = f"None if {p.name} is None else {end}"
            lines += [
                f"    g_{p.name} = {end}",
                f"    if g_{p.name} is not None and not g_{p.name}.requires_grad: "
                f"g_{p.name} = None",
            ]
        any_end = " or ".join(f"g_{p.name} is not None" for p in tracked)
        lines.append(f"    if {any_end}:")
        names = {p.name for p in tracked}
        ends = "".join(f"g_{p.name}, " if p.name in names else "None, " for p in arrays)
        saved = _saved_text(op, names, number)
        if "saved_out" in saved:
            lines += ["        out._s = Storage(r)", "        saved_out = SavedOutput(r, out._s)"]
        lines += [
            f"        saved = ({saved})",
            f"        out._g = record(op, ({ends}), saved, {_versions_text(op, number)}, r)",
            "        return out",
        ]
    lines += ["out._g = None", "return out"]
    return [indent + line for line in lines]


def _has_vjp(op: Op, name: str) -> bool:
    return name in op.vjps or name in op.joint_params


def _saved_text(op: Op, tracked: set[str], number: str | None) -> str:
    """The saved values, each tensor only where a gradient that runs needs it."""
    plan = saved_plan(op)
    arrays = {p.name for p in op.params if p.is_array}
    optional = {p.name for p in op.params if p.optional}
    parts = []
    for name in plan:
        if name == "out":
            used = any(u in tracked for u in plan[name])
            parts.append("saved_out" if used else "None")
        elif name in arrays and name != number:
            parts.append(f"({name} if {_users_text(op, name, tracked)} else None)")
        elif name in arrays or name in {p.name for p in op.params}:
            parts.append(name)
        else:
            base, _, what = name.rpartition("_")
            value = f"_{base}.{what}" if base != number else ("()" if what == "shape" else "None")
            if base in optional and base != number:
                value = f"(None if _{base} is None else {value})"
            parts.append(value)
    return "".join(p + ", " for p in parts)


def _users_text(op: Op, name: str, tracked: set[str]) -> str:
    """Whether a gradient runs that needs a saved value."""
    users = [u for u in saved_plan(op)[name] if u in tracked]
    return " or ".join(f"g_{u} is not None" for u in users) or "False"


def _versions_text(op: Op, number: str | None) -> str:
    """The versions of the saved tensors, where memory of theirs may have been written to."""
    plan = saved_plan(op)
    tests = [
        f"({p.name} is not None and {p.name}._s is not None)"
        if p.optional
        else f"{p.name}._s is not None"
        for p in op.params
        if p.is_array and p.name in plan and p.name != number
    ]
    return f"versions_of(op, saved) if {' or '.join(tests)} else None" if tests else "None"
