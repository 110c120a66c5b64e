"""Writes the function that a user calls for an op: its short path in Python source.

The text holds what is known of the op (its parameters, which are tensors, what the gradient
needs), so that a call on plain CPU tensors of one dtype does nothing but the kernel. Anything
else (numbers, lists, promotion, halves, other devices, `out=`, errors) goes to `dispatch`.
NumPy is not loaded here: a function of plain numbers runs without it.
"""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from tcalc.errors import LooksInside
from tcalc.runtime.base.generated import register, run_text
from tcalc.runtime.base.kinds import KINDS, take, whole
from tcalc.runtime.base.modes import casting, interpreters, mode
from tcalc.runtime.base.op import REQUIRED, Op, Parameter, signature_parts
from tcalc.runtime.call import shortcuts
from tcalc.runtime.call.faults import FAULTS, fault, missing
from tcalc.runtime.call.preferred import chooses, settled, short_names, whole_calls
from tcalc.runtime.call.short import (
    arguments_text,
    bounds,
    flat,
    flat_order,
    short_lines,
    values_text,
    write_lines,
)
from tcalc.runtime.call.whole import native_lines, native_write_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# Functions made before NumPy was loaded, by the globals that still lack the runtime's names.
_waiting: list[dict[str, Any]] = []


# What a call may need before NumPy is loaded, by the module that has it: the one place where what
# stands lower reaches up.
_LATE = {
    "slow": "call.dispatch", "redirect": "call.dispatch", "respelled": "call.arguments",
    "write": "call.inplace", "operand": "call.arguments", "is_operand": "call.arguments",
    "tensors_of": "call.arguments", "autocast": "call.casting", "as_tuple": "call.dispatch",
    "plain_array": "call.dispatch", "plain_arrays": "call.dispatch",
}  # fmt: skip


def _attach(scope: dict[str, Any]) -> None:
    """Give a generated function the runtime's names, now or as soon as they are loaded."""
    dispatch = sys.modules.get("tcalc.runtime.call.dispatch")
    if dispatch is not None and hasattr(dispatch, "NAMES"):
        scope.update(dispatch.NAMES, **_own_names(scope))
    else:
        # No value is an instance of (), so every tensor branch is passed by.
        scope.update({name: _late(name) for name in _LATE}, Tensor=(), CALL=None, CALL_INTO=None)
        _waiting.append(scope)


def _own_names(scope: dict[str, Any]) -> dict[str, Any]:
    """What a function's own op adds to the runtime's names."""
    op = scope["op"]
    calls = {
        name: find and (find() if chooses(op) else shortcuts.after_few(scope, name, find))
        for name, find in whole_calls(op).items()
    }
    return {**short_names(op), **calls}


def _late(name: str) -> Callable[..., Any]:
    def call(*args: object) -> Any:
        import_module("tcalc.runtime.call.dispatch")  # completes what was made so far
        return getattr(import_module(f"tcalc.runtime.{_LATE[name]}"), name)(*args)

    return call


def attach_all(names: dict[str, Any]) -> None:
    """Complete the functions made so far."""
    for scope in _waiting:
        scope.update(names, **_own_names(scope))
    _waiting.clear()
    register()


def make_function(op: Op) -> Callable[..., Any]:
    """The function that a user calls for the op."""
    scope: dict[str, Any] = {
        "op": op, "KERNEL": flat(op, settled(op)), "scalar": op.scalar, "missing": missing,
        "fault": fault, "FAULTS": FAULTS, "LooksInside": LooksInside,
    }  # fmt: skip
    _attach(scope)
    if op.whole is not None:
        found = shortcuts.after_few(scope, "WHOLE", op.whole)
        scope.update(WHOLE=found, interpreters=interpreters)
    if op.family == "composite":
        body = _composite_body(op)
    else:
        # Numbers come after tensors, whose calls are timed by the nanosecond.
        body = [
            *short_lines(op), *_scalar_body(op), f"    return slow(op, ({values_text(op)}))",
        ]  # fmt: skip
    # What views, moves and indices are given machine code looks at itself.
    native = native_lines(op)
    looks = op.memory_call or op.move_call or op.index_call
    first, then = (native, []) if looks else ([], native)
    source = [
        f"def _function({_signature(op.params, scope)}):", *_extra_body(op), *_whole_body(op), *first,
        *_required_body(op), *_kinds_body(op), *_casting_body(op, scope), *then, *body,
    ]  # fmt: skip
    made = _compile(op, op.name, source, scope)
    if op.family == "composite":
        shortcuts.known(scope, KERNEL=partial(composed, op), WHOLE=None)
    return made


def make_inplace(op: Op) -> Callable[..., Any]:
    """The form of an op that writes its result into its first argument."""
    scope: dict[str, Any] = {"KERNEL": flat(op, op.into or settled(op))}
    if op.writes is not None:
        scope["write"] = op.writes
    short = [*native_write_lines(op), *write_lines(op)]
    made = make_form(op, f"{op.name}_", "write", scope, short)
    made.__doc__ = f"The form of {op.name} that writes the result into `input`."
    return made


# The parameter that a switched form has more than its op.
_INPLACE = Parameter("inplace", "bool", False, False, False)


def make_switched(op: Op) -> Callable[..., Any]:
    """The form of an op with a parameter `inplace`: whether it writes into its first argument."""
    params = (*op.params, _INPLACE)
    given = ", ".join(p.name for p in op.params)
    scope: dict[str, Any] = {"op": op, "new": op.function}
    source = [
        f"def _function({_signature(params, scope)}):",
        f"    if inplace is False: return new({given}, **extra)",
        "    form = op.inplace_function if take(op.name, 'inplace', ('bool',), inplace) else new",
        f"    return form({given}, **extra)",
    ]  # fmt: skip
    scope["take"] = take
    made: Any = _compile(op, op.name, source, scope)
    made.__params__ = params
    return made


def make_form(
    op: Op, name: str, run: str, scope: dict[str, Any], short: Sequence[str] = ()
) -> Callable[..., Any]:
    """A function with an op's signature that gives `run(op, values)`, a function of the scope or of
    the runtime, the arguments converted to their kinds. short: what it tries before."""
    scope.update(op=op, missing=missing)
    own = {key: scope[key] for key in scope}
    _attach(scope)
    scope.update(own)
    pairs = ", ".join(f"{p.name!r}: {p.name}" for p in op.params)
    values = f"respelled(op, extra, {{{pairs}}})"
    source = [
        f"def _function({_signature(op.params, scope)}):",
        f"    if extra: return apply(op, _function, {values})",
        *_required_body(op), *_kinds_body(op), *short,
        f"    return {run}(op, ({values_text(op)}))",
    ]  # fmt: skip
    scope["apply"] = apply
    return _compile(op, name, source, scope)


def composed(op: Op, *args: Any, **kwargs: Any) -> Any:
    """An op that is made of others, by what runs them in this thread; its arguments as `flat` has them."""

    def run(*args: Any, **kwargs: Any) -> Any:
        if mode.interpreter is not None:
            return mode.interpreter.compose(op, args, kwargs)
        return op.kernel(*args, **kwargs)

    order = flat_order(op, op.kernel)
    if order is None:
        return run(*args, **kwargs)
    values = dict(zip(order, args))
    return apply(op, run, [values[p.name] for p in op.params])


def apply(op: Op, function: Callable[..., Any], values: Sequence[Any]) -> Any:
    """Call a form of an op with the values of its parameters in order."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for p, value in zip(op.params, values):
        if p.variadic:
            args.extend(value)
        elif p.keyword_only:
            kwargs[p.name] = value
        else:
            args.append(value)
    return function(*args, **kwargs)


def make_operator(op: Op, form: str) -> Callable[..., Any]:
    """The function behind an operator of Tensor: plain, reflected or inplace."""
    if len(op.params) == 1:
        return op.function
    left, right = op.params[0].name, op.params[1].name
    full = op.function
    scope: dict[str, Any] = {
        "op": op, "KERNEL": flat(op, op.kernel), "full": full, "operand_types": _operand_types(),
        "inplace": op.inplace_function if form == "inplace" and op.inplace else None,
    }  # fmt: skip
    _attach(scope)
    name = "reflected" if form == "reflected" else op.name
    first: list[str] = []
    if form == "inplace":
        call = f"inplace({left}, {right})" if op.inplace else f"full({left}, {right})"
        body = [f"    return {call}"]
        first = native_write_lines(op) if op.inplace else []
    elif form == "reflected":
        body = [f"    return full({right}, {left})"]
    elif op.family == "elementwise":
        body = [*short_lines(op), f"    return full({left}, {right})"]
        first = native_lines(op)
    else:
        body = [f"    return full({left}, {right})"]
        first = native_lines(op)
    if first and op.autocast is not None:  # which the function itself sees to
        scope["casting"] = casting
        first = ["    if not casting.count:", *["    " + line for line in first]]
    guard = [
        f"    if type({right}) not in operand_types and not isinstance({right}, Tensor):",
        f"        if not is_operand({right}): return NotImplemented",
    ]
    defaults = [
        f"    {p.name} = _default_{p.name}" for p in op.params[2:] if p.default is not REQUIRED
    ]
    for p in op.params[2:]:
        scope[f"_default_{p.name}"] = p.default
    source = [f"def _function({left}, {right}):", *defaults, *first, *guard, *body]
    return _compile(op, name, source, scope)


def _operand_types() -> frozenset[type]:
    return frozenset({int, float, bool, complex, list, tuple})


def _compile(op: Op, name: str, source: list[str], scope: dict[str, Any]) -> Callable[..., Any]:
    scope.update(bounds=bounds, whole=whole)
    run_text(f"op {name}", source, scope)
    shortcuts.known(scope)
    made: Any = scope["_function"]
    made.__name__ = made.__qualname__ = name
    made.__op__ = op
    made.__doc__ = op.doc
    made.__module__ = "torch"
    return made


def _signature(params: Sequence[Parameter], scope: dict[str, Any]) -> str:
    # Required ones too have a default: they may be given by another name, in `extra`.
    scope.update({f"_default_{p.name}": p.default for p in params if not p.variadic})
    parts = signature_parts(params, lambda p: f"{p.name}=_default_{p.name}")
    return ", ".join([*parts, "**extra"])


def _required_body(op: Op) -> list[str]:
    """Refuse a call without a required argument; those that are tensors, `operand` refuses."""
    return [
        f"    if {p.name} is _default_{p.name}: raise missing(op, {p.name!r})"
        for p in op.params
        if p.default is REQUIRED and not p.variadic and (p.is_sequence or not p.is_array)
    ]


def _whole_body(op: Op) -> list[str]:
    """A call without keywords, but for a dtype and whether it requires grad, done whole by one function where
    that takes it."""
    if op.whole is None:
        return []
    named = [p.name for p in op.params if p.keyword_only]
    given = [p.name for p in op.params if not p.keyword_only]
    tests = [
        f"{name} is _default_{name}" for name in named if name not in ("dtype", "requires_grad")
    ]
    if "dtype" in named:
        given.append("dtype")
    tests = [
        "WHOLE is not None",
        "not interpreters.count",
        *tests,
        f"(made := WHOLE({', '.join(given)})) is not None",
    ]
    if "requires_grad" not in named:
        return [f"    if {' and '.join(tests)}: return made"]
    tests.insert(1, "(requires_grad is False or requires_grad is True)")
    return [
        f"    if {' and '.join(tests)}:",
        "        if requires_grad: made._require_grad(True)",
        "        return made",
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


def _extra_body(op: Op) -> list[str]:
    pairs = ", ".join(f"{p.name!r}: {p.name}" for p in op.params)
    return [f"    if extra: return redirect(op, extra, {{{pairs}}})"]


def _casting_body(op: Op, scope: dict[str, Any]) -> list[str]:
    """Inside `autocast`, an op that has a dtype there runs in it."""
    if op.autocast is None:
        return []
    scope["casting"] = casting
    return [f"    if casting.count and casting.here(): return autocast(op, ({values_text(op)}))"]


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
    call = f"return KERNEL({arguments_text(op, {}, op.kernel)})"
    if op.runs_programs:
        return [*lines, f"    {call}"]
    return [*lines, "    try:", f"        {call}",
            f"    except LooksInside: return slow(op, ({values_text(op)}))",
            "    except FAULTS as e:", "        raise fault(op, e)"]  # fmt: skip


def _scalar_body(op: Op) -> list[str]:
    """Numbers alone stay numbers."""
    if op.scalar is None:
        return []
    arrays = [p for p in op.params if p.is_array]
    one = "type({0}) is int" if "f" not in op.only else "(type({0}) is float or type({0}) is int)"
    test = " and ".join(one.format(p.name) for p in arrays)
    return [f"    if {test}: return scalar({arguments_text(op, {})})"]
