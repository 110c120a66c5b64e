"""What a program's own ops, hooks and settings cannot reach, and what they may not break."""

from __future__ import annotations

import pytest

from tcalc.errors import TcalcError
from tcalc.session import Session

SETUP = """
import torch
from torch.autograd import Function
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.checkpoint import checkpoint
x = tensor([1., 2.], requires_grad=True)
kept = []
class Keep(Function):
    @staticmethod
    def forward(ctx, x):
        kept.append(ctx)
        ctx.save_for_backward(x)
        return x * 2
    @staticmethod
    def backward(ctx, g):
        return g * 2
y = Keep.apply(x)
ctx = kept[0]
"""


@pytest.fixture(scope="module")
def session() -> Session:
    made = Session()
    made.evaluate(SETUP + "0")
    return made


@pytest.mark.parametrize(
    "text",
    [
        "ctx._node", "ctx._saved", "ctx.__dict__", "ctx.__class__.__mro__", "Function.__subclasses__",
        "Function.__dict__", "Keep.apply.__func__", "Keep.apply.__self__", "Keep.forward.__globals__",
        "y.grad_fn.ctx", "y.grad_fn.run", "y.grad_fn.saved", "y.grad_fn.edges", "y.grad_fn.op",
        "torch.autograd.graph.Node()", "type(y.grad_fn)()", "torch.autocast('cpu')._before",
        "torch.amp.GradScaler('cpu')._stages", "torch.FloatTensor.__class__.__mro__",
        "torch.backends.cudnn.__dict__", "torch.strided.__class__('x')", "torch.memory_format('x')",
        "saved_tensors_hooks(len, len)._pack", "torch.version.__dict__",
        "setattr(torch.backends.cudnn, '__class__', 1)", "setattr(torch.backends, 'cudnn', 1)",
        "setattr(ctx, '__class__', 1)", "setattr(ctx, 'saved_tensors', 1)", "setattr(ctx, '_node', 1)",
        "setattr(Function, 'apply', 1)", "setattr(torch.version, 'cuda', '1')",
        "delattr(torch.backends.cudnn, 'benchmark')", "setattr(torch.FloatTensor, 'dtype', 1)",
        "torch.dtype('a', 'b', 1, 1, 'z')", "type(torch.__version__)(print)",
    ],
)  # fmt: skip
def test_out_of_reach(session: Session, text: str) -> None:
    with pytest.raises((TcalcError, AttributeError, TypeError, NameError)):
        session.evaluate(text)


@pytest.mark.parametrize(
    "text",
    [
        "class F(Function):\n    forward = 3\nF.apply(x)",
        "class F(Function):\n    @staticmethod\n    def forward(ctx, x): return x * 1\n"
        "    backward = 3\nF.apply(x).sum().backward()",
        "class F(Function):\n    @staticmethod\n    def forward(ctx, x):\n"
        "        ctx.mark_dirty(3)\n        return x\nF.apply(x)",
        "class F(Function):\n    @staticmethod\n    def forward(ctx, x):\n"
        "        ctx.save_for_backward = 3\n        return x\nF.apply(x)",
        "class F(Function):\n    @staticmethod\n    def forward(ctx, x): return x * 1\n"
        "    @staticmethod\n    def backward(ctx, g): return F.apply(g), F\n"
        "F.apply(x).sum().backward()",
        "class F(Function):\n    @staticmethod\n    def forward(ctx, x): return F.apply(x)\nF.apply(x)",
        "with saved_tensors_hooks(lambda t: t, lambda t: 1 / 0): z = x * x\nz.sum().backward()",
        "with saved_tensors_hooks(lambda t: 1 / 0, lambda t: t): z = x * x",
        "checkpoint(lambda a: 1 / 0, x, use_reentrant=False)",
        "checkpoint(3, x)",
        "torch.utils.checkpoint.checkpoint_sequential(3, 2, x)",
        "torch.amp.GradScaler('cpu').unscale_(3)",
        "s = torch.amp.GradScaler('cpu'); s.scale(x); s.step(3)",
        "torch.amp.GradScaler('cpu', init_scale='a')",
        "torch.testing.assert_close([1], [[1]])",
        "a = []; a.append(a); torch.testing.assert_close(a, a)",
        "torch.autocast('cpu')(3)",
        "torch.testing.make_tensor((2, -3), dtype=float32, device='cpu')",
        "torch.backends.cudnn.flags(benchmark=3).__enter__()",
    ],
)  # fmt: skip
def test_a_clear_error(session: Session, text: str) -> None:
    """Never an accident of ours, and nothing is left set."""
    from tcalc.diagnosis.diagnostics import diagnose
    from tcalc.runtime.autograd.saving import hooked
    from tcalc.runtime.base.modes import casting, mode

    with pytest.raises(Exception) as caught:
        session.evaluate(text)
    assert diagnose(caught.value, session).kind != "InternalError"
    assert mode.enabled and mode.saving is None and mode.autocast is None
    assert hooked.count == 0 and casting.count == 0


def test_a_message_holds_no_addresses(session: Session) -> None:
    program = (
        "told = []\nclass C: pass\nc = C()\n"
        "for a, b in (({c: 1}, {c: 2}), ({c: 1}, {}), (None, c)):\n"
        "    try: torch.testing.assert_close(a, b, msg=lambda m: told.append(m) or m)\n"
        "    except AssertionError as e: told.append(str(e))\n"
        "told"
    )
    told = session.evaluate(program)
    assert len(told) == 6 and not any("0x" in text for text in told)
