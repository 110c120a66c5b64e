"""A name that PyTorch has and tcalc has not is told so, with what there is for the purpose."""

from __future__ import annotations

import pytest

from tcalc.diagnosis.diagnostics import diagnose
from tcalc.language import absent
from tcalc.runtime.base.registry import lookup
from tcalc.session import Session


@pytest.mark.parametrize(
    ("source", "name", "hint"),
    [
        ("torch.fx.symbolic_trace", "torch.fx", "jit"),
        ("torch.distributed.init_process_group('gloo')", "torch.distributed", "one process"),
        ("torch._dynamo.reset()", "torch._dynamo", "torch.compile"),
        ("torch.sparse_bsr_tensor", "torch.sparse_bsr_tensor", "to_sparse"),
        ("torch.ops.aten.add", "torch.ops.aten.add", "Function"),
        ("torch.library.custom_op", "torch.library", "Function"),
        ("torch.nested.nested_tensor", "torch.nested", "mask"),
        ("torch.masked.masked_tensor", "torch.masked.masked_tensor", "mask"),
        ("torch.multiprocessing.spawn", "torch.multiprocessing", "one process"),
        ("torch.quasirandom.SobolEngine", "torch.quasirandom", "tcalc ops"),
        ("ones(2).to_sparse_bsr()", "torch.Tensor.to_sparse_bsr", "to_sparse"),
        ("import torch.fx", "torch.fx", "jit"),
        ("from torch.fx import Graph", "torch.fx", "jit"),
        ("from torch import fx", "torch.fx", "jit"),
        ("import torch.distributed as dist", "torch.distributed", "one process"),
        ("torchvision.ops.nms", "torchvision.ops.nms", "tcalc ops"),
        ("from torchvision.models import detection", "torchvision.models.detection", "classify"),
    ],
)
def test_said(source: str, name: str, hint: str) -> None:
    session = Session()
    with pytest.raises((AttributeError, ImportError)) as caught:
        session.evaluate(source)
    told = diagnose(caught.value, session)
    assert told.message == f"'{name}' is not in tcalc"
    assert told.hint is not None and hint in told.hint and "did you mean" not in told.hint


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("torch.zeors", "module 'torch' has no attribute 'zeors'", "did you mean torch.zeros?"),
        (
            "torch.no_such_name",
            "module 'torch' has no attribute 'no_such_name'",
            "`help(torch)` lists what it has",
        ),
        ("ones(2).summ()", "'Tensor' object has no attribute 'summ'", "did you mean ones(2).sum?"),
    ],
)
def test_what_nobody_has(source: str, message: str, hint: str | None) -> None:
    session = Session()
    with pytest.raises(AttributeError) as caught:
        session.evaluate(source)
    told = diagnose(caught.value, session)
    assert (told.message, told.hint) == (message, hint)


def test_what_is_there_is_not_in_the_table() -> None:
    """What a hint speaks of as missing must be missing."""
    assert [name for name in absent.INSTEAD if lookup(name) is not None] == []
