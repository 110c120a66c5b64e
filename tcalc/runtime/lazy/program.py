"""Computes expressions: a list of steps that runs over blocks, threads side by side.

Every step is a NumPy function with `out=`: a scratch buffer that stays in cache, or the memory of
a result. Steps with the same operands are done once, and buffers are used again.
"""

from __future__ import annotations

import math
from _thread import _local
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base import memory, threads
from tcalc.runtime.lazy.blocks import BLOCK, Block, Lines, blocks_of
from tcalc.runtime.lazy.expression import Expression, choose, in_order
from tcalc.runtime.lazy.slabs import best_split, seen_as, stretched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tcalc.runtime.base.op import Array
    from tcalc.runtime.lazy.compiled.folding import Folding
    from tcalc.runtime.lazy.compiled.kernels import Sums

ndarray = np.ndarray
# Others still hold an expression on the way: it is written out by the same pass where computing it
# again costs more than this (see pending._DEAR), or was done before and costs more than the second; or
# was done so often that it will be again.
_DEAR_ONCE, DEAR_AGAIN, _DEAR_ALONE, _OFTEN = 16, 4, 60, 3
# Below this much work (elements times cost) one thread is faster.
SHARED = 1 << 21
# Structures whose steps are kept.
_REMEMBERED = 512

if memory.give_back is None:
    memory.keep_freed()


class Template:
    """The steps of a program, for any inputs: what structure alone decides.

    steps: function, operand registers, output register. Registers are numbered: inputs first, then
    results, then scratch. results: the registers of the values that were wanted, in order.
    """

    __slots__ = ("kernels", "result_dtypes", "results", "scratch", "steps")

    def __init__(
        self,
        inputs: int,
        values: Sequence[tuple[Callable[..., object], tuple[int, ...], np.dtype]],
        wanted: Sequence[int],
    ) -> None:
        """values: function, operands (inputs as ~number, values by number), dtype."""
        self.steps: list[tuple[Callable[..., Any], tuple[int, ...], int]] = []
        self.scratch: list[Any] = []
        self.result_dtypes: list[Any] = []
        # By dtypes and layout of the inputs: the steps with those that are compiled; with sums.
        self.kernels: dict[Any, Any] = {}
        register: dict[int, int] = {~i: i for i in range(inputs)}
        for n in wanted:
            if n not in register:
                register[n] = inputs + len(self.result_dtypes)
                self.result_dtypes.append(values[n][2])
        self.results = tuple([register[n] for n in wanted])
        first = inputs + len(self.result_dtypes)
        last = {part: n for n, (_, parts, _) in enumerate(values) for part in parts}
        free: dict[Any, list[int]] = {}
        for n, (function, parts, dtype) in enumerate(values):
            done = {p for p in parts if last[p] == n and register[p] >= first}
            # `choose` writes before it has read all, the others may write over an operand.
            if function is not choose:
                self._release(done, register, free, first)
            if n not in register:
                if free.get(dtype):
                    register[n] = free[dtype].pop()
                else:
                    register[n] = first + len(self.scratch)
                    self.scratch.append(dtype)
            if function is choose:
                self._release(done, register, free, first)
            self.steps.append((function, tuple([register[p] for p in parts]), register[n]))

    def compiled(
        self, inputs: Sequence[Any], into: dict[int, np.dtype], size: int
    ) -> Sequence[Any]:
        """The steps for some inputs of so many elements, as kernels where there is code for them.

        inputs: as rows and columns, or 0-dim. into: of the registers that are arrays given for the
        results, the dtypes: NumPy casts what a step gives to another one.
        """
        from tcalc.runtime.lazy.compiled.kernels import Kernel, available, layout_of, prepared

        if not available():
            return self.steps
        layout = layout_of(inputs)
        given = [a.dtype for a in inputs]
        results = [into.get(r, d) for r, d in enumerate(self.result_dtypes, len(given))]
        key = (layout, *given, *results)
        parts = self.kernels.get(key)
        if parts is None:
            dtypes = [*given, *results, *self.scratch]
            parts = self.kernels[key] = prepared(self.steps, dtypes, layout, self.results)
        found: list[Any] = []
        for part in parts:
            if type(part) is not Kernel:
                found.append(part)
            elif part.is_ready(size):
                found.append((part, (*part.run.reads, *part.run.writes), None))
            else:
                found += part.run.steps
        return found

    def summing(
        self, inputs: Sequence[Any], summed: Sequence[int], written: Sequence[int]
    ) -> Sums | None:
        """What does the steps and adds up some registers' blocks in one pass, or None."""
        from tcalc.runtime.lazy.compiled.kernels import layout_of, summing

        layout = layout_of([a if a.ndim == 0 else a.reshape(1, -1) for a in inputs])
        key = (layout, *[a.dtype for a in inputs], tuple(summed), tuple(written))
        if key not in self.kernels:
            dtypes = [*[a.dtype for a in inputs], *self.result_dtypes, *self.scratch]
            self.kernels[key] = summing(self.steps, dtypes, layout, summed, written)
        return self.kernels[key]

    def reducing(
        self, inputs: Sequence[Any], register: int, written: Sequence[int], ufunc: np.ufunc
    ) -> Folding | None:
        """What does the steps and reduces the rows of a register in one pass, or None.

        inputs: as rows and columns, or 0-dim.
        """
        from tcalc.runtime.lazy.compiled.folding import fused
        from tcalc.runtime.lazy.compiled.rowkernel import layout_of_rows

        layout = layout_of_rows(inputs)
        key = (layout, *[a.dtype for a in inputs], register, tuple(written), ufunc)
        if key not in self.kernels:
            dtypes = [*[a.dtype for a in inputs], *self.result_dtypes, *self.scratch]
            self.kernels[key] = fused(self.steps, dtypes, layout, register, written, ufunc)
        return self.kernels[key]

    def _release(
        self, done: set[int], register: dict[int, int], free: dict[np.dtype, list[int]], first: int
    ) -> None:
        for p in done:
            free.setdefault(self.scratch[register[p] - first], []).append(register[p])


def _is_replaced(node: Expression) -> bool:
    from tcalc.runtime.lazy.compiled.kernels import replaces

    return replaces(node.function, node.dtype)


_templates: dict[Any, Template] = {}


class Program:
    """The steps that compute some expressions of one shape.

    roots: the expressions. outputs: others on the way that are written out as well; by default
    those that are still held and dear. inputs: arrays that broadcast to the shape. results: the
    registers of roots and outputs, by id.
    """

    def __init__(
        self, roots: Sequence[Expression], outputs: Sequence[Expression] | None = None
    ) -> None:
        self.shape = roots[0].shape
        self.order = roots[0].order
        self.cost = sum([p.cost for p in roots])
        nodes = postorder(roots)
        self.roots = roots
        self.outputs = held_inside(nodes, roots) if outputs is None else outputs
        self.inputs: list[Any] = []
        values: dict[Any, int] = {}  # distinct steps
        numbers: dict[Any, int] = {}  # of inputs and nodes, by id; of numbers by value
        whole = {id(p) for p in (*self.roots, *self.outputs)}
        folded: dict[int, Any] = {}  # nodes that are one number
        for p in nodes:
            operands = [folded.get(id(v), v) for v in p.operands] if folded else p.operands
            numbers_alone = all(type(v) is ndarray and not v.ndim for v in operands)
            if numbers_alone and id(p) not in whole and not _is_replaced(p):
                folded[id(p)] = number = np.empty((), p.dtype)
                p.function(*operands, out=number)  # type: ignore[misc]  # never None here
                continue
            parts = []
            for v in operands:
                key = id(v) if v.ndim else (v.dtype, v.tobytes())
                n = numbers.get(key)
                if n is None:
                    n = numbers[key] = ~len(self.inputs)
                    self.inputs.append(v)
                parts.append(n)
            step = (p.function, tuple(parts), p.dtype)
            numbers[id(p)] = values.setdefault(step, len(values))
        wanted = tuple([numbers[id(p)] for p in (*self.roots, *self.outputs)])
        structure = (len(self.inputs), tuple(values), wanted)
        template = _templates.get(structure)
        if template is None:
            if len(_templates) >= _REMEMBERED:
                _templates.clear()
            template = _templates[structure] = Template(*structure)
        self.template = template
        self.results = {id(p): r for p, r in zip((*self.roots, *self.outputs), template.results)}

    # -- running ----------------------------------------------------------------------------------

    def run(
        self,
        targets: dict[int, Array],
        rows: int = 0,
        cut: Sequence[Block] = (),
        look: Callable[[int, Block, list[Array]], None] | None = None,
    ) -> None:
        """Run over all blocks.

        targets: by register, the arrays in memory order that take whole results; the others stay
        in scratch. rows, cut: the blocks of the shape, in memory order seen as so many rows; by
        default as it suits the inputs. look: is given each block's number, the block, and its
        registers.
        """
        shape = in_order(self.shape, self.order)
        inputs = [stretched(a, self.shape, self.order) for a in self.inputs]
        free = not rows
        if free:
            rows, columns = best_split(shape, inputs)
            cut = blocks_of(rows, columns)
        columns = math.prod(shape) // rows
        deep = cut[0].bottom - cut[0].top
        template = self.template
        registers: list[Any] = []
        moving: list[tuple[int, Any]] = []
        standing: list[tuple[int, Any]] = []
        for a in inputs:
            if a.ndim:
                a, same = seen_as(a, rows, columns, deep)
                (standing if same else moving).append((len(registers), a))
            registers.append(a)
        buffered: list[tuple[int, Any]] = []
        for dtype in (*template.result_dtypes, *template.scratch):
            r = len(registers)
            target = targets.get(r)
            if target is None:
                buffered.append((r, dtype))
            else:
                moving.append((r, target.reshape(rows, columns)))
            registers.append(None)
        into = {r: target.dtype for r, target in targets.items()}
        steps = template.compiled(registers[: len(inputs)], into, rows * columns)
        if free and len(steps) == 1 and look is None and steps[0][2] is None and not standing:
            # Compiled code for all of it: nothing in between has to stay in the cache.
            kernel, parts, _ = steps[0]
            there = dict(moving)
            if kernel.whole([there.get(r, registers[r]) for r in parts], self.cost + 1):
                return
        if free and not standing and all(out is None for _, _, out in steps):
            # Compiled code keeps what is on the way in registers: a call for each block costs more.
            cut = blocks_of(rows, columns, max(BLOCK, rows * columns // (8 * threads.number())))
        used = {part for _, parts, _ in steps for part in parts} | {out for _, _, out in steps}
        buffered = [(r, dtype) for r, dtype in buffered if r in used]
        size = max([(b.bottom - b.top) * (b.right - b.left) for b in cut[:2]])
        local = _local()

        def work(i: int) -> None:
            block = cut[i]
            top, bottom, left, right = block
            deep, wide = bottom - top, right - left
            try:
                own, buffers = local.own
            except AttributeError:
                own = registers.copy()
                buffers = [(r, np.empty(size, dtype)) for r, dtype in buffered]
                local.own = own, buffers
            for r, a in moving:
                own[r] = a[top:bottom, left:right]
            for r, a in standing:
                own[r] = a[:deep, left:right]
            for r, buffer in buffers:
                own[r] = buffer[: deep * wide].reshape(deep, wide)
            for function, parts, out in steps:
                if out is None:
                    function([own[part] for part in parts])
                elif len(parts) == 2:
                    function(own[parts[0]], own[parts[1]], out=own[out])
                elif len(parts) == 1:
                    function(own[parts[0]], out=own[out])
                else:
                    function(*[own[part] for part in parts], out=own[out])
            if look is not None:
                look(i, block, own)

        spread(work, len(cut), rows * columns * (self.cost + 1))

    def sums(self, nodes: Sequence[Expression], targets: dict[int, Any]) -> list[Any] | None:
        """Write the targets, and give for each of some results the sums of its blocks, in one pass.

        None where NumPy has a part in it; then nothing was done. targets: see `run`.
        """
        from tcalc.runtime.lazy.compiled.kernels import available

        if not available():
            return None
        shape = in_order(self.shape, self.order)
        inputs = [stretched(a, self.shape, self.order) for a in self.inputs]
        whole = (*inputs, *targets.values())
        if not all(a.ndim == 0 or (a.shape == shape and a.flags.c_contiguous) for a in whole):
            return None
        own = self.template.result_dtypes
        if any(target.dtype != own[r - len(inputs)] for r, target in targets.items()):
            return None  # which NumPy casts to
        summed = [self.results[id(p)] for p in nodes]
        kernel = self.template.summing(inputs, summed, sorted(targets))
        lines = Lines.of(shape)
        size = lines.lines * lines.size
        if kernel is None or not kernel.is_ready(size):
            return None
        arrays = [inputs[r] for r in kernel.run.reads] + [targets[r] for r in kernel.run.writes]
        found = [np.empty(lines.blocks, p.dtype) for p in nodes]
        kernel(arrays, found, lines, self.cost + 1)
        return found


def spread(work: Callable[[int], object], parts: int, cost: int) -> None:
    """Call `work(i)` for every i below `parts`, from several threads where that pays."""
    if cost < SHARED:
        for i in range(parts):
            work(i)
    else:
        threads.spread(work, parts)


def allot(
    program: Program, wanted: Sequence[Expression], given: dict[int, Array] | None = None
) -> tuple[dict[int, Array], list[tuple[Expression, Array | None]]]:
    """Memory for the results that are wanted whole, by register and by expression."""
    shape = in_order(program.shape, program.order)
    targets: dict[int, Any] = {}
    made = []
    for p in wanted:
        r = program.results[id(p)]
        if r in targets:
            # Two that are the same value get memory of their own afterwards.
            made.append((p, None))
            continue
        there = None if given is None else given.get(id(p))
        if there is None:
            memory.check(p.nbytes, f"a tensor of shape {list(p.shape)}")
        targets[r] = np.empty(shape, p.dtype) if there is None else there
        made.append((p, targets[r]))
    return targets, made


def again_dear(node: Expression) -> bool:
    """Whether an expression is written out while it is only looked at: it was before, or is dear."""
    node.uses += 1
    often = node.uses >= _OFTEN
    return often or node.cost >= (DEAR_AGAIN if node.uses > 1 else _DEAR_ALONE)


def settle(program: Program, made: list[tuple[Expression, Array | None]]) -> None:
    """Let Pendings hold their values and let go of their expressions."""
    by_register = {program.results[id(p)]: a for p, a in made if a is not None}
    for p, array in made:
        a = by_register[program.results[id(p)]].copy() if array is None else array
        p.hold(a if p.order is None else a.transpose(np.argsort(p.order)))


def postorder(roots: Sequence[Expression], without: Iterable[int] = ()) -> list[Expression]:
    """The nodes behind the roots, each after its operands; operands computed since are arrays.

    without: the ids of some that are left out, with what is behind them alone.
    """
    found: list[Expression] = []
    seen = {*without}
    stack: list[Any] = list(reversed(roots))
    while stack:
        p = stack[-1]
        if id(p) in seen:
            stack.pop()
            continue
        open_parts = []
        for v in p.operands:
            if type(v) is Expression:
                if v.array is not None:
                    p.operands = tuple([
                        w.array if type(w) is Expression and w.array is not None else w
                        for w in p.operands
                    ])  # fmt: skip
                elif id(v) not in seen:
                    open_parts.append(v)
        if open_parts:
            stack.extend(open_parts)
        else:
            seen.add(id(p))
            found.append(p)
            stack.pop()
    return found


def held_inside(nodes: list[Expression], roots: Sequence[Expression]) -> list[Expression]:
    """The inner nodes that others still hold and that are dear to compute again."""
    if len(nodes) == len(roots):
        return []
    top = {id(p) for p in roots}
    rest: dict[int, int] = {}  # cost from what is written out
    held = []
    for p in nodes:
        before = [v for v in p.operands if type(v) is Expression]
        cost = p.cost - sum([v.cost for v in before]) + sum([rest[id(v)] for v in before])
        if id(p) not in top and p.is_held():
            p.uses += 1
            dear = cost * max(1, p.itemsize // 4) >= (DEAR_AGAIN if p.uses > 1 else _DEAR_ONCE)
            if dear or p.uses >= _OFTEN:
                held.append(p)
                cost = 0
        rest[id(p)] = cost
    return held
