"""Expressions computed into memory that others may still read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.runtime.base import threads
from tcalc.runtime.lazy.blocks import Block, blocks_of, split_of, sums
from tcalc.runtime.lazy.evaluate import evaluate, fill
from tcalc.runtime.lazy.exposure import owner
from tcalc.runtime.lazy.expression import LARGE, TOTAL, Expression, in_order, waits
from tcalc.runtime.lazy.hazards import announce, held_readers, settle_readers
from tcalc.runtime.lazy.program import DEAR_AGAIN, Program, allot, held_inside, postorder, settle

if TYPE_CHECKING:
    from tcalc.runtime.base.op import Array


def write(node: Expression, target: Array) -> None:
    """Compute an expression into memory, which its expression may read where it is written."""
    announce(target)
    reading, outside = held_readers(target, postorder([node]))
    settle_readers([p for p in outside if p.size >= LARGE])
    totals = _totals(outside, node)
    nodes = postorder([node])
    dear = held_inside(nodes, [node])
    del nodes
    reading = [p for p in reading if p is not node and waits(p)]
    kept = [*_bound(reading, target), *(p for p in dear if all(p is not q for q in reading))]
    # The node comes last: its blocks overwrite what the others read.
    program = Program([*[p.operands[0] for p in totals], node], kept)
    order = node.order
    there = target.transpose(order) if order is not None else target
    if not there.flags.c_contiguous or any(_overlaps(a, target) for a in program.inputs):
        settle_readers(outside)
        fill(node, *kept)
        target[...] = node.array
        return
    targets, made = allot(program, [node, *kept], {id(node): there})
    rows, columns = split_of(in_order(node.shape, order)) if totals else (0, 0)
    cut = blocks_of(rows, columns)
    parts: list[list[Any]] = [[None] * len(cut) for _ in totals]

    def look(i: int, _: Block, registers: list[Array]) -> None:
        for p, found in zip(totals, parts):
            slab = registers[program.results[id(p.operands[0])]]
            found[i] = sums(np.ascontiguousarray(slab).reshape(1, -1))

    with threads.uninterrupted():  # a block that is written over cannot be done again
        together = program.sums([p.operands[0] for p in totals], targets) if totals else None
        if together is None:
            program.run(targets, rows, cut, look if totals else None)
            together = [np.concatenate(found) for found in parts]
    settle(program, made)
    for p, found in zip(totals, together):
        p.hold(np.asarray(np.add.reduce(found)))
    settle_readers(outside)


def _bound(reading: list[Expression], target: Array) -> list[Expression]:
    """Those of the readers of memory that are not cheap to have from the others' values later."""
    there = owner(target)
    kept = {id(p) for p in reading}

    def free(v: Array) -> bool:
        if type(v) is not Expression:
            return owner(v) is not there
        if v.array is not None:
            return owner(v.array) is not there
        return id(v) in kept or all(free(w) for w in v.operands)

    found = []
    for p in reading:
        rest = p.cost - sum(v.cost for v in p.operands if id(v) in kept)
        if rest >= DEAR_AGAIN or not all(free(v) for v in p.operands):
            found.append(p)
    return found


def _totals(readers: list[Expression], like: Expression) -> list[Expression]:
    """The sums that wait behind some Pendings, to be had in one pass with another; those of
    another shape are computed here."""
    found: dict[int, Expression] = {}
    stack = list(readers)
    for p in stack:
        if p.function is not TOTAL:
            stack += [v for v in p.operands if waits(v)] if p.size < LARGE else []
            continue
        inner = p.operands[0]
        if waits(inner) and inner.shape == like.shape and inner.order == like.order:
            found[id(p)] = p
        else:
            evaluate(p)
    return list(found.values())


def _overlaps(array: Array, target: Array) -> bool:
    """Whether memory is read elsewhere than where it is written."""
    same = array.shape == target.shape and array.strides == target.strides
    if same and array.__array_interface__["data"] == target.__array_interface__["data"]:
        return False
    return bool(np.may_share_memory(array, target))
