"""Writing data files: tensors, tables and what JSON says, each file whole or not at all."""

from __future__ import annotations

from typing import Any

from tcalc.files import access
from tcalc.files.formats import FORMATS, need_known


def save(value: Any, path: str, *, name: str | None = None) -> str | None:
    """Write a value to a data file, whole or not at all; gives what there is to remark.

    .npy: one tensor. .npz: a dict of tensors, or several in a list (`arr_0`, `arr_1`, …).
    .csv, .tsv, .txt: a tensor of two dims at most, with the header that it was loaded with, or a
    dict of columns, tensors or lists of texts. .json: any of them.
    """
    name = name or path
    form = FORMATS[need_known(name)]
    put = form.module.save(value, name)
    with access.writing(path, name) as file:
        put(file)
    if not form.separator:
        return None
    from tcalc.files import headers

    return headers.remark(value, name)
