"""The short path of a call as text: all operands are CPU tensors that the kernel takes as they are, or
numbers that do not change their dtype. It does nothing but the kernel, its result's tensor and its
record; an in-place form nothing but the kernel and the write.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

from tcalc.runtime.base.op import BOOLEAN, REQUIRED, SAME
from tcalc.runtime.base.targets import ANYWHERE, APART
from tcalc.runtime.call.recording import record_lines, tracked_text
from tcalc.runtime.types.codes import PLAIN, PLAIN_INEXACT, SIGNED
from tcalc.runtime.types.dtypes import ALL, int64

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op, Parameter


def values_text(op: Op) -> str:
    """The values of the op's parameters, as the items of a tuple."""
    return "".join(f"{p.name}, " for p in op.params)


def arguments_text(op: Op, renamed: dict[str, str], kernel: Any = None) -> str:
    """The arguments of a kernel call; kernel: which, where it is flat if it can be."""
    order = flat_order(op, kernel)
    if order is not None:
        return ", ".join([renamed.get(name, name) for name in order])
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


def flat(op: Op, kernel: Any) -> Any:
    """A kernel that takes all its arguments by position, as it is called soonest: after those that have
    one, those that are given by keyword, then what it takes as `*values` as one tuple."""
    order = flat_order(op, kernel)
    if order is None:
        return kernel
    code = kernel.__code__
    code = code.replace(
        co_argcount=len(order) + (op.family != "composite"),
        co_kwonlyargcount=0,
        co_flags=code.co_flags & ~_STARRED,
    )
    return FunctionType(code, kernel.__globals__, kernel.__name__, None, kernel.__closure__)


# That a function takes `*values`, in the flags of its code.
_STARRED = 4


def flat_order(op: Op, kernel: Any) -> tuple[str, ...] | None:
    """The order in which such a kernel takes its arguments, None where it has other ones than the op."""
    code = getattr(kernel, "__code__", None)
    if code is None:
        return None
    first = [p.name for p in op.params if not (p.variadic or p.keyword_only)]
    named = [p.name for p in op.params if p.keyword_only]
    starred = [p.name for p in op.params if p.variadic]
    order = (*first, *named, *starred)
    lead = op.family != "composite"
    takes = (code.co_argcount, code.co_kwonlyargcount, bool(code.co_flags & _STARRED))
    if takes != (lead + len(first), len(named), bool(starred)):
        return None
    return order if code.co_varnames[lead : lead + len(order)] == order else None


def short_lines(op: Op) -> list[str]:
    """The short path: all operands are CPU tensors that the kernel takes as they are."""
    arrays = [p for p in op.params if p.is_array]
    if not arrays:
        return []
    if any(p.is_sequence for p in arrays):
        return [*_of_sequences(op, arrays), *_run_lines(op, arrays, "        ")]
    lines = [*_of_tensors(op, arrays), *_run_lines(op, arrays, "            ")]
    if op.family != "elementwise" or not _promoted(op, arrays):
        return lines
    if op.numbers and len(arrays) == 2 and arrays[1].default is REQUIRED:
        return [*lines, *_with_number(op, arrays)]
    if len(arrays) > 1:
        lines += [*_of_any(op, arrays), *_run_lines(op, arrays, "            ", loose=True)]
    return lines


def write_lines(op: Op) -> list[str]:
    """The short path of an in-place form: outside the graph, each element in memory of its own."""
    arrays = [p for p in op.params if p.is_array]
    if not _promoted(op, arrays) or any(p.is_sequence for p in arrays):
        return []
    beyond = _or_by_function(op, arrays)
    lines = [*_of_tensors(op, arrays, beyond), *_store_lines(op, arrays, "            ")]
    if op.family != "elementwise":
        return lines
    if op.numbers and len(arrays) == 2 and arrays[1].default is REQUIRED:
        stored = _store_lines(op, arrays[:1], "            ")
        return [*lines, *_of_number(op, arrays, beyond), *stored]
    if len(arrays) > 1:
        lines += [*_of_any(op, arrays, arrays[0]), *_store_lines(op, arrays, "            ")]
    return lines


def _or_by_function(op: Op, arrays: list[Parameter]) -> str:
    """What comes after the test that an array is small: large ones are written to by the installation's
    function too, unless something waits that may read them."""
    if op.installed is None or any(p.optional for p in arrays):
        return ""
    first = _promoted(op, arrays)[0].name
    tests = [f"{p.name} is _default_{p.name}" for p in op.params if not p.is_array]
    tests = [
        f"not (live and is_read(_{first}))",
        f"_{first}.dtype is SINGLE",
        "settings.on",
        *tests,
    ]
    return f" or {' and '.join(tests)}"


def _promoted(op: Op, arrays: list[Parameter]) -> list[Parameter]:
    """The parameters whose tensors have one dtype."""
    return [p for p in arrays if p.name not in op.unpromoted]


def _of_tensors(op: Op, arrays: list[Parameter], beyond: str = "") -> list[str]:
    """Tests that all operands are such tensors; `_name` is the array of each. beyond: what else makes an
    elementwise op's arrays small enough."""
    lines = [f"    if {' and '.join(_is_tensor(p) for p in arrays)}:"]
    lines += [_array_of(p) for p in arrays]
    elementwise = op.family == "elementwise"
    chars = _allowed(op, PLAIN if op.dtype in (SAME, BOOLEAN) else PLAIN_INEXACT)
    first = f"_{arrays[0].name}"
    tests = [_is_plain(p) for p in arrays]
    if elementwise:
        promoted = _promoted(op, arrays) or arrays
        first = f"_{promoted[0].name}"
        tests += [_or_none(p, f"_{p.name}.dtype is {first}.dtype") for p in promoted[1:]]
        tests.append(f"{first}.dtype.char in {chars!r}")
        tests += [_is_small(p, beyond) for p in arrays]
    else:
        tests += [_or_none(p, f"_{p.name}.dtype.char in {PLAIN!r}") for p in arrays]
        most = "LARGE" if op.deferred else op.long
        if most:
            tests += [_is_below(p, most) for p in arrays if p.name not in op.looked_up]
    lines.append(f"        if {' and '.join(tests)}:")
    return lines


def _of_sequences(op: Op, arrays: list[Parameter]) -> list[str]:
    """Tests that all operands, those in sequences too, are such tensors."""
    lines = []
    tests = []
    for p in arrays:
        if p.is_sequence:
            value = f"tuple({p.name}) if type({p.name}) is list else as_tuple({p.name})"
            lines.append(f"    if type({p.name}) is not tuple: {p.name} = {value}")
            value = f"plain_arrays({p.name})"
            test = f"_{p.name} is not None"
        else:
            value = f"plain_array({p.name})"
            test = (
                f"(_{p.name} is not None or {p.name} is None)"
                if p.optional
                else f"_{p.name} is not None"
            )
        lines.append(f"    _{p.name} = {value}")
        tests.append(test)
    return [*lines, f"    if {' and '.join(tests)}:"]


def _of_any(op: Op, arrays: list[Parameter], first: Parameter | None = None) -> list[str]:
    """Tests that each operand is such a tensor or a number, at any place, that keeps the dtype of the
    tensors, which are floating. first: the one that must be a tensor."""
    promoted = _promoted(op, arrays)
    others = [p for p in arrays if p not in promoted]
    leader = (first or promoted[-1]).name
    for p in reversed(promoted[:-1]) if first is None else ():
        leader = f"{p.name} if isinstance({p.name}, Tensor) else {leader}"
    floats = _allowed(op, PLAIN_INEXACT)
    tests = ["isinstance(_lead, Tensor)", *map(_is_tensor, others)]
    tests += ["type(_lead._d) is ndarray", f"_lead._d.dtype.char in {floats!r}"]
    lines = [
        f"    _lead = {leader}",
        f"    if {' and '.join(tests)}:",
        "        dtype = _lead._d.dtype",
        *map(_array_of, others),
    ]
    lines += [
        f"        _{p.name} = {p.name}._d if isinstance({p.name}, Tensor) else "
        f"(constant({p.name}, dtype) if {p.name} else asarray({p.name}, dtype)) "
        f"if {_is_number(op, p.name)} else None"
        for p in promoted
    ]
    size = "(n_{0} := _{0}.size) < LARGE"
    tests = [f"type(_{p.name}) is ndarray and {size.format(p.name)}" for p in others]
    for p in promoted:
        name = f"_{p.name}"
        test = f"type({name}) is ndarray and {name}.dtype is dtype and {size.format(p.name)}"
        tests.append(f"({p.name} is None or {test})" if p.optional else test)
    return [*lines, f"        if {' and '.join(tests)}:"]


def _is_number(op: Op, name: str) -> str:
    """Whether a value is a number that a floating dtype takes."""
    test = f"(type({name}) is float or type({name}) is int and {_RANGE.format(name)})"
    return f"{test} and -3e38 < {name} < 3e38" if name in op.fits else test


# The ints that PyTorch takes as numbers.
_RANGE = f"{-(1 << 63)} <= {{}} < {1 << 64}"
_RANGE_OF_INT64 = f"{-(1 << 63)} <= {{}} < {1 << 63}"
_GROUPS = {t.codes[0]: t.group for t in ALL}
# The integers that NumPy takes a number beside as PyTorch does, and what the small ones hold.
_SIGNED = "".join([c for c in PLAIN if c in SIGNED])
bounds = {c: (t.least, t.largest) for t in ALL for c in t.codes if c in _SIGNED and t is not int64}


def _allowed(op: Op, chars: str) -> str:
    """The type codes of the categories that the op has."""
    return "".join(c for c in chars if _GROUPS[c] in op.only)


def _of_number(op: Op, arrays: list[Parameter], beyond: str = "") -> list[str]:
    """Tests that the first operand is such a tensor and the second a number that keeps its dtype."""
    left, right = arrays[0].name, arrays[1].name
    return [
        f"    elif isinstance({left}, Tensor) and (type({right}) is float or type({right}) is int):",
        f"        _{left} = {left}._d",
        f"        if type(_{left}) is ndarray and {_is_small(arrays[0], beyond)} and "
        f"{_takes(op, left, right)}:",
        f"            _{right} = {right}",
    ]


def _with_number(op: Op, arrays: list[Parameter]) -> list[str]:
    """The short path of a tensor with a Python number, which never raises the dtype here."""
    left, right = arrays[0].name, arrays[1].name
    return [
        *_of_number(op, arrays),
        *_run_lines(op, arrays, "            ", number=right),
        f"    elif isinstance({right}, Tensor) and (type({left}) is float or type({left}) is int):",
        f"        _{right} = {right}._d",
        f"        if type(_{right}) is ndarray and (n_{right} := _{right}.size) < LARGE and "
        f"_{right}.dtype.char in "
        f"{_allowed(op, PLAIN_INEXACT)!r} and (type({left}) is float or {_RANGE.format(left)}):",
        f"            _{left} = asarray({left}, _{right}.dtype)",
        *_run_lines(op, arrays, "            ", number=left),
    ]


def _takes(op: Op, left: str, right: str) -> str:
    """Whether NumPy takes a number beside an array as PyTorch does: there ints wrap before they are
    compared, and some ops refuse floats that the dtype does not hold."""
    char = f"_{left}.dtype.char"
    floats = _allowed(op, PLAIN_INEXACT)
    ints = _allowed(op, PLAIN_INEXACT + _SIGNED if op.dtype in (SAME, BOOLEAN) else PLAIN_INEXACT)
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


def _or_none(p: Parameter, test: str) -> str:
    return f"(_{p.name} is None or {test})" if p.optional else test


def _is_plain(p: Parameter) -> str:
    return _or_none(p, f"type(_{p.name}) is ndarray")


def _is_small(p: Parameter, beyond: str = "") -> str:
    """Whether an array's size, which is kept, is below that of large ones, or what else is as good."""
    test = f"(n_{p.name} := _{p.name}.size) < LARGE"
    return _or_none(p, f"({test}{beyond})" if beyond else test)


def _is_below(p: Parameter, most: int | str) -> str:
    return _or_none(p, f"_{p.name}.size < {most}")


def _run_lines(
    op: Op, arrays: list[Parameter], indent: str, number: str | None = None, loose: bool = False
) -> list[str]:
    """The kernel's call, the result's tensor, and its record.

    number: the operand that is a number. loose: whether each may be one.
    """
    renamed = {p.name: f"_{p.name}" for p in arrays}
    call = _kernel_text(op, arrays, renamed, number)
    untracked = "outside(op, r)"
    if op.family == "view":
        untracked = f"tuple(views(op, r, ({values_text(op)}), True))"
    several = f"finish(op, r, ({values_text(op)})) if {tracked_text(arrays, number, loose)} else {untracked}"
    lines = [
        "try:",
        f"    r = {call}",
        "except KERNEL_ERRORS:",
        f"    return slow(op, ({values_text(op)}))",
        *(_first_lines(op, arrays, number, loose) if op.leads else ()),
        "if type(r) is not ndarray:",
        f"    if type(r) is tuple or type(r) is list: return {several}",
        "    if isinstance(r, generic): r = asarray(r)",
    ]
    lines += ["out = new(Tensor)", "out._d = r"]
    if op.family == "view":
        source = arrays[0].name
        lines += [
            f"out._s = s = {source}._s or {source}.shared()",
            "out._v = w = new(View)",  # as View's own __init__ does it, which takes longer to call
            f"w.parent = v = {source}._v",
            f"w.base = {source} if v is None else v.base",
            "w.op = op",
            f"w.values = ({values_text(op)})",
            "w.version = s.version",
            "w.tracked = grad_mode.enabled",
        ]
    else:
        lines.append("out._s = out._v = None")
    lines += [*record_lines(op, arrays, number, loose), "out._g = None", "return out"]
    return [indent + line for line in lines]


def _first_lines(op: Op, arrays: list[Parameter], number: str | None, loose: bool) -> list[str]:
    """Of several results the first alone is recorded, as that of an op with one."""
    record = record_lines(op, arrays, number, loose, "outs")
    lines = ["outs = outside(op, r)", "out, rest = outs[0], r[1:]", "r = out._d", *record]
    return ["if not (interpreters.count or hooked.count):",
            *["    " + line for line in [*lines, "return outs"]]]  # fmt: skip


def _kernel_text(
    op: Op,
    arrays: list[Parameter],
    renamed: dict[str, str],
    number: str | None = None,
    out: str = "",
) -> str:
    """The kernel's call; of elementwise ops by compiled code where arrays are of middle size, or where the
    installation has a function for it.

    number: the operand that is a number. out: where such a function may put the result.
    """
    seen = renamed
    if number is not None and number == arrays[-1].name and getattr(op, "number_as_array", False):
        # Of floats that are zero one is negative, which is no other key.
        name, value = f"_{arrays[0].name}", renamed[number]
        seen = {
            **renamed,
            number: f"constant({value}, {name}.dtype) if {value} or type({value}) is int else {value}",
        }
    call = f"KERNEL(np, {arguments_text(op, seen, op.kernel)})"
    if op.family != "elementwise" or any(p.variadic for p in op.params):
        return call
    small = [_or_none(p, f"n_{p.name} < MIDDLE") for p in arrays if p.name != number]
    given = "".join(f"{renamed.get(p.name, p.name)}, " for p in op.params)
    call = f"{call} if {' and '.join(small)} or op in quick else middle.compute(op, ({given}))"
    call = _by_function(op, arrays, seen, call, number, out)
    if number is not None or len(arrays) != 2 or out or any(p.optional for p in arrays):
        return call
    # What is made of few elements may be many.
    first, second = (p.name for p in arrays)
    tests = [f"{p.name} is _default_{p.name}" for p in op.params if not p.is_array]
    tests = [
        f"n_{first} * n_{second} >= LARGE and n_{first} < MIDDLE and n_{second} < MIDDLE",
        f"{seen[first]}.shape != {seen[second]}.shape",
        *tests,
    ]
    return f"across.compute(op, ({given})) if {' and '.join(tests)} else {call}"


def _by_function(
    op: Op,
    arrays: list[Parameter],
    renamed: dict[str, str],
    call: str,
    number: str | None = None,
    out: str = "",
) -> str:
    """The call of the function that the installation has of an op, where there is one and its operands are
    such as it takes; else another call."""
    if op.installed is None:
        return call
    first = next(p for p in _promoted(op, arrays) if p.name != number)
    others = [p for p in arrays if p.name in op.unpromoted]
    tests = [
        f"(type({p.name}) is float or type({p.name}) is int and {_RANGE.format(p.name)}) and "
        f"-3e38 < {p.name} < 3e38"
        if p.name in op.installed
        else f"{p.name} is _default_{p.name}"
        for p in op.params
        if not p.is_array
    ]
    operands = [renamed[p.name] for p in op.params if p.is_array]
    operands += [
        f"constant({n}, SINGLE) if {n} else {n}" for n in op.installed
    ]  # one zero is negative
    operands += [out] * bool(out)
    tests = [
        f"_{first.name}.dtype is SINGLE",
        *[f"_{p.name}.dtype is BOOL" for p in others],
        *[f"_{p.name} is not None" for p in arrays if p.optional],
        "settings.on",
        *tests,
    ]
    return f"FUNCTION({', '.join(operands)}) if {' and '.join(tests)} else {call}"


def _is_apart(p: Parameter, is_first: bool) -> str:
    """Whether an operand is surely in no graph, and no view."""
    test = f"{p.name}._g is None is {p.name}._v"
    return test if is_first else f"(not isinstance({p.name}, Tensor) or {test})"


def _store_lines(op: Op, tensors: list[Parameter], indent: str) -> list[str]:
    """The kernel's call and the write into the first operand; `write` does what is left."""
    first, others = tensors[0].name, tensors[1:]
    apart = " and ".join(_is_apart(p, p is tensors[0]) for p in tensors)
    given = {p.name: f"_{p.name}" for p in op.params if p.is_array}
    rest = f"return write(op, ({values_text(op)}))"
    lines = [
        f"if ({apart}) or not grad_mode.enabled:",
        f"    flags = _{first}.flags",
        f"    if flags.writeable and (flags.c_contiguous or writeable(_{first})):",
    ]
    for p in others if op.apart != ANYWHERE else ():
        other = f"_{p.name}"
        shared = f"({other}.base is not None or _{first}.base is not None)"
        test = (
            f"({other} is _{first} or {shared})"
            if op.apart == APART
            else f"{other} is not _{first} and {shared}"
        )
        if p.optional:
            test = f"{other} is not None and {test}"
        lines.append(f"        if {test}: check_overlap(_{first}, ({other},), {op.apart})")
    if op.into is None:
        call = _kernel_text(op, tensors, given, out=f"_{first}")
    else:  # what writes into its first operand itself is NumPy's at every size
        call = f"KERNEL(np, {arguments_text(op, given, op.into)})"
        call = _by_function(op, tensors, given, call, out=f"_{first}")
    lines += [
        f"        if live: before_write(_{first})",
        f"        try: r = {call}",
        f"        except (*KERNEL_ERRORS, AttributeError): {rest}",
    ]
    if op.into is None:
        tests = [f"r.shape != _{first}.shape"]
        if op.dtype != BOOLEAN:  # bools go into every dtype
            tests.insert(0, f"r.dtype is not _{first}.dtype")
        if op.family != "elementwise":
            tests.insert(0, "type(r) is not ndarray")
        lines.append(f"        if {' or '.join(tests)}: {rest}")
        kept = f"if r is not _{first}: " if op.installed is not None else ""
        lines.append(f"        {kept}_{first}[...] = r")
    lines += [f"        ({first}._s or {first}.shared()).version += 1", f"        return {first}"]
    return [indent + line for line in lines]
