"""Computes expressions: a list of steps that runs over blocks, threads side by side.

Every step is a NumPy function with `out=`: a scratch buffer that stays in cache, or the memory of
a result. Steps with the same operands are done once, and buffers are used again.
"""

from __future__ import annotations

import math
import sys
from _thread import _local
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime import threads
from tcalc.runtime.deferred.blocks import Block, blocks_of, keep_freed_memory, split_of
from tcalc.runtime.deferred.pending import Pending, choose, in_order, live
from tcalc.runtime.deferred.readers import before_write, uses

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ndarray = np.ndarray
# Others still hold an expression on the way: it is written out by the same pass where computing it
# again costs more than this (see pending._DEAR), or was done before and costs more than the second.
_DEAR_ONCE, _DEAR_AGAIN, _DEAR_ALONE = 16, 4, 60
# Below this much work (elements times cost) one thread is faster.
_SHARED = 1 << 19

keep_freed_memory()


class Program:
    """The steps of some expressions of one shape.

    inputs: arrays that broadcast to the shape. steps: function, operand registers, output register.
    outputs: registers whose blocks are those of result arrays, by the Pending.
    Registers are numbered: inputs first, then results and scratch.
    """

    def __init__(self, roots: Sequence[Pending], kept: Sequence[Pending] | None = None) -> None:
        self.shape = roots[0].shape
        self.order = roots[0].order
        self.cost = sum(p.cost for p in roots)
        nodes = _postorder(roots)
        self.roots = list(roots)
        self.outputs = [*_held(nodes, roots)] if kept is None else list(kept)
        self.inputs: list[Any] = []
        self.steps: list[tuple[Callable[..., Any], tuple[int, ...], int]] = []
        self._build(nodes)

    def _build(self, nodes: list[Pending]) -> None:
        numbers: dict[Any, int] = {}  # of inputs and of distinct steps
        values: list[Any] = []  # by number: an array, or (function, operand numbers, dtype)
        of_node: dict[int, int] = {}

        def number(key: Any, value: Any) -> int:
            found = numbers.get(key)
            if found is None:
                found = numbers[key] = len(values)
                values.append(value)
            return found

        for p in nodes:
            parts = tuple([
                of_node[id(v)] if type(v) is Pending else number(_key(v), v) for v in p.operands
            ])  # fmt: skip
            of_node[id(p)] = number((p.function, parts, p.dtype), (p.function, parts, p.dtype))
        wanted = {of_node[id(p)] for p in (*self.roots, *self.outputs)}
        last: dict[int, int] = {}
        for n, value in enumerate(values):
            if type(value) is tuple:
                for part in value[1]:
                    last[part] = n
        register: dict[int, int] = {}
        for n, value in enumerate(values):
            if type(value) is not tuple:
                register[n] = len(self.inputs)
                self.inputs.append(value)
        count = len(self.inputs)
        self.result_dtypes: list[Any] = []
        of_result: dict[int, int] = {}
        for n, value in enumerate(values):
            if n in wanted and type(value) is tuple:
                of_result[n] = register[n] = count
                self.result_dtypes.append(value[2])
                count += 1
        self.results = {id(p): register[of_node[id(p)]] for p in (*self.roots, *self.outputs)}
        self.scratch: list[Any] = []  # dtypes
        first_scratch = count
        free: dict[Any, list[int]] = {}
        for n, value in enumerate(values):
            if type(value) is not tuple:
                continue
            function, parts, dtype = value
            done = {
                part for part in parts
                if last[part] == n and part not in of_result and register[part] >= first_scratch
            }  # fmt: skip
            # `choose` writes before it has read all, the others may write over an operand.
            if function is not choose:
                self._release(done, register, free, first_scratch)
            if n not in of_result:
                available = free.get(dtype)
                if available:
                    register[n] = available.pop()
                else:
                    register[n] = first_scratch + len(self.scratch)
                    self.scratch.append(dtype)
            if function is choose:
                self._release(done, register, free, first_scratch)
            self.steps.append((function, tuple([register[part] for part in parts]), register[n]))

    def _release(
        self, done: set[int], register: dict[int, int], free: dict[Any, list[int]], first: int
    ) -> None:
        for part in done:
            r = register[part]
            free.setdefault(self.scratch[r - first], []).append(r)

    # -- running ----------------------------------------------------------------------------------

    def run(
        self,
        rows: int,
        cut: Sequence[Block],
        targets: dict[int, Any],
        look: Callable[[int, Block, list[Any]], None] | None = None,
    ) -> None:
        """Run over all blocks.

        rows, cut: the blocks of the shape, in memory order seen as so many rows.
        targets: by register, the arrays in memory order that take whole results; the others stay
        in scratch. look: is given each block's number, the block, and its registers.
        """
        shape = in_order(self.shape, self.order)
        inputs = [_in_memory_order(a, self.shape, self.order) for a in self.inputs]
        columns = math.prod(shape) // rows
        inputs = [_flat(a, shape, rows, columns) for a in inputs]
        first_result = len(inputs)
        results = [
            targets[r].reshape(rows, columns) if r in targets else None
            for r in range(first_result, first_result + len(self.result_dtypes))
        ]
        size = max((b.bottom - b.top) * (b.right - b.left) for b in cut)
        dtypes = [
            *(d for d, r in zip(self.result_dtypes, results) if r is None), *self.scratch
        ]  # fmt: skip
        fixed = [a if a.ndim == 0 else None for a in inputs]
        moving = [(i, a) for i, a in enumerate(inputs) if a.ndim]
        moving += [(first_result + i, a) for i, a in enumerate(results) if a is not None]
        unplaced = [first_result + i for i, a in enumerate(results) if a is None]
        unplaced += range(
            first_result + len(results), first_result + len(results) + len(self.scratch)
        )
        steps = self.steps
        local = _local()

        def work(i: int) -> None:
            block = cut[i]
            top, bottom, left, right = block
            deep, wide = bottom - top, right - left
            try:
                buffers = local.buffers
            except AttributeError:
                buffers = local.buffers = [np.empty(size, d) for d in dtypes]
            registers: list[Any] = [*fixed, *results, *self.scratch]
            for r, a in moving:
                registers[r] = a[top:bottom, left:right]
            for r, b in zip(unplaced, buffers):
                registers[r] = b[: deep * wide].reshape(deep, wide)
            for function, parts, out in steps:
                if len(parts) == 2:
                    function(registers[parts[0]], registers[parts[1]], out=registers[out])
                elif len(parts) == 1:
                    function(registers[parts[0]], out=registers[out])
                else:
                    function(*[registers[part] for part in parts], out=registers[out])
            if look is not None:
                look(i, block, registers)

        if rows * columns * (self.cost + 1) < _SHARED:
            for i in range(len(cut)):
                work(i)
        else:
            threads.spread(work, len(cut))


def fill(*pendings: Pending) -> None:
    """Compute Pendings of one shape, and what is dear on the way to them and still held."""
    program = Program(pendings)
    _run_whole(program, *allot(program, [*program.roots, *program.outputs]))


def write(pending: Pending, target: Any) -> None:
    """Compute a Pending into memory, which its expression may read where it is written."""
    nodes = _postorder([pending])
    reading = before_write(target, nodes)
    dear = _held(nodes, [pending])
    del nodes
    program = Program([pending], [*reading, *(p for p in dear if all(p is not q for q in reading))])
    order = pending.order
    there = target.transpose(order) if order is not None else target
    if not there.flags.c_contiguous or any(_overlaps(a, target) for a in program.inputs):
        fill(pending)
        target[...] = pending.array
        return
    _run_whole(program, *allot(program, [*program.roots, *program.outputs], {id(pending): there}))


def _run_whole(program: Program, targets: dict[int, Any], made: list[tuple[Pending, Any]]) -> None:
    rows, columns = split_of(in_order(program.shape, program.order))
    program.run(rows, blocks_of(rows, columns), targets)
    settle(program, made)


def _overlaps(array: Any, target: Any) -> bool:
    """Whether memory is read elsewhere than where it is written."""
    same = array.shape == target.shape and array.strides == target.strides
    if same and array.__array_interface__["data"] == target.__array_interface__["data"]:
        return False
    return bool(np.may_share_memory(array, target))


def allot(
    program: Program, wanted: Sequence[Pending], given: dict[int, Any] | None = None
) -> tuple[dict[int, Any], list[tuple[Pending, Any]]]:
    """Memory for the results that are wanted whole, by register and by Pending."""
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
        targets[r] = np.empty(shape, p.dtype) if there is None else there
        made.append((p, targets[r]))
    return targets, made


def again_dear(pending: Pending) -> bool:
    """Whether an expression is written out while it is only looked at: it was before, or is dear."""
    pending.uses += 1
    return pending.cost >= (_DEAR_AGAIN if pending.uses > 1 else _DEAR_ALONE)


def settle(program: Program, made: list[tuple[Pending, Any]]) -> None:
    """Let Pendings hold their values and let go of their expressions."""
    by_register = {program.results[id(p)]: a for p, a in made if a is not None}
    for p, array in made:
        a = by_register[program.results[id(p)]].copy() if array is None else array
        p.array = a if p.order is None else a.transpose(np.argsort(p.order))
        p.function, p.operands = None, ()
        live.pop(id(p), None)


def _postorder(roots: Sequence[Pending]) -> list[Pending]:
    """The nodes behind the roots, each after its operands; operands computed since are arrays."""
    found: list[Pending] = []
    seen: set[int] = set()
    stack: list[Any] = list(reversed(roots))
    while stack:
        p = stack[-1]
        if id(p) in seen:
            stack.pop()
            continue
        open_parts = []
        for v in p.operands:
            if type(v) is Pending:
                if v.array is not None:
                    p.operands = tuple([
                        w.array if type(w) is Pending and w.array is not None else w
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


def _held(nodes: list[Pending], roots: Sequence[Pending]) -> list[Pending]:
    """The inner nodes that others still hold and that are dear to compute again."""
    used = uses()
    top = {id(p) for p in roots}
    held = []
    for i in range(len(nodes)):
        # Known to the list, to getrefcount, and to the expressions that use it.
        others = sys.getrefcount(nodes[i]) - 2 - used.get(id(nodes[i]), 0)
        p = nodes[i]
        if id(p) in top or others < 1:
            continue
        p.uses += 1
        cost = p.cost * max(1, p.itemsize // 4)
        if cost >= _DEAR_ONCE or (p.uses > 1 and cost >= _DEAR_AGAIN):
            held.append(p)
    return held


# -- memory -----------------------------------------------------------------------------------


def _key(array: Any) -> Any:
    if array.ndim == 0:
        return (array.dtype, array.tobytes())
    return (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype)


def _in_memory_order(array: Any, shape: tuple[int, ...], order: tuple[int, ...] | None) -> Any:
    if order is None or not array.ndim:
        return array
    whole = array if array.shape == shape else np.broadcast_to(array, shape)
    return whole.transpose(order)


def _flat(array: Any, shape: tuple[int, ...], rows: int, columns: int) -> Any:
    if not array.ndim:
        return array
    whole = array if array.shape == shape else np.broadcast_to(array, shape)
    return whole.reshape(rows, columns)
