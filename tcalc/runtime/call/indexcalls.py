"""Calls that look at indices or masks in machine code: what an installation has for them."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tcalc.runtime.call import native
from tcalc.runtime.call.nativeviews import view_words
from tcalc.runtime.lazy.compiled import callindex, library
from tcalc.runtime.lazy.compiled.callindex import INDEX, NONZERO, ONE_HOT, PICK, PUT
from tcalc.runtime.lazy.compiled.indexkernels import (
    ADD,
    ALONG,
    COUNT,
    FILL,
    MASKED,
    READ,
    SLICES,
    WRITE,
    name,
)
from tcalc.runtime.lazy.compiled.indexkernels import NONZERO as PLACES
from tcalc.runtime.lazy.compiled.indexlines import KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcalc.runtime.base.op import Op


class Form(NamedTuple):
    """How a call goes: the builtin, how indices name elements, the kernels of tensors and of numbers, and
    what other arguments have to be."""

    function: str
    how: str
    tensors: str | None = None
    numbers: str | None = None
    usual: object = None


FORMS = {
    "gather": Form(PICK, ALONG, READ, usual=False),
    "take_along_dim": Form(PICK, ALONG, READ),
    "index_select": Form(PICK, SLICES, READ),
    "scatter": Form(PUT, ALONG, WRITE, FILL),
    "scatter_add": Form(PUT, ALONG, ADD),
    "index_add": Form(PUT, SLICES, ADD, usual=1),
    "index_copy": Form(PUT, SLICES, WRITE),
    "index_fill": Form(PUT, SLICES, numbers=FILL),
    "masked_fill": Form(callindex.MASKED, MASKED, numbers=FILL),
    "getitem": Form(INDEX, SLICES, READ),
    "setitem": Form(INDEX, SLICES, WRITE, FILL),
    "nonzero": Form(NONZERO, PLACES, COUNT, WRITE, False),
    "one_hot": Form(ONE_HOT, SLICES),
}
_DTYPES: Sequence[Any] = [
    np.dtype(t) for t in (np.float32, np.float64, np.int64, np.int32, np.bool_)
]
# Threads share more (see `lazy.picks`): of elements that each have an index, and of others.
_MOST, _MOST_SIDE_BY_SIDE = 1 << 15, 1 << 17


def call(op: Op, writes: bool = False) -> Any:
    """What gives an op's result for few elements, or writes it into the first operand, and None for all else;
    None where the installation has no such call.

    The op's `index_call` has the name of its form, with `_` at its end where it is one that writes, and the
    names of its parameters where those have another order there.
    """
    assert op.index_call is not None
    form, marks = op.index_call[0], op.family != "composite" and op.has_gradient and not writes
    return made(form.removesuffix("_"), writes or form.endswith("_"), marks)


def made(form: str, writes: bool = False, marks: bool = False) -> Any:
    """The same of a form. marks: whether results that a gradient may be wanted for are marked, and not left to
    Python."""
    function, how, tensors, numbers, usual = FORMS[form]
    context, start, views = native.context(), library.address(function), view_words()
    if not context or not start or not views:
        return None
    most = _MOST if how == ALONG else _MOST_SIDE_BY_SIDE
    words = [
        *views, ctypes.addressof(context), id(usual), writes, id(True) if marks else 0, how == SLICES, most,
        id(_DTYPES[-1]), len(KINDS),
    ]  # fmt: skip
    for i, (kind, dtype) in enumerate(zip(KINDS, _DTYPES)):
        kernels = [
            library.address(name(how, what, kind)) if what else 0 for what in (tensors, numbers)
        ]
        words += [id(dtype), i, dtype.itemsize, *[address or 0 for address in kernels]]
    return native.builtin(f"{function}.{form}", start, words)
