"""The short path of a call as text: all operands are CPU tensors that the kernel takes as they are, or
numbers that do not change their dtype. It does nothing but the kernel, its result's tensor and its
record; an in-place form nothing but the kernel and the write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.runtime.base.op import BOOLEAN, REQUIRED, SAME, saved_plan
from tcalc.runtime.types.codes import PLAIN, PLAIN_INEXACT, SIGNED
from tcalc.runtime.types.dtypes import ALL, int64

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Op, Parameter


def values_text(op: Op) -> str:
    """The values of the op's parameters, as the items of a tuple."""
    return "".join(f"{p.name}, " for p in op.params)


def arguments_text(op: Op, renamed: dict[str, str]) -> str:
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


def short_lines(op: Op) -> list[str]:
    """The short path: all operands are CPU tensors that the kernel takes as they are."""
    arrays = [p for p in op.params if p.is_array]
    if not arrays or any(p.is_sequence for p in arrays):
        return []
    if op.family == "elementwise" and any(p.name in op.unpromoted for p in arrays):
        return []
    lines = [*_of_tensors(op, arrays), *_run_lines(op, arrays, "            ")]
    if op.numbers and op.family == "elementwise" and arrays[1].default is REQUIRED:
        lines += _with_number(op, arrays)
    return lines


def write_lines(op: Op) -> list[str]:
    """The short path of an in-place form: outside the graph, each element in memory of its own."""
    arrays = [p for p in op.params if p.is_array]
    if op.family != "elementwise" or any(p.name in op.unpromoted for p in arrays):
        return []
    lines = [*_of_tensors(op, arrays), *_store_lines(op, arrays, "            ")]
    if op.numbers and arrays[1].default is REQUIRED:
        lines += [*_of_number(op, arrays), *_store_lines(op, arrays[:1], "            ")]
    return lines


def _of_tensors(op: Op, arrays: list[Parameter]) -> list[str]:
    """Tests that all operands are such tensors; `_name` is the array of each."""
    lines = [f"    if {' and '.join(_is_tensor(p) for p in arrays)}:"]
    lines += [_array_of(p) for p in arrays]
    elementwise = op.family == "elementwise"
    chars = _allowed(op, PLAIN if op.dtype in (SAME, BOOLEAN) else PLAIN_INEXACT)
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
            f"_{p.name}.dtype.char in {PLAIN!r}"
            if not p.optional
            else f"(_{p.name} is None or _{p.name}.dtype.char in {PLAIN!r})"
            for p in arrays
        ]
        most = "LARGE" if op.deferred else op.long
        if most:
            tests += [_is_below(p, most) for p in arrays]
    lines.append(f"        if {' and '.join(tests)}:")
    return lines


def short_form(op: Op) -> tuple[tuple[int, ...], tuple[int, ...], str]:
    """Which parameters of an elementwise op are tensors of one dtype and which of any, and the type
    codes that its kernel takes as they are."""
    arrays = [i for i, p in enumerate(op.params) if p.is_array]
    alike = tuple([i for i in arrays if op.params[i].name not in op.unpromoted])
    others = tuple([i for i in arrays if i not in alike])
    return alike, others, _allowed(op, PLAIN if op.dtype in (SAME, BOOLEAN) else PLAIN_INEXACT)


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


def _of_number(op: Op, arrays: list[Parameter]) -> list[str]:
    """Tests that the first operand is such a tensor and the second a number that keeps its dtype."""
    left, right = arrays[0].name, arrays[1].name
    return [
        f"    elif isinstance({left}, Tensor) and (type({right}) is float or type({right}) is int):",
        f"        _{left} = {left}._d",
        f"        if type(_{left}) is ndarray and _{left}.size < LARGE and {_takes(op, left, right)}:",
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
        f"        if type(_{right}) is ndarray and _{right}.size < LARGE and _{right}.dtype.char in "
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
    call = f"kernel(np, {arguments_text(op, renamed)})"
    lines = [
        "try:",
        f"    r = {call}",
        "except KERNEL_ERRORS:",
        f"    return slow(op, ({values_text(op)}))",
        "if type(r) is not ndarray:",
        f"    if type(r) is tuple or type(r) is list: return finish(op, r, ({values_text(op)}))",
        "    if isinstance(r, generic): r = asarray(r)",
    ]
    lines += ["out = new(Tensor)", "out._d = r"]
    if op.family == "view":
        source = arrays[0].name
        lines += [
            f"out._s = s = {source}._s or {source}.storage()",
            f"v = {source}._v",
            "out._v = w = new(View)",  # as View's own __init__ does it, which takes longer to call
            f"w.base = {source} if v is None else v.base",
            "w.parent = v",
            "w.op = op",
            f"w.values = ({values_text(op)})",
            "w.version = s.version",
            "w.tracked = grad_mode.enabled",
            "w.index = None",
        ]
    else:
        lines.append("out._s = out._v = None")
    tracked = [p for p in arrays if p.name != number and _has_vjp(op, p.name)]
    if op.has_gradient and tracked:
        # The mode is a thread's own, which takes longer to ask than whether it matters.
        lines.append(f"if ({' or '.join(map(_may_track, tracked))}) and grad_mode.enabled:")
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


def _is_apart(p: Parameter) -> str:
    """Whether a tensor is surely in no graph, and no view."""
    test = f"{p.name}._g is None is {p.name}._v"
    return f"({p.name} is None or {test})" if p.optional else test


def _may_track(p: Parameter) -> str:
    """Whether a tensor may be in the graph, or a view of one that is."""
    test = f"{p.name}._g is not None or {p.name}._v is not None"
    return f"({p.name} is not None and ({test}))" if p.optional else test


def _store_lines(op: Op, tensors: list[Parameter], indent: str) -> list[str]:
    """The kernel's call and the write into the first operand; `write` does what is left."""
    first, others = tensors[0].name, tensors[1:]
    apart = " and ".join(map(_is_apart, tensors))
    given = {p.name: f"_{p.name}" for p in op.params if p.is_array}
    rest = f"return write(op, ({values_text(op)}))"
    lines = [
        f"if ({apart}) or not grad_mode.enabled:",
        f"    flags = _{first}.flags",
        f"    if flags.writeable and (flags.c_contiguous or writeable(_{first})):",
    ]
    for p in others:
        other = f"_{p.name}"
        test = (
            f"{other} is not _{first} and ({other}.base is not None or _{first}.base is not None)"
        )
        if p.optional:
            test = f"{other} is not None and {test}"
        lines.append(f"        if {test}: check_overlap(_{first}, ({other},), {op.apart})")
    lines += [
        f"        if live: before_write(_{first})",
        f"        try: r = kernel(np, {arguments_text(op, given)})",
        f"        except (*KERNEL_ERRORS, AttributeError): {rest}",
    ]
    if op.into is None:
        lines += [
            f"        if r.dtype is not _{first}.dtype or r.shape != _{first}.shape: {rest}",
            f"        _{first}[...] = r",
        ]
    lines += [f"        ({first}._s or {first}.storage()).version += 1", f"        return {first}"]
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
